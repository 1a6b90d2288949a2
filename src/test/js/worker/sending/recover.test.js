import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recover } from '../../../../main/webapp/partyline/worker/sending/recover.js';

const FACTS = ['sent', 'sameWorker', 'sameLine', 'open', 'accepted', 'idempotent'];

/** Facts that a row leaves out make no difference to its outcome. */
const ROWS = [
  [{ sent: false, sameWorker: true }, 'send'],
  [{ sent: false, sameWorker: false, idempotent: true }, 'send'],
  [{ sent: false, sameWorker: false, idempotent: false }, 'worker_lost'],
  [{ sent: true, sameLine: true, open: false }, 'adopt'],
  [{ sent: true, sameLine: true, accepted: true }, 'adopt'],
  [{ sent: true, sameLine: true, sameWorker: true }, 'adopt'],
  [{ sent: true, sameLine: true, open: true, accepted: false, sameWorker: false }, 'send'],
  [{ sent: true, sameLine: false, idempotent: true }, 'send'],
  [{ sent: true, sameLine: false, idempotent: false }, 'lost'],
];

/** All 64 combinations of facts. */
const all = Array.from({ length: 2 ** FACTS.length }, (_, bits) =>
  Object.fromEntries(FACTS.map((fact, index) => [fact, (bits & (1 << index)) !== 0])),
);
const matching = (row) => all.filter((facts) => Object.entries(row).every(([fact, value]) => facts[fact] === value));

for (const [row, outcome] of ROWS) {
  const name = Object.entries(row).map(([fact, value]) => (value ? fact : `not ${fact}`));
  test(`${name.join(', ')}: ${outcome}`, () => {
    for (const facts of matching(row)) assert.equal(recover(facts), outcome, JSON.stringify(facts));
  });
}

test('the table decides every combination of facts', () => {
  for (const facts of all)
    assert.ok(
      ROWS.some(([row]) => matching(row).includes(facts)),
      JSON.stringify(facts),
    );
});
