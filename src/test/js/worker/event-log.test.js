import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../../../main/webapp/partyline/worker/event-log.js';
import { FakeClock } from '../fakes.js';

test('a diary keeps the last hundred, with their times', async () => {
  const clock = new FakeClock();
  const diary = new EventLog(clock);
  for (let n = 0; n < 150; n++) {
    diary.add(`entry ${n}`);
    await clock.pass(1);
  }
  assert.equal(diary.entries().length, 100);
  assert.deepEqual(diary.entries()[0].what, 'entry 50');
  assert.equal(diary.entries()[1].at - diary.entries()[0].at, 1);
});
