import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connect } from '../../../main/webapp/main.js';
import { VERSION } from '../../../main/webapp/partyline/version.js';

/** A page, as far as `connect` looks at it. */
const workers = [];
const windowEvents = new EventTarget();
const storage = new Map();
Object.assign(globalThis, {
  window: windowEvents,
  document: Object.assign(new EventTarget(), { hidden: false }),
  location: new URL('https://shop.example/app/page.html'),
  sessionStorage: {
    getItem: (key) => storage.get(key) ?? null,
    setItem: (key, value) => storage.set(key, value),
    removeItem: (key) => storage.delete(key),
  },
  SharedWorker: class {
    constructor(url, options) {
      const frames = [];
      this.port = { onmessage: null, postMessage: (frame) => frames.push(frame), close() {} };
      workers.push({
        url: url.href,
        options,
        frames,
        port: this.port,
        post: (...frames) => this.port.onmessage?.({ data: frames }),
      });
    }
  },
});
if (!globalThis.navigator) globalThis.navigator = {};
Object.defineProperty(globalThis.navigator, 'locks', { value: undefined, configurable: true });

const tick = () => new Promise((resolve) => setImmediate(resolve));
const fire = (type, members = {}) => windowEvents.dispatchEvent(Object.assign(new Event(type), members));

/** What a browser does when a visible page ends. The event of a real document reaches its window by itself. */
function end() {
  fire('pagehide', { persisted: false });
  globalThis.document.hidden = true;
  globalThis.document.dispatchEvent(new Event('visibilitychange'));
  fire('visibilitychange');
}

/** Connects, and gives the worker that this made. */
async function open(options) {
  const line = connect({ worker: '/app/worker.js', ...options });
  await tick();
  return { line, worker: workers.at(-1) };
}

test('two apps, endpoints, users or versions never share a worker', async () => {
  const lines = [];
  for (const options of [{}, { app: 'a' }, { identity: 'ann' }, { url: '/other/line' }]) lines.push((await open(options)).line);
  const names = workers.slice(-4).map(({ options }) => options.name);
  assert.equal(new Set(names).size, 4);
  for (const name of names) assert.ok(name.startsWith('partyline') && name.includes(VERSION), name);
  for (const line of lines) line.close();
});

test('every tab asks for the same kind of worker', async () => {
  const { line, worker } = await open();
  assert.equal(worker.options.extendedLifetime, true);
  assert.equal(worker.options.type, undefined, 'a classic one');
  line.close();
});

test('the endpoint is beside the worker, and as safe as the page', async () => {
  const { line, worker } = await open();
  assert.equal(worker.url, 'https://shop.example/app/worker.js');
  assert.equal(worker.frames[0].url, 'wss://shop.example/app/line');
  line.close();
});

test('connecting twice is one tab; after closing it is another', async () => {
  const first = (await open()).line;
  assert.equal(connect({ worker: '/app/worker.js' }), first);
  first.close();
  const second = connect({ worker: '/app/worker.js' });
  assert.notEqual(second, first);
  assert.notEqual(second.id, first.id, 'an id is for one page load');
  second.close();
});

test('a mode that is none is refused', () => {
  for (const mode of ['Direct', 'worker', null])
    assert.throws(() => connect({ worker: '/app/worker.js', mode }), /mode must be 'shared' or 'direct'/);
});

test('what a reload resumes lies in the storage from the page’s end to its next beginning only', async () => {
  const { line, worker } = await open();
  worker.post({ type: '$attached', worker: 'W' }, { type: '$session', line: 'L', key: 'K', inbox: 3 });
  assert.equal(storage.size, 0, 'a duplicated tab copies nothing');
  end();
  assert.equal(worker.frames.at(-1).type, '$detach');
  assert.deepEqual(
    [...storage.values()].map((text) => JSON.parse(text)),
    [{ line: 'L', key: 'K', inbox: 3 }],
  );
  globalThis.document.hidden = false;
  fire('pageshow', { persisted: true });
  await tick();
  assert.equal(storage.size, 0);
  assert.deepEqual(workers.at(-1).frames[0].session, { line: 'L', key: 'K', inbox: 3 });
  assert.equal(workers.at(-1).frames[0].tab, line.id);
  line.close();
});

test('a page that stays, though it was asked to leave, stays on the line', async () => {
  const { line, worker } = await open();
  worker.post({ type: '$attached', worker: 'W' });
  fire('beforeunload');
  fire('pageshow', { persisted: false });
  assert.deepEqual(
    worker.frames.map(({ type }) => type),
    ['$attach'],
  );
  line.close();
});

test('visibility and the network’s return are posted to the worker, which is probed', async () => {
  const { line, worker } = await open();
  worker.post({ type: '$attached', worker: 'W' });
  globalThis.document.hidden = true;
  globalThis.document.dispatchEvent(new Event('visibilitychange'));
  fire('online');
  assert.deepEqual(
    worker.frames.slice(1).map(({ type, state }) => state ?? type),
    ['hidden', '$wake', '$probe'],
  );
  globalThis.document.hidden = false;
  line.close();
});

test('upgrade is emitted once, so that a page that reloads in vain does not reload for ever', async () => {
  let upgrades = 0;
  for (let load = 0; load < 3; load++) {
    const { line, worker } = await open();
    line.on('upgrade', () => upgrades++);
    worker.post({ type: '$attached', worker: 'W' }, { type: '$upgrade', version: 'old' });
    line.close();
  }
  assert.equal(upgrades, 1);
});

test('the browser half uses no unload events, and no worker ends itself', () => {
  const root = new URL('../../../main/webapp/', import.meta.url);
  const modules = readdirSync(new URL('partyline/', root), { recursive: true }).filter((name) => name.endsWith('.js'));
  const files = [...modules.map((name) => `partyline/${name}`), 'worker.js'];
  for (const file of files) {
    const code = readFileSync(new URL(file, root), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    for (const never of ["'beforeunload'", "'unload'", 'self.close', 'globalThis.close'])
      assert.ok(!code.includes(never), `${file}: ${never}`);
  }
});
