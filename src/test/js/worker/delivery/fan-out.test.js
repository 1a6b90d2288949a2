import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpack } from '../../../../main/webapp/partyline/shared/frames.js';
import { FanOut } from '../../../../main/webapp/partyline/worker/delivery/fan-out.js';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';

/** A log of one topic with messages 1 to 9. */
function nine() {
  const log = new TopicLog(['e', 0]);
  for (let offset = 1; offset <= 9; offset++) log.append(['e', offset], `{"n":${offset}}`);
  return { log, fanOut: new FanOut((topic) => (topic === 'nine' ? log : undefined)) };
}
const PLENTY = { frames: 100, chars: 1_000 };

test('tabs at the same position share the same texts', () => {
  const { fanOut } = nine();
  const share = fanOut.read('nine', ['e', 7], PLENTY);
  assert.deepEqual(share, { from: ['e', 7], to: ['e', 9], frames: 2, chars: 14, texts: ['[{"n":8},{"n":9}]'] });
  assert.equal(fanOut.read('nine', ['e', 7], PLENTY), share);
  assert.deepEqual(fanOut.read('nine', ['e', 8], PLENTY).texts, ['[{"n":9}]']);
});

test('many frames are several texts, which have each frame once and in order', () => {
  const log = new TopicLog(['e', 0]);
  const offsets = Array.from({ length: 200 }, (_, i) => i + 1);
  for (const offset of offsets) log.append(['e', offset], `{"n":${offset}}`);
  const { texts, frames } = new FanOut(() => log).read('many', ['e', 0], { frames: 1_000, chars: 10_000 });
  assert.equal(frames, 200);
  assert.ok(texts.length > 1 && texts.length < 10, `${texts.length} texts`);
  assert.deepEqual(
    [...unpack(texts)].map(({ n }) => n),
    offsets,
  );
});

test('a tab gets no more than its window allows, and later the rest from there', () => {
  const { fanOut } = nine();
  fanOut.read('nine', ['e', 0], PLENTY);
  const few = fanOut.read('nine', ['e', 0], { frames: 3, chars: 1_000 });
  assert.deepEqual([few.frames, few.to], [3, ['e', 3]]);
  const short = fanOut.read('nine', ['e', 3], { frames: 100, chars: 8 });
  assert.deepEqual([short.texts, short.to], [['[{"n":4},{"n":5}]'], ['e', 5]]);
  assert.deepEqual(fanOut.read('nine', ['e', 5], PLENTY).to, ['e', 9]);
  assert.deepEqual(fanOut.read('nine', ['e', 5], { frames: 0, chars: 1_000 }).to, ['e', 5]);
});

test('a topic has more after every position but its end, and an unknown topic has none', () => {
  const { fanOut } = nine();
  assert.equal(fanOut.hasMore('nine', ['e', 8]), true);
  assert.equal(fanOut.hasMore('nine', ['d', 9]), true);
  assert.equal(fanOut.hasMore('nine', ['e', 9]), false);
  assert.equal(fanOut.hasMore('none', ['e', 8]), false);
  assert.deepEqual(fanOut.read('nine', ['d', 9], PLENTY).from, ['e', 0]);
});
