import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../../main/webapp/partyline/worker/sending/rate-limiter.js';
import { FakeClock } from '../../fakes.js';

test('a pace does not wait for a clock that was set back', () => {
  const clock = new FakeClock();
  const pace = new RateLimiter(clock);
  pace.configure(50, 10);
  clock.sleep(-3_600_000);
  assert.equal(pace.canSend, true);
});

test('a pace lets a burst through and then so many a second', async () => {
  const clock = new FakeClock();
  const pace = new RateLimiter(clock);
  pace.configure(50, 10);
  let sent = 0;
  const send = () => {
    while (pace.canSend) {
      pace.consume();
      sent++;
    }
  };
  send();
  assert.equal(sent, 9, 'a little less than allowed');
  assert.ok(pace.waitMs > 0 && pace.waitMs < 50);
  await clock.pass(1_000);
  send();
  assert.ok(sent >= 9 + 9 && sent <= 9 + 50);
});

test('no limit known, no limit kept', () => {
  const pace = new RateLimiter(new FakeClock());
  for (let n = 0; n < 1_000; n++) pace.consume();
  assert.equal(pace.canSend, true);
});
