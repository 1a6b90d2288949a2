import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replay } from '../../../../main/webapp/partyline/worker/topics/replay.js';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';
import { FakeClock } from '../../fakes.js';

const append = (target, ...offsets) => {
  for (const offset of offsets) target.append(['c', offset], JSON.stringify({ value: offset }));
};

/** A replay from `at`, and a log that starts after 5 and has 6 to 8. */
function start(at, gap = false) {
  const clock = new FakeClock();
  const timeouts = [];
  const replay = new Replay({ joined: { at: ['c', at], gap }, clock, onTimeout: () => timeouts.push(clock.now()) });
  const log = new TopicLog(['c', 5]);
  append(log, 6, 7, 8);
  /** The slice for a join, as text. */
  const slice = (since) => {
    const { at: from, gap: isGap, frames, next } = replay.sliceFor(since, log);
    return `${from} ${isGap} ${frames.map(({ value }) => value)} ${next}`;
  };
  return { clock, timeouts, replay, log, slice };
}

test('it is complete when it reaches the start of the log', () => {
  const { replay, log } = start(3);
  append(replay, 4);
  assert.equal(replay.isContiguousWith(log), false);
  append(replay, 5);
  assert.equal(replay.isContiguousWith(log), true);
});

test('each join gets the messages after its position and before the log', () => {
  const { replay, slice } = start(2);
  append(replay, 3, 4, 5, 6);
  assert.equal(slice(['c', 2]), 'c,2 false 3,4,5 c,5');
  assert.equal(slice(['c', 4]), 'c,4 false 5 c,5');
  assert.equal(slice(['c', 7]), 'c,7 false  c,7');
  assert.equal(slice('start'), 'c,2 false 3,4,5 c,5');
});

test('a position that the server does not retain is a gap, and one of another epoch too; the start is none', () => {
  const { replay, slice } = start(3, true);
  append(replay, 4, 5);
  assert.equal(slice(['c', 1]), 'c,3 true 4,5 c,5');
  assert.equal(slice(['old', 4]), 'c,3 true 4,5 c,5');
  assert.equal(slice('start'), 'c,3 false 4,5 c,5');
});

test('a log that goes back further than the server’s is used from its own start', () => {
  const { slice } = start(7, true);
  assert.equal(slice(['c', 1]), 'c,5 true  c,5');
  assert.equal(slice('start'), 'c,7 false  c,7');
});

test('after a hole in the replay only what follows it counts', () => {
  const { replay, slice } = start(2);
  append(replay, 3);
  replay.skip(['c', 4]);
  append(replay, 5);
  assert.equal(slice(['c', 2]), 'c,4 true 5 c,5');
  assert.equal(slice(['c', 4]), 'c,4 false 5 c,5');
});

test('of an incomplete replay nothing counts: the tab begins with the log', () => {
  const { replay, slice } = start(2);
  append(replay, 3);
  assert.equal(slice(['c', 2]), 'c,5 true  c,5');
});

test('of a replay that is too long the oldest messages are dropped, and that is a gap', () => {
  const { replay, slice, log } = start(0);
  log.reset(['c', 5_000]);
  for (let offset = 1; offset <= 5_000; offset++) append(replay, offset);
  assert.match(slice(['c', 0]), /^c,904 true 905,/);
  assert.match(slice('start'), /^c,904 true 905,/);
});

test('it times out when the server pauses for 10 s, not when it is slow', async () => {
  const { clock, timeouts, replay } = start(0);
  for (let offset = 1; offset <= 4; offset++) {
    await clock.pass(9_000);
    append(replay, offset);
  }
  assert.deepEqual(timeouts, []);
  await clock.pass(10_000);
  assert.equal(timeouts.length, 1);
});

test('a stopped replay does not time out', async () => {
  const { clock, timeouts, replay } = start(0);
  replay.stop();
  await clock.pass(60_000);
  assert.deepEqual(timeouts, []);
});
