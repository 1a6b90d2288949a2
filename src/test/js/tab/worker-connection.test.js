import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerConnection } from '../../../main/webapp/partyline/tab/worker-connection.js';
import { FakeClock, FakeLocks, settled } from '../fakes.js';

/** A browser whose workers behave as a test says: each worker is a list of what was said to it, and answers by hand. */
function start({ throws = false, directFails = 0, locks = new FakeLocks(), direct = false } = {}) {
  const clock = new FakeClock();
  const workers = [];
  const told = { heard: [], welcomed: 0, lost: 0 };
  const makeWorker = (name) => {
    const worker = { name, said: [], closed: false, onerror: null };
    worker.port = {
      onmessage: null,
      postMessage: (frame) => worker.said.push(frame),
      close: () => (worker.closed = true),
    };
    worker.say = (data) => worker.port.onmessage?.({ data });
    worker.welcome = (instance = name) => worker.say([{ type: '$attached', worker: instance, lock: `worker ${instance}` }]);
    worker.take = (type) => worker.said.filter((frame) => frame.type === type);
    workers.push(worker);
    return worker;
  };
  const hookup = new WorkerConnection(
    {
      name: 'P',
      direct,
      locks,
      clock,
      newWorker: (name) => {
        if (throws) throw new Error('no workers here');
        return makeWorker(name);
      },
      newDirect: async () => {
        if (directFails-- > 0) throw new TypeError('failed to fetch');
        return makeWorker('direct').port;
      },
    },
    {
      attachFrame: () => ({ type: '$attach', tab: 'a' }),
      onFrame: (frame) => told.heard.push(frame),
      onAttached: () => told.welcomed++,
      onLost: () => told.lost++,
    },
  );
  hookup.connect();
  return { clock, workers, told, hookup, locks };
}

test('the tab holds its lock before the worker hears of it', async () => {
  const { workers, locks } = start();
  await settled();
  const [hello] = workers[0].take('$attach');
  assert.ok(hello.lock && locks.held(hello.lock));
});

test('nothing is said before the welcome', async () => {
  const { workers, hookup, told } = start();
  await settled();
  assert.equal(hookup.post({ type: '$send' }), false);
  workers[0].welcome();
  assert.equal(told.welcomed, 1);
  assert.equal(hookup.post({ type: '$send' }), true);
});

test('a worker that does not answer in 3 s is tried under a fresh name, then the line is direct and says why', async () => {
  const { clock, workers, hookup } = start();
  await clock.pass(3_000);
  assert.deepEqual(
    workers.map(({ name }) => name),
    ['P', 'P again'],
  );
  assert.equal(workers[0].closed, true);
  await clock.pass(3_000);
  assert.equal(hookup.mode, 'direct');
  assert.match(hookup.reason ?? '', /does not answer/);
  assert.equal(workers[2].take('$attach').length, 1);
  assert.equal(workers[2].take('$attach')[0].lock, undefined);
});

test('a worker that says that it is loading is given more time', async () => {
  const { clock, workers, told } = start();
  await settled();
  workers[0].say([{ type: '$starting' }]);
  await clock.pass(10_000);
  workers[0].welcome();
  assert.deepEqual([workers.length, told.welcomed], [1, 1]);
});

test('a browser that has no workers gives a direct line at once', async () => {
  const { workers, hookup } = start({ throws: true });
  await settled();
  assert.equal(hookup.mode, 'direct');
  assert.match(hookup.reason ?? '', /no workers here/);
  assert.equal(workers[0].take('$attach').length, 1);
});

test('modules that cannot be loaded into the page are tried again', async () => {
  const { clock, workers } = start({ direct: true, directFails: 2 });
  await clock.pass(9_999);
  assert.equal(workers.length, 0);
  await clock.pass(1);
  assert.equal(workers[0].take('$attach').length, 1);
});

test('a worker whose file is missing gives a direct line at once', async () => {
  const { workers, hookup } = start();
  await settled();
  workers[0].onerror({ preventDefault() {} });
  await settled();
  workers[1].onerror({ preventDefault() {} });
  await settled();
  assert.equal(hookup.mode, 'direct');
  assert.match(hookup.reason ?? '', /could not be loaded/);
});

test('a worker that could not load its modules says so, and need not be waited for', async () => {
  const { workers, hookup } = start();
  await settled();
  for (const turn of [0, 1]) {
    workers[turn].say([{ type: '$startFailed', reason: 'SyntaxError' }]);
    await settled();
  }
  assert.equal(hookup.mode, 'direct');
  assert.equal(hookup.reason, 'SyntaxError');
});

test('a worker that dies frees its lock, and is replaced', async () => {
  const { workers, told, locks } = start();
  await settled();
  locks.request('worker P', () => new Promise(() => {}));
  workers[0].welcome('P');
  await settled();
  locks.free('worker P');
  await settled();
  assert.equal(told.lost, 1);
  assert.equal(workers.length, 2);
  assert.equal(workers[1].take('$attach')[0].worker, 'P', 'the successor hears whom it follows');
});

test('a worker that was started anew behind our port is greeted again', async () => {
  const { workers, told } = start();
  await settled();
  workers[0].welcome('first');
  workers[0].say({ type: 'WSState', state: 0, worker: 'second' });
  assert.equal(told.lost, 1);
  assert.equal(workers[0].take('$attach').length, 2);
  workers[0].welcome('second');
  assert.equal(told.welcomed, 2);
});

test('a tab that was taken for gone says hello again, once, however often it is asked', async () => {
  const { workers } = start();
  await settled();
  workers[0].welcome();
  workers[0].say([{ type: '$reattach' }]);
  workers[0].say([{ type: '$reattach' }]);
  assert.equal(workers[0].take('$attach').length, 2);
});

test('a worker of protocol 1 is told as an upgrade, and a fresh one is looked for', async () => {
  const { clock, workers, told } = start();
  await settled();
  workers[0].say([{ type: '$who', worker: 'old' }]);
  assert.deepEqual(told.heard, [{ type: '$upgrade', version: '0.1.0' }]);
  await clock.pass(3_000);
  assert.equal(workers.length, 2);
});

test('a worker whose lock is free and that answers all the same is not replaced for ever', async () => {
  const { clock, workers } = start();
  await settled();
  workers[0].welcome();
  await settled();
  workers[1].welcome('P');
  await settled();
  await clock.pass(10_000);
  assert.equal(workers.length, 2);
});

test('a worker that answers no probe in 5 s is replaced, one that does is kept', async () => {
  const { clock, workers, hookup, locks } = start();
  await settled();
  locks.request('worker P', () => new Promise(() => {}));
  workers[0].welcome();
  hookup.probe();
  workers[0].say([{ re: 0 }]);
  await clock.pass(10_000);
  assert.equal(workers.length, 1);
  hookup.probe();
  await clock.pass(5_000);
  assert.equal(workers.length, 2);
});

test('without locks a silent worker is found out', async () => {
  const { clock, workers } = start({ locks: null });
  await settled();
  workers[0].welcome();
  await clock.pass(14_000);
  workers[0].say([{ type: '$ping' }]);
  assert.equal(workers[0].take('$pong').length, 1);
  await clock.pass(20_000);
  assert.equal(workers.length, 1);
  await clock.pass(2_000);
  assert.equal(workers.length, 2);
});

test('leaving says goodbye and frees the lock, and leaves it to the worker to close the port', async () => {
  const { workers, hookup, locks } = start();
  await settled();
  const [{ lock }] = workers[0].take('$attach');
  workers[0].welcome();
  hookup.disconnect();
  await settled();
  assert.equal(workers[0].take('$detach').length, 1);
  assert.equal(workers[0].closed, false);
  assert.equal(workers[0].port.onmessage, null);
  assert.equal(locks.held(lock), false);
});

test('what an abandoned worker says later is nobody’s', async () => {
  const { clock, workers, told } = start();
  await settled();
  const late = workers[0].port.onmessage;
  await clock.pass(3_000);
  late({ data: [{ type: '$attached', worker: 'late' }] });
  assert.equal(told.welcomed, 0);
});
