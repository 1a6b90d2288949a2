import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolation } from '../../../main/webapp/partyline/shared/json-limits.js';

/** What a server reads to which nothing was set. */
const LIMITS = { depth: 32, members: 1_000, number: 40 };

const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);
const members = (count) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n])));

test('what the server reads passes, at its very limits', () => {
  const digits = '1234567890'.repeat(4);
  for (const json of [
    '1',
    '"a:{[b\\\\ud800"',
    nested(32),
    members(1_000),
    JSON.stringify('\u{1f600} "quoted" \\ud83d'),
    'null',
    '{}',
    digits,
    'true',
  ]) {
    assert.equal(findViolation(json, LIMITS), undefined, json.slice(0, 40));
  }
});

test('what the server would reject is found before it is sent on the shared connection', () => {
  assert.match(findViolation(nested(33), LIMITS) ?? '', /deeper than 32/);
  assert.match(findViolation(members(1_001), LIMITS) ?? '', /1000 members/);
  assert.match(findViolation('[1,-123456e+789]', { number: 10 }) ?? '', /more than 10 characters/);
  for (const half of ['\ud83d', 'a\ude00b', '\ude00\ud83d'])
    assert.match(findViolation(JSON.stringify({ [half]: half })) ?? '', /surrogate/);
});

test('a limit that the server does not name does not apply', () => {
  for (const json of [nested(1_000), members(5_000), `[${'9'.repeat(400)}]`]) assert.equal(findViolation(json, {}), undefined);
});

test('brackets, colons and digits inside of texts are no structure', () => {
  assert.equal(findViolation(JSON.stringify('[{:'.repeat(2_000) + '9'.repeat(50)), LIMITS), undefined);
});
