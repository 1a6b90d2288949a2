import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findFrameViolation } from '../../../../main/webapp/partyline/worker/connection/frame-violation.js';
import { welcome } from '../../fakes.js';

const { down } = JSON.parse(readFileSync(new URL('../../../resources/frames.json', import.meta.url), 'utf8'));

test('no frame of the protocol violates it', () => {
  for (const { name, text } of down) assert.equal(findFrameViolation(JSON.parse(text)), undefined, name);
});

test('members that the protocol does not name may be anything', () => {
  const more = { unknown: [null], gap: 7, topics: { '*': { at: ['e', 0], gap: false, unknown: 1 } }, limits: { unknown: 'x' } };
  assert.equal(findFrameViolation(welcome(more)), undefined);
  assert.equal(findFrameViolation({ type: '$later', topic: 7, at: 'x' }), undefined);
  assert.equal(findFrameViolation({ type: 'x', value: { at: null, re: 'x' }, heard: 'x' }), undefined);
});

const topicMessage = { topic: 'chat', at: ['e', 1], value: 1 };
const VIOLATIONS = [
  [{ type: 7 }, 'type'],
  [{ type: null, topic: 'chat', at: ['e', 1] }, 'type'],
  [{ from: 7, type: 'x' }, 'message.from'],
  [{ re: 'x' }, 'reply.re'],
  [{ re: 0 }, 'reply.re'],
  [{ re: null, value: 1 }, 'reply.re'],
  [{ re: 1, from: {} }, 'reply.from'],
  [{ re: 1, error: null }, 'reply.error'],
  [{ re: 1, error: 'failed' }, 'reply.error'],
  ...[null, 7, {}, ['x']].map((topic) => [{ ...topicMessage, topic }, 'topic message.topic']),
  [{ ...topicMessage, from: null }, 'topic message.from'],
  ...[
    undefined,
    null,
    'e1',
    [],
    ['e'],
    [1, 'e'],
    ['e', -1],
    ['e', 0],
    ['e', 1.5],
    ['e', '1'],
    ['e', 1, 2],
    ['e', 2 ** 53],
    { 0: 'e', 1: 1 },
  ].map((at) => [{ ...topicMessage, at }, 'topic message.at']),
  [{ type: '$gap', at: ['e', 1] }, '$gap.topic'],
  [{ type: '$gap', topic: 'chat' }, '$gap.at'],
  [{ type: '$gap', topic: 'chat', at: [null, 1] }, '$gap.at'],
  [{ type: '$bye', code: 'x' }, '$bye.code'],
  [{ type: '$bye', code: 4000, after: -1 }, '$bye.after'],
  [{ type: '$bye', code: 4000, after: 2 ** 31 }, '$bye.after'],
  [{ type: '$bye', code: 4000, reason: {} }, '$bye.reason'],
  [welcome({ line: undefined }), '$welcome.line'],
  [welcome({ key: 7 }), '$welcome.key'],
  [welcome({ resumed: 'yes' }), '$welcome.resumed'],
  [welcome({ heard: -1 }), '$welcome.heard'],
  [welcome({ inbox: '0' }), '$welcome.inbox'],
  [welcome({ user: { name: 'ann' } }), '$welcome.user'],
  ...[0, -5, null, '20000', 2 ** 31].map((ping) => [welcome({ ping }), '$welcome.ping']),
  ...[null, [], 7, { rate: '50' }, { ack: -1 }, { message: null }].map((limits) => [welcome({ limits }), '$welcome.limits']),
  ...[
    undefined,
    null,
    [],
    { a: null },
    { a: {} },
    { a: { at: ['e', 0] } },
    { a: { at: 'x', gap: false } },
    { a: { error: 'x' } },
  ].map((topics) => [welcome({ topics }), '$welcome.topics']),
];

for (const [frame, violation] of VIOLATIONS) {
  test(`${violation} is malformed: ${JSON.stringify(frame)}`, () => assert.equal(findFrameViolation(frame), violation));
}
