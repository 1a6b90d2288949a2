import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';

/** Appends a message of so many characters; without a number, of as many as it has. */
function append(log, offset, chars = 0, epoch = 'e') {
  return log.append([epoch, offset], JSON.stringify({ topic: 't', at: [epoch, offset], value: offset }).padEnd(chars));
}
const values = (list) => list.map(({ frame }) => frame.value);

test('a reader gets the messages after its position, in order', () => {
  const log = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 5; offset++) append(log, offset);
  assert.deepEqual(values(log.after(['e', 2])), [3, 4, 5]);
  assert.deepEqual(values(log.after(['e', 5])), []);
  assert.deepEqual(values(log.after(['e', 0], 2)), [1, 2]);
});

test('a duplicate is not kept twice', () => {
  const log = new TopicLog(['e', 0]);
  assert.equal(append(log, 1), true);
  assert.equal(append(log, 1), false);
  assert.deepEqual(values(log.after(['e', 0])), [1]);
});

test('a position that was evicted is not contained', () => {
  const log = new TopicLog(['e', 0], { maxFrames: 3 });
  for (let offset = 1; offset <= 5; offset++) append(log, offset);
  assert.equal(log.contains(['e', 1]), false);
  assert.equal(log.contains(['e', 2]), true);
  assert.deepEqual(log.start, ['e', 2]);
});

test('the newest message is kept however large it is', () => {
  const log = new TopicLog(['e', 0], { maxChars: 100 });
  append(log, 1, 60);
  append(log, 2, 1_000);
  assert.deepEqual(values(log.after(log.start)), [2]);
});

test('another epoch contains no position of the old one', () => {
  const log = new TopicLog(['e', 0]);
  append(log, 1);
  append(log, 8, 0, 'f');
  assert.equal(log.contains(['e', 1]), false);
  assert.deepEqual(values(log.after(['f', 7])), [8]);
});

test('a topic that skips older messages leaves no gap', () => {
  const log = new TopicLog(['e', 0]);
  append(log, 1);
  append(log, 9);
  assert.equal(log.contains(['e', 1]), true);
  assert.deepEqual(values(log.after(['e', 1])), [9]);
});

test('a duplicate is one that the log has passed, of the same epoch', () => {
  const log = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 3; offset++) append(log, offset);
  assert.deepEqual(
    [
      ['e', 0],
      ['e', 3],
      ['e', 4],
      ['f', 1],
    ].map((at) => log.isPast(at)),
    [true, true, false, false],
  );
});

test('it has what a reader wants since a position that it contains, and since the start only if it is whole', () => {
  const part = new TopicLog(['e', 5]);
  const whole = new TopicLog(['e', 5], { isWhole: true, maxFrames: 2 });
  for (const log of [part, whole]) append(log, 6);
  assert.deepEqual(
    [null, ['e', 5], ['e', 4], ['f', 9]].map((since) => part.hasSince(since)),
    [true, true, false, false],
  );
  assert.deepEqual([part.hasSince('start'), whole.hasSince('start')], [false, true]);
  for (const offset of [7, 8]) append(whole, offset);
  assert.equal(whole.hasSince('start'), false, 'after the oldest was removed');
});

test('the frames between two positions of one epoch', () => {
  const log = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 5; offset++) append(log, offset);
  const between = (from, to) => log.framesBetween(from, to).map(({ value }) => value);
  assert.deepEqual(between(['e', 1], ['e', 3]), [2, 3]);
  assert.deepEqual(between(['e', 3], ['e', 3]), []);
  assert.deepEqual(between(['e', 3], ['f', 9]), []);
});

test('it goes on after a reconnect, and begins anew only after a gap or in another epoch', () => {
  const table = [
    // where the server goes on, with a gap, the messages that are left
    [['e', 3], false, 3],
    [['e', 1], true, 3],
    [['e', 9], true, 0],
    [['e', 9], false, 3],
    [['f', 1], false, 0],
  ];
  for (const [at, gap, size] of table) {
    const log = new TopicLog(['e', 0]);
    for (let offset = 1; offset <= 3; offset++) append(log, offset);
    log.continueAt({ at, gap });
    assert.equal(log.size, size, `${at} ${gap}`);
    if (size === 0) assert.deepEqual([log.start, log.end], [at, at]);
  }
});
