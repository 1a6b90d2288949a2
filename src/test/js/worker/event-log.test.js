import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../../../main/webapp/partyline/worker/event-log.js';
import { FakeClock } from '../fakes.js';

test('the event log keeps the last hundred entries, with their times', async () => {
  const clock = new FakeClock();
  const log = new EventLog(clock);
  for (let n = 0; n < 150; n++) {
    log.add(`entry ${n}`);
    await clock.pass(1);
  }
  assert.equal(log.entries().length, 100);
  assert.deepEqual(log.entries()[0].what, 'entry 50');
  assert.equal(log.entries()[1].at - log.entries()[0].at, 1);
});
