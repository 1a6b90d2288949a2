import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '../../main/webapp/partyline/jsonlimits.js';

const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);
const members = (count) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n])));

test('what the server reads passes, at its very limits', () => {
  for (const json of [
    '1',
    '"a:{[b\\\\ud800"',
    nested(32),
    members(1_000),
    JSON.stringify('\u{1f600} "quoted" \\ud83d'),
    'null',
    '{}',
  ]) {
    assert.equal(fault(json), undefined, json.slice(0, 40));
  }
});

test('what it would refuse is found before it is on the wire that all tabs share', () => {
  assert.match(fault(nested(33)) ?? '', /deeper than 32/);
  assert.match(fault(nested(32), { depth: 1 }) ?? '', /deeper than 32/);
  assert.match(fault(members(1_001)) ?? '', /1000 members/);
  assert.match(fault(members(995), { members: 6 }) ?? '', /1000 members/);
  for (const half of ['\ud83d', 'a\ude00b', '\ude00\ud83d'])
    assert.match(fault(JSON.stringify({ [half]: half })) ?? '', /surrogate/);
});

test('brackets and colons inside of texts are no structure', () => {
  assert.equal(fault(JSON.stringify('[{:'.repeat(2_000))), undefined);
});
