import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VERSION } from '../../main/webapp/partyline/version.js';

test('the version is the same wherever it is written: here, in the worker’s URL, in package.json and in the pom', () => {
  const read = (/** @type {string} */ path) => readFileSync(new URL(`../../main/webapp/${path}`, import.meta.url), 'utf8');
  assert.ok(read('main.js').includes(`'./worker.js?v=${VERSION}'`));
  assert.equal(JSON.parse(read('package.json')).version, VERSION);
  const [, pom] = /<artifactId>partyline<\/artifactId>\s*<version>([^<]+)</.exec(read('../../../pom.xml')) ?? [];
  assert.equal(pom?.replace('-SNAPSHOT', ''), VERSION);
});
