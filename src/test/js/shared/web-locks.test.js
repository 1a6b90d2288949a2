import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acquireLock } from '../../../main/webapp/partyline/shared/web-locks.js';
import { randomId } from '../../../main/webapp/partyline/shared/ids.js';
import { isTabId } from '../../../main/webapp/partyline/shared/frames.js';
import { FakeLocks, settled } from '../fakes.js';

test('a lock is held until it is let go', async () => {
  const locks = new FakeLocks();
  let release;
  assert.equal(await acquireLock(locks, 'x', (undo) => (release = undo)), true);
  assert.equal(locks.held('x'), true);
  release();
  await settled();
  assert.equal(locks.held('x'), false);
});

test('where locks are refused nothing is held, and nothing thrown', async () => {
  const refuses = { request: () => Promise.reject(new DOMException('denied', 'SecurityError')) };
  assert.equal(await acquireLock(refuses, 'x'), false);
});

test('ids are tab ids, and no two alike', () => {
  const ids = Array.from({ length: 1_000 }, randomId);
  assert.equal(new Set(ids).size, 1_000);
  assert.ok(ids.every(isTabId));
});
