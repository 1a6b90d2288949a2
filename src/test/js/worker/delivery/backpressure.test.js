import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backpressure } from '../../../../main/webapp/partyline/worker/delivery/backpressure.js';
import { FakeClock } from '../../fakes.js';

/** Attached tabs, and the pauses of acknowledgements as they begin and end. */
function start(...names) {
  const clock = new FakeClock();
  const tabs = new Map(names.map((name) => [name, { lag: 'none', isClosed: false }]));
  const paused = [];
  const backpressure = new Backpressure({ clock, tabs: () => tabs.values(), pauseAcks: (is) => paused.push(is) });
  return { clock, tabs, paused, backpressure };
}

test('acknowledgements pause while a tab lags, until all have caught up', () => {
  const { tabs, paused, backpressure } = start('a', 'b');
  for (const name of ['a', 'b', 'a']) backpressure.onLagging(tabs.get(name));
  backpressure.onCaughtUp(tabs.get('a'));
  assert.deepEqual(paused, [true]);
  backpressure.onCaughtUp(tabs.get('b'));
  backpressure.onCaughtUp(tabs.get('b'));
  assert.deepEqual(paused, [true, false]);
});

test('a pause lasts a second at most, and a tab causes the next one only after it has caught up', async () => {
  const { clock, tabs, paused, backpressure } = start('frozen', 'other');
  const [frozen, other] = tabs.values();
  backpressure.onLagging(frozen);
  await clock.pass(1_000);
  assert.deepEqual(paused, [true, false]);
  backpressure.onLagging(frozen);
  await clock.pass(10_000);
  assert.deepEqual(paused, [true, false]);
  backpressure.onLagging(other);
  backpressure.onCaughtUp(other);
  backpressure.onCaughtUp(frozen);
  backpressure.onLagging(frozen);
  assert.deepEqual(paused, [true, false, true, false, true]);
});

test('a lagging tab that is closed ends the pause, and causes none afterwards', async () => {
  const { clock, tabs, paused, backpressure } = start('a', 'b');
  const [a, b] = tabs.values();
  backpressure.onLagging(a);
  tabs.delete('a');
  a.isClosed = true;
  backpressure.update();
  assert.deepEqual(paused, [true, false]);
  backpressure.onLagging(a);
  assert.deepEqual(paused, [true, false]);
  backpressure.onLagging(b);
  await clock.pass(1_000);
  assert.deepEqual(paused, [true, false, true, false]);
});
