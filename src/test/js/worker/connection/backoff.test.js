import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, HIDDEN_MAX_DELAY } from '../../../../main/webapp/partyline/worker/connection/backoff.js';

test('the first retry comes within half a second', () => {
  assert.equal(
    backoff(0, () => 0),
    0,
  );
  assert.equal(
    backoff(0, () => 0.5),
    250,
  );
  assert.ok(backoff(0, () => 0.999) < 500);
});

test('the bound doubles with each failure, up to 20 s', () => {
  const bounds = [0, 1, 2, 3, 4, 5, 6, 100].map((failures) => backoff(failures, () => 1));
  assert.deepEqual(bounds, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

test('while every tab is hidden the bound goes up to a minute', () => {
  assert.equal(
    backoff(10, () => 1, HIDDEN_MAX_DELAY),
    60_000,
  );
});

test('a herd is spread over the whole bound', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const waits = Array.from({ length: 1_000 }, () => backoff(5, random));
  for (let tenth = 0; tenth < 10; tenth++) {
    const inside = waits.filter((wait) => wait >= tenth * 1_600 && wait < (tenth + 1) * 1_600).length;
    assert.ok(inside > 60 && inside < 140, `${inside} of 1000 in the ${tenth}th tenth`);
  }
});
