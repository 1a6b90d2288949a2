import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../../main/webapp/partyline/worker/sending/rate-limiter.js';
import { FakeClock } from '../../fakes.js';

test('a clock that was set back does not add to the wait', () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(50, 10);
  clock.sleep(-3_600_000);
  assert.equal(limiter.waitMs(), 0);
});

test('a burst may be sent at once, and then the rate', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(50, 10);
  let sent = 0;
  const send = () => {
    while (limiter.waitMs() === 0) {
      limiter.consume();
      sent++;
    }
  };
  send();
  assert.equal(sent, 9, 'a little less than allowed');
  assert.ok(limiter.waitMs() > 0 && limiter.waitMs() < 50);
  await clock.pass(1_000);
  send();
  assert.ok(sent >= 9 + 9 && sent <= 9 + 50);
});

test('after the wait that it announces one message may be sent', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(50, 1);
  for (let n = 0; n < 100; n++) {
    await clock.pass(limiter.waitMs());
    assert.equal(limiter.waitMs(), 0);
    limiter.consume();
  }
});

test('without a known limit nothing waits', () => {
  const limiter = new RateLimiter(new FakeClock());
  for (let n = 0; n < 1_000; n++) limiter.consume();
  assert.equal(limiter.waitMs(), 0);
});

test('more than one unit waits until there is enough of them', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(1_000, 10_000);
  limiter.consume(9_000);
  const wait = limiter.waitMs(500);
  assert.ok(wait > 500 && wait < 600, `${wait} ms`);
  await clock.pass(wait);
  assert.equal(limiter.waitMs(500), 0);
});

test('what exceeds the burst waits for all of it, and then is sent', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(1_000, 1_000);
  limiter.consume(1);
  await clock.pass(limiter.waitMs(1_000));
  assert.equal(limiter.waitMs(1_000), 0);
});

test('a resumed line goes on with what is left of its burst', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.configure(50, 100, 30);
  let sent = 0;
  for (; limiter.waitMs() === 0; sent++) limiter.consume();
  assert.equal(sent, 20, 'a little less than allowed');
  limiter.configure(50, 100, -40);
  assert.ok(limiter.waitMs() >= 1_000);
});
