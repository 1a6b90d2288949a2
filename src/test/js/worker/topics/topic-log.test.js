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
