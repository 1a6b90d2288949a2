import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlushScheduler } from '../../../../main/webapp/partyline/worker/delivery/flush-scheduler.js';
import { FakeClock, settled } from '../../fakes.js';

/** Flushes that each take so many milliseconds. */
function start(took) {
  const clock = new FakeClock();
  const flushed = [];
  const scheduler = new FlushScheduler({
    clock,
    owner: {
      flush: (tabs) => {
        flushed.push(tabs);
        clock.sleep(took);
      },
    },
  });
  return { clock, flushed, scheduler };
}

test('all frames of one event are one flush, and the tabs get them at once', async () => {
  const { flushed, scheduler } = start(2);
  for (const tab of ['a', 'b', 'a']) scheduler.schedule(tab);
  await settled();
  assert.deepEqual(flushed, [['a', 'b']]);
});

test('after a flush comes a cooldown of four times its duration, and what arrives in it is one flush', async () => {
  const { clock, flushed, scheduler } = start(1);
  scheduler.schedule('a');
  await settled();
  const closed = { isClosed: false };
  for (const tab of ['a', 'b', closed, 'a']) scheduler.schedule(tab);
  closed.isClosed = true;
  await clock.pass(3);
  assert.equal(flushed.length, 1);
  await clock.pass(1);
  assert.deepEqual(flushed, [['a'], ['a', 'b']]);
});

test('after the cooldown nothing waits, and no cooldown is long', async () => {
  const { clock, flushed, scheduler } = start(1_000);
  scheduler.schedule('a');
  await settled();
  await clock.pass(9);
  scheduler.schedule('b');
  await settled();
  assert.equal(flushed.length, 2);
});
