import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakePort } from './fakes.js';

test('the worker connects its tabs, and revalidates its file once a minute at most, if tabs come', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const listeners = new Map();
  const fetched = [];
  const scripts = [];
  const globals = {
    SharedWorkerGlobalScope: class {},
    BroadcastChannel: class {},
    name: 'partyline of another build',
    addEventListener: (type, listener) => listeners.set(type, listener),
    // A server that cannot be reached must not matter.
    fetch: (url, init) => {
      if (AbortSignal.timeout) assert.ok(init.signal instanceof AbortSignal, 'it ends');
      if (url.endsWith('?of=a-page')) fetched.push(init.cache);
      else scripts.push(url);
      return Promise.reject(new Error('offline'));
    },
  };
  const before = Object.getOwnPropertyDescriptors(globalThis);
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true });
  t.after(() => {
    for (const name of Object.keys(globals)) delete globalThis[name];
    for (const name of Object.keys(globals)) if (before[name]) Object.defineProperty(globalThis, name, before[name]);
  });
  await import('../../main/webapp/partyline/main-and-worker.js?of=a-page');
  const connect = async () => {
    const port = new FakePort();
    await listeners.get('connect')({ ports: [port.port] });
    return port;
  };

  const [first] = (await connect()).plain;
  assert.equal(first.type, 'WSState');
  assert.equal(typeof first.worker, 'string', 'a worker of tabs, not of plain pages');
  t.mock.timers.tick(59_999);
  assert.deepEqual(fetched, [], 'not beside the first reply');
  t.mock.timers.tick(1);
  assert.deepEqual(fetched, ['no-cache'], 'the worker may have started from an old file');
  assert.equal(scripts.length, 1, 'the file without the query of the page, from which workers start');
  assert.match(scripts[0], /main-and-worker\.js$/);

  await connect();
  await connect();
  assert.equal(fetched.length, 2);
  t.mock.timers.tick(60_000);
  assert.equal(fetched.length, 2, 'not without tabs that come');
  await connect();
  assert.equal(fetched.length, 3);

  // Browsers of the syntax that the build is for, such as Chrome 94 to 102, do not have it.
  const { timeout } = AbortSignal;
  t.after(() => (AbortSignal.timeout = timeout));
  AbortSignal.timeout = undefined;
  t.mock.timers.tick(60_000);
  await connect();
  assert.equal(fetched.length, 4);
});
