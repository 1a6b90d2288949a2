import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isTabId } from '../../../main/webapp/partyline/shared/frames.js';
import { newTabSecret, publicNameOf, randomId, tabIdOf } from '../../../main/webapp/partyline/shared/ids.js';
import { shortHash } from '../../../main/webapp/partyline/shared/short-hash.js';

test('the hash is that of SHA-256, for every length', () => {
  for (let length = 0; length <= 55; length++) {
    const text = randomId(length);
    assert.equal(shortHash(text), createHash('sha256').update(text).digest().subarray(0, 12).toString('base64url'), text);
  }
});

test('the id of a tab and its public name are those that the server derives', () => {
  const id = tabIdOf('w0n7x2k9q4m8b1v6');
  assert.equal(id, 't_LRYKQZfFpX5sscrr');
  assert.equal(publicNameOf(id), '~uG7roE8F-HsshadN');
});

test('a secret makes a tab id, and what is told of it is no tab id', () => {
  const secrets = Array.from({ length: 100 }, newTabSecret);
  assert.equal(new Set(secrets.map(tabIdOf)).size, 100);
  assert.ok(secrets.map(tabIdOf).every(isTabId));
  assert.ok(!secrets.map(tabIdOf).map(publicNameOf).some(isTabId));
});
