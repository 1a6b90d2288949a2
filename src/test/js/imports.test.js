/** The direction of imports in the browser half, as ArchitectureTest keeps it for the server. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../main/webapp/partyline/', import.meta.url);

/** What each folder may import besides itself, `shared/` and `version.js`. */
const ALLOWED = {
  // direct.js and main-and-worker.js
  '.': ['tab', 'worker'],
  shared: [],
  tab: [],
  worker: ['worker/tabs', 'worker/sending', 'worker/connection', 'worker/topics', 'worker/delivery'],
  'worker/tabs': ['worker/sending', 'worker/topics', 'worker/delivery'],
  'worker/sending': ['worker/connection'],
  'worker/connection': [],
  'worker/topics': [],
  'worker/delivery': ['worker/topics'],
};

const modules = readdirSync(ROOT, { recursive: true })
  .filter((file) => file.endsWith('.js'))
  .map((file) => ({ file, folder: posix.dirname(file), code: withoutComments(readFileSync(new URL(file, ROOT), 'utf8')) }));

/** @param {string} code  types in comments may point anywhere */
function withoutComments(code) {
  return code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}

/** The folders of the modules that this one imports, by this form of import. */
function imported({ file, code }, form) {
  return [...code.matchAll(form)].map(([, path]) => posix.normalize(posix.join(posix.dirname(file), path)));
}

test('static imports follow the way of a message, and no folder imports against it', () => {
  for (const module of modules) {
    if (module.file === 'version.js') continue;
    const allowed = [
      'version.js',
      'shared',
      module.folder,
      ...(ALLOWED[module.folder] ?? assert.fail(`unknown folder ${module.folder}`)),
    ];
    if (module.folder === 'shared') allowed.splice(0, 1);
    for (const target of imported(module, /\bfrom '([^']+)'/g)) {
      assert.ok(allowed.includes(posix.dirname(target)) || allowed.includes(target), `${module.file} imports ${target}`);
    }
  }
});

test('only the entries import anything dynamically: the worker’s half, for the worker and for direct mode', () => {
  assert.deepEqual(
    modules.filter((module) => imported(module, /\bimport\('([^']+)'\)/g).length > 0),
    [],
  );
  const entry = (/** @type {string} */ file) => withoutComments(readFileSync(new URL(`../${file}`, ROOT), 'utf8'));
  const dynamic = ['main.js', 'worker.js'].map((file) =>
    [...entry(file).matchAll(/\bimport\('([^']+)'\)/g)].map(([, path]) => path),
  );
  assert.deepEqual(dynamic, [['./partyline/direct.js'], ['./partyline/worker/start.js']]);
});

test('only the entries have addresses that are relative to a file: a bundle of the others is elsewhere', () => {
  const relative = modules.filter(({ code }) => /new URL\([^)]*import\.meta/.test(code)).map(({ file }) => file);
  assert.deepEqual(relative, []);
});
