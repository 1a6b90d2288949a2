import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';

/** Pushes a message of so many characters; without a number, of as many as it has. */
function push(ring, offset, chars = 0, epoch = 'e') {
  return ring.push([epoch, offset], JSON.stringify({ topic: 't', at: [epoch, offset], value: offset }).padEnd(chars));
}
const values = (list) => list.map(({ frame }) => frame.value);

test('a reader gets what lies after its place, in order', () => {
  const ring = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 5; offset++) push(ring, offset);
  assert.deepEqual(values(ring.after(['e', 2])), [3, 4, 5]);
  assert.deepEqual(values(ring.after(['e', 5])), []);
  assert.deepEqual(values(ring.after(['e', 0], 2)), [1, 2]);
});

test('a message that was here before is not kept twice', () => {
  const ring = new TopicLog(['e', 0]);
  assert.equal(push(ring, 1), true);
  assert.equal(push(ring, 1), false);
  assert.deepEqual(values(ring.after(['e', 0])), [1]);
});

test('a reader that fell off the end is not covered', () => {
  const ring = new TopicLog(['e', 0], { maxFrames: 3 });
  for (let offset = 1; offset <= 5; offset++) push(ring, offset);
  assert.equal(ring.covers(['e', 1]), false);
  assert.equal(ring.covers(['e', 2]), true);
  assert.deepEqual(ring.start, ['e', 2]);
});

test('the newest message is kept however large it is', () => {
  const ring = new TopicLog(['e', 0], { maxChars: 100 });
  push(ring, 1, 60);
  push(ring, 2, 1_000);
  assert.deepEqual(values(ring.after(ring.start)), [2]);
});

test('another epoch covers no reader of the old one', () => {
  const ring = new TopicLog(['e', 0]);
  push(ring, 1);
  push(ring, 8, 0, 'f');
  assert.equal(ring.covers(['e', 1]), false);
  assert.deepEqual(values(ring.after(['f', 7])), [8]);
});

test('a topic that skips older messages leaves no gap', () => {
  const ring = new TopicLog(['e', 0]);
  push(ring, 1);
  push(ring, 9);
  assert.equal(ring.covers(['e', 1]), true);
  assert.deepEqual(values(ring.after(['e', 1])), [9]);
});
