import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerConnection } from '../../../main/webapp/partyline/tab/worker-connection.js';
import { FakeClock, FakeLocks, settled } from '../fakes.js';

/** A browser whose workers behave as a test wants: each worker keeps what was posted to it, and the test answers. */
function start({ throws = false, directFails = 0, locks = new FakeLocks(), direct = false } = {}) {
  const clock = new FakeClock();
  const workers = [];
  const seen = { frames: [], attached: 0, lost: 0 };
  const makeWorker = (name) => {
    const worker = { name, frames: [], closed: false, onerror: null };
    worker.port = {
      onmessage: null,
      postMessage: (frame) => worker.frames.push(frame),
      close: () => (worker.closed = true),
    };
    worker.post = (data) => worker.port.onmessage?.({ data });
    worker.attached = (instance = name) => worker.post([{ type: '$attached', worker: instance, lock: `worker ${instance}` }]);
    worker.take = (type) => worker.frames.filter((frame) => frame.type === type);
    workers.push(worker);
    return worker;
  };
  const connection = new WorkerConnection(
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
      onBatch: () => {},
      onFrame: (frame) => seen.frames.push(frame),
      onAttached: () => seen.attached++,
      onLost: () => seen.lost++,
    },
  );
  connection.connect();
  return { clock, workers, seen, connection, locks };
}

test('the tab holds its lock before it attaches', async () => {
  const { workers, locks } = start();
  await settled();
  const [hello] = workers[0].take('$attach');
  assert.ok(hello.lock && locks.held(hello.lock));
});

test('nothing is posted before $attached', async () => {
  const { workers, connection, seen } = start();
  await settled();
  assert.equal(connection.post({ type: '$send' }), false);
  workers[0].attached();
  assert.equal(seen.attached, 1);
  assert.equal(connection.post({ type: '$send' }), true);
});

test('a worker that does not answer in 3 s is tried under another name, then the mode is direct, with the reason', async () => {
  const { clock, workers, connection } = start();
  await clock.pass(3_000);
  assert.deepEqual(
    workers.map(({ name }) => name),
    ['P', 'P again'],
  );
  assert.equal(workers[0].closed, true);
  await clock.pass(3_000);
  assert.equal(connection.mode, 'direct');
  assert.match(connection.reason ?? '', /does not answer/);
  assert.equal(workers[2].take('$attach').length, 1);
  assert.equal(workers[2].take('$attach')[0].lock, undefined);
});

test('a worker that posts $starting is given more time', async () => {
  const { clock, workers, seen } = start();
  await settled();
  workers[0].post([{ type: '$starting' }]);
  await clock.pass(10_000);
  workers[0].attached();
  assert.deepEqual([workers.length, seen.attached], [1, 1]);
});

test('a browser that has no workers gives a direct line at once', async () => {
  const { workers, connection } = start({ throws: true });
  await settled();
  assert.equal(connection.mode, 'direct');
  assert.match(connection.reason ?? '', /no workers here/);
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
  const { workers, connection } = start();
  await settled();
  workers[0].onerror({ preventDefault() {} });
  await settled();
  workers[1].onerror({ preventDefault() {} });
  await settled();
  assert.equal(connection.mode, 'direct');
  assert.match(connection.reason ?? '', /could not be loaded/);
});

test('a worker that posts $startFailed is not waited for', async () => {
  const { workers, connection } = start();
  await settled();
  for (const round of [0, 1]) {
    workers[round].post([{ type: '$startFailed', reason: 'SyntaxError' }]);
    await settled();
  }
  assert.equal(connection.mode, 'direct');
  assert.equal(connection.reason, 'SyntaxError');
});

test('a worker that dies frees its lock, and is replaced', async () => {
  const { workers, seen, locks } = start();
  await settled();
  locks.request('worker P', () => new Promise(() => {}));
  workers[0].attached('P');
  await settled();
  locks.free('worker P');
  await settled();
  assert.equal(seen.lost, 1);
  assert.equal(workers.length, 2);
  assert.equal(workers[1].take('$attach')[0].worker, 'P', 'the successor hears whom it follows');
});

test('a worker that was restarted behind the port gets $attach again', async () => {
  const { workers, seen } = start();
  await settled();
  workers[0].attached('first');
  workers[0].post({ type: 'WSState', state: 0, worker: 'second' });
  assert.equal(seen.lost, 1);
  assert.equal(workers[0].take('$attach').length, 2);
  workers[0].attached('second');
  assert.equal(seen.attached, 2);
});

test('a tab that was removed attaches again, once, even if it is asked twice', async () => {
  const { workers } = start();
  await settled();
  workers[0].attached();
  workers[0].post([{ type: '$reattach' }]);
  workers[0].post([{ type: '$reattach' }]);
  assert.equal(workers[0].take('$attach').length, 2);
});

test('a worker of protocol 1 causes an upgrade event, and another one is started', async () => {
  const { clock, workers, seen } = start();
  await settled();
  workers[0].post([{ type: '$who', worker: 'old' }]);
  assert.deepEqual(seen.frames, [{ type: '$upgrade', version: '0.1.0' }]);
  await clock.pass(3_000);
  assert.equal(workers.length, 2);
});

test('a worker whose lock is free but that answers is replaced once', async () => {
  const { clock, workers } = start();
  await settled();
  workers[0].attached();
  await settled();
  workers[1].attached('P');
  await settled();
  await clock.pass(10_000);
  assert.equal(workers.length, 2);
});

test('a worker that answers no probe in 5 s is replaced, one that does is kept', async () => {
  const { clock, workers, connection, locks } = start();
  await settled();
  locks.request('worker P', () => new Promise(() => {}));
  workers[0].attached();
  connection.probe();
  workers[0].post([{ re: 0 }]);
  await clock.pass(10_000);
  assert.equal(workers.length, 1);
  connection.probe();
  await clock.pass(5_000);
  assert.equal(workers.length, 2);
});

test('without locks a silent worker is found out', async () => {
  const { clock, workers } = start({ locks: null });
  await settled();
  workers[0].attached();
  await clock.pass(14_000);
  workers[0].post([{ type: '$ping' }]);
  assert.equal(workers[0].take('$pong').length, 1);
  await clock.pass(20_000);
  assert.equal(workers.length, 1);
  await clock.pass(2_000);
  assert.equal(workers.length, 2);
});

test('disconnecting posts $detach and releases the lock, and the worker closes the port', async () => {
  const { workers, connection, locks } = start();
  await settled();
  const [{ lock }] = workers[0].take('$attach');
  workers[0].attached();
  connection.disconnect();
  await settled();
  assert.equal(workers[0].take('$detach').length, 1);
  assert.equal(workers[0].closed, false);
  assert.equal(workers[0].port.onmessage, null);
  assert.equal(locks.held(lock), false);
});

test('frames of an abandoned worker are ignored', async () => {
  const { clock, workers, seen } = start();
  await settled();
  const late = workers[0].port.onmessage;
  await clock.pass(3_000);
  late({ data: [{ type: '$attached', worker: 'late' }] });
  assert.equal(seen.attached, 0);
});
