/** When the tabs get what, how often, and what the line does for one that takes too little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlushScheduler } from '../../../../main/webapp/partyline/worker/delivery/flush-scheduler.js';
import { unpack } from '../../../../main/webapp/partyline/shared/frames.js';
import { FanOut } from '../../../../main/webapp/partyline/worker/delivery/fan-out.js';
import { Backpressure } from '../../../../main/webapp/partyline/worker/delivery/backpressure.js';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';
import { FakeClock, settled } from '../../fakes.js';

/** Bursts that each take so many milliseconds. */
function start(took) {
  const clock = new FakeClock();
  const flushed = [];
  const bursts = new FlushScheduler({
    clock,
    flush: (tabs) => {
      flushed.push(tabs);
      clock.sleep(took);
    },
  });
  return { clock, flushed, bursts };
}

test('all that one event brings is one burst, and the tabs get it at once', async () => {
  const { flushed, bursts } = start(2);
  for (const tab of ['a', 'b', 'a']) bursts.schedule(tab);
  await settled();
  assert.deepEqual(flushed, [['a', 'b']]);
});

test('after a burst comes a rest of four times its time, and what comes in it is one burst', async () => {
  const { clock, flushed, bursts } = start(1);
  bursts.schedule('a');
  await settled();
  for (const tab of ['a', 'b', 'c', 'a']) bursts.schedule(tab);
  bursts.removeTab('c');
  await clock.pass(3);
  assert.equal(flushed.length, 1);
  await clock.pass(1);
  assert.deepEqual(flushed, [['a'], ['a', 'b']]);
});

test('a rested worker makes nobody wait, and none rests for long', async () => {
  const { clock, flushed, bursts } = start(1_000);
  bursts.schedule('a');
  await settled();
  await clock.pass(9);
  bursts.schedule('b');
  await settled();
  assert.equal(flushed.length, 2);
});

/** A ring of one topic with messages 1 to 9. */
function nine() {
  const ring = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 9; offset++) ring.append(['e', offset], `{"n":${offset}}`);
  return { ring, pass: new FanOut((topic) => (topic === 'nine' ? ring : undefined)) };
}
const PLENTY = { frames: 100, chars: 1_000 };

test('tabs at the same place share the same texts', () => {
  const { pass } = nine();
  const share = pass.read('nine', ['e', 7], PLENTY);
  assert.deepEqual(share, { from: ['e', 7], to: ['e', 9], frames: 2, chars: 14, texts: ['[{"n":8},{"n":9}]'] });
  assert.equal(pass.read('nine', ['e', 7], PLENTY), share);
  assert.deepEqual(pass.read('nine', ['e', 8], PLENTY).texts, ['[{"n":9}]']);
});

test('many frames are several texts, which have each frame once and in order', () => {
  const ring = new TopicLog(['e', 0]);
  const offsets = Array.from({ length: 200 }, (_, i) => i + 1);
  for (const offset of offsets) ring.append(['e', offset], `{"n":${offset}}`);
  const { texts, frames } = new FanOut(() => ring).read('many', ['e', 0], { frames: 1_000, chars: 10_000 });
  assert.equal(frames, 200);
  assert.ok(texts.length > 1 && texts.length < 10, `${texts.length} texts`);
  assert.deepEqual(
    [...unpack(texts)].map(({ n }) => n),
    offsets,
  );
});

test('a tab gets no more than it has room for, and the rest from there', () => {
  const { pass } = nine();
  pass.read('nine', ['e', 0], PLENTY);
  const few = pass.read('nine', ['e', 0], { frames: 3, chars: 1_000 });
  assert.deepEqual([few.frames, few.to], [3, ['e', 3]]);
  const short = pass.read('nine', ['e', 3], { frames: 100, chars: 8 });
  assert.deepEqual([short.texts, short.to], [['[{"n":4},{"n":5}]'], ['e', 5]]);
  assert.deepEqual(pass.read('nine', ['e', 5], PLENTY).to, ['e', 9]);
  assert.deepEqual(pass.read('nine', ['e', 5], { frames: 0, chars: 1_000 }).to, ['e', 5]);
});

test('a topic goes on after every place but its end, and one that is not there after none', () => {
  const { pass } = nine();
  assert.equal(pass.hasMore('nine', ['e', 8]), true);
  assert.equal(pass.hasMore('nine', ['d', 9]), true);
  assert.equal(pass.hasMore('nine', ['e', 9]), false);
  assert.equal(pass.hasMore('none', ['e', 8]), false);
  assert.deepEqual(pass.read('nine', ['d', 9], PLENTY).from, ['e', 0]);
});

test('the server waits while a tab is behind, until it caught up', async () => {
  const held = [];
  const patience = new Backpressure({ clock: new FakeClock(), pauseAcks: (is) => held.push(is) });
  for (const tab of ['a', 'b', 'a']) patience.onLagging(tab);
  patience.release('a');
  assert.deepEqual(held, [true]);
  patience.release('b');
  patience.release('b');
  assert.deepEqual(held, [true, false]);
});

test('the line waits for a tab a second at most, and then not again before it caught up', async () => {
  const clock = new FakeClock();
  const held = [];
  const patience = new Backpressure({ clock, pauseAcks: (is) => held.push(is) });
  patience.onLagging('frozen');
  await clock.pass(1_000);
  assert.deepEqual(held, [true, false]);
  patience.onLagging('frozen');
  await clock.pass(10_000);
  assert.deepEqual(held, [true, false]);
  patience.onLagging('other');
  patience.release('other');
  patience.release('frozen');
  patience.onLagging('frozen');
  assert.deepEqual(held, [true, false, true, false, true]);
});
