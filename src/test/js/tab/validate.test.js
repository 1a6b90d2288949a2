import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withId } from '../../../main/webapp/partyline/shared/frames.js';
import { MessageLimits } from '../../../main/webapp/partyline/shared/message-limits.js';
import { publishFrame, sendFrame } from '../../../main/webapp/partyline/tab/validate.js';
import { queuedMessage } from '../../../main/webapp/partyline/worker/sending/queued-message.js';

const NO_LIMITS = new MessageLimits();

/** What the worker finds in a frame that its tab did not check: the encoded request, with the longest id. */
function workerCheck(frame, limits) {
  const { head, tail, name } = queuedMessage('tab-1', { ...frame, n: 1 });
  const text = withId({ head, tail }, Number.MAX_SAFE_INTEGER);
  return limits.violation({ name, chars: text.length, json: withId({ head, tail }, 1) });
}

/** The error of a tab for this message, as `code: text`. */
function tabCheck(make) {
  try {
    make();
    return undefined;
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
}

const VALUES = [
  undefined,
  null,
  1,
  12_345,
  -1e-7,
  'text',
  [],
  [[[]]],
  [[1234], [{ a: [] }]],
  { a: 1, b: { c: [2, {}] } },
  'half \ud83d',
  'x"\\:{[',
];
const LIMITS = [
  { message: 60 },
  ...[57, 58, 59, 60, 61, 62, 90, 100, 110, 120].map((message) => ({ message })),
  ...[1, 2, 3, 4, 5].map((depth) => ({ depth })),
  ...[3, 4, 5, 6, 7, 8, 9].map((members) => ({ members })),
  ...[1, 4, 5].map((number) => ({ number })),
  ...[3, 4].map((name) => ({ name })),
  {},
];

test('a tab rejects exactly the messages that the worker would reject, with the same code and text', () => {
  let rejected = 0;
  for (const limits of LIMITS.map((one) => new MessageLimits(one))) {
    for (const value of VALUES) {
      const frames = [
        [(checked) => sendFrame('ping', value, 'tab-1', checked)],
        [(checked) => publishFrame('chat', value, 'tab-1', checked)],
      ];
      for (const [make] of frames) {
        const found = tabCheck(() => make(limits));
        if (value === 'half \ud83d') {
          assert.match(found, /^(bad_value|too_large): /);
          continue;
        }
        const error = workerCheck(make(NO_LIMITS), limits);
        assert.equal(found, error && `${error.code}: ${error.message}`, `${limits.key} ${JSON.stringify(value)}`);
        if (error) rejected++;
      }
    }
  }
  assert.ok(rejected > 100, `${rejected}`);
});

test('a frame names the limits that it was checked against, and equal limits have equal names', () => {
  const limits = { message: 500, depth: 3, rate: 50 };
  const { checkedBy } = sendFrame('ping', 1, 'tab-1', new MessageLimits(limits));
  assert.equal(checkedBy, new MessageLimits({ ...limits, rate: 60, burst: 5 }).key);
  assert.notEqual(checkedBy, new MessageLimits({ ...limits, depth: 4 }).key);
  assert.notEqual(checkedBy, NO_LIMITS.key);
});

test('a value is posted as JSON, and a publish with a key of its own', () => {
  const { key: checkedBy } = NO_LIMITS;
  assert.deepEqual(sendFrame('ping', { a: 1 }, 'tab-1', NO_LIMITS), { type: '$send', name: 'ping', value: '{"a":1}', checkedBy });
  assert.deepEqual(sendFrame('ping', undefined, 'tab-1', NO_LIMITS), {
    type: '$send',
    name: 'ping',
    value: undefined,
    checkedBy,
  });
  const [one, two] = [1, 2].map((value) => publishFrame('chat', value, 'tab-1', NO_LIMITS));
  assert.deepEqual([one.type, one.topic, one.value], ['$publish', 'chat', '1']);
  assert.notEqual(one.key, two.key);
});
