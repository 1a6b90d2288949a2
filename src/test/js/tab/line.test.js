import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../main/webapp/partyline/shared/errors.js';
import { publicNameOf, tabIdOf } from '../../../main/webapp/partyline/shared/ids.js';
import { Line } from '../../../main/webapp/partyline/tab/line.js';
import { FakeClock, settled } from '../fakes.js';

/** A line whose worker is the test. */
async function start({ welcome = true, ...options } = {}) {
  const clock = new FakeClock();
  const workers = [];
  const line = new Line({
    url: 'ws://host/line',
    clock,
    ...options,
    workerConnection: {
      name: 'P',
      locks: undefined,
      newDirect: async () => assert.fail('no direct line here'),
      newWorker: () => {
        const worker = { frames: [] };
        worker.port = { onmessage: null, postMessage: (frame) => worker.frames.push(structuredClone(frame)), close() {} };
        worker.post = (...frames) => worker.port.onmessage?.({ data: frames });
        worker.take = (type) => {
          const taken = worker.frames.filter((frame) => frame.type === type);
          worker.frames = worker.frames.filter((frame) => frame.type !== type);
          return taken;
        };
        workers.push(worker);
        return worker;
      },
    },
  });
  await settled();
  if (welcome) {
    workers[0].post({ type: '$attached', worker: 'W' }, { type: '$session', line: 'L', key: 'K', inbox: 0 });
    workers[0].post({ type: '$status', status: { state: 'open', mode: 'shared', tabs: 1 } });
  }
  return { clock, line, workers, worker: workers[0] };
}

/** What a promise came to, or `pending`. */
async function outcome(promise) {
  const pending = Symbol('pending');
  await settled();
  try {
    const value = await Promise.race([promise, settled().then(() => pending)]);
    return value === pending ? 'pending' : value;
  } catch (error) {
    return error.code ?? error;
  }
}

test('a request is answered with its value', async () => {
  const { line, worker } = await start();
  const reply = line.request('echo', { a: 1 });
  const [frame] = worker.take('$send');
  assert.deepEqual([frame.name, frame.value], ['echo', '{"a":1}']);
  worker.post({ re: frame.n, value: { b: 2 } });
  assert.deepEqual(await reply, { b: 2 });
});

test('a request that fails rejects with the server’s code', async () => {
  const { line, worker } = await start();
  const reply = line.request('echo');
  worker.post({ re: worker.take('$send')[0].n, error: { code: 'overloaded', message: 'later', retryable: true } });
  await assert.rejects(reply, (error) => error instanceof LineError && error.code === 'overloaded' && error.retryable);
});

test('a request that is not answered times out and is cancelled in the worker', async () => {
  const { clock, line, worker } = await start();
  const reply = line.request('never', undefined, { timeout: 500 });
  const settledAs = outcome(reply);
  await clock.pass(500);
  assert.equal(await outcome(reply), 'timeout');
  assert.equal(worker.take('$cancel').length, 1);
  await settledAs;
});

test('a request that timed out may be sent again only if it was never posted', async () => {
  const { clock, line } = await start();
  const posted = line.request('never', undefined, { timeout: 500 });
  const told = assert.rejects(posted, (error) => error instanceof LineError && error.code === 'timeout' && !error.retryable);
  await clock.pass(500);
  await told;
});

test('a worker that does not accept a request is probed, and replaced before the request times out', async () => {
  const { clock, line, workers, worker } = await start();
  const answered = line.request('fine');
  worker.post({ type: '$accepted', n: worker.take('$send')[0].n, id: 1 });
  await clock.pass(2_000);
  assert.deepEqual(worker.take('$probe'), []);
  const reply = line.request('lost');
  const [{ n }] = worker.take('$send');
  await clock.pass(2_000);
  assert.equal(worker.take('$probe').length, 1);
  await clock.pass(5_000);
  workers[1].post({ type: '$attached', worker: 'W2' }, { re: n, value: 'at last' });
  assert.equal(await reply, 'at last');
  line.close();
  assert.equal(await outcome(answered), 'closed');
});

test('an aborted request rejects with its signal’s reason', async () => {
  const { line, worker } = await start();
  const abort = new AbortController();
  const reply = line.request('slow', undefined, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(reply, /enough/);
  assert.equal(worker.take('$cancel').length, 1);
  await assert.rejects(line.request('x', undefined, { signal: abort.signal }), /enough/);
});

test('a request is one post to the worker', async () => {
  const { line, worker } = await start();
  const posts = worker.frames.length;
  const reply = outcome(line.request('echo', 1));
  await settled();
  assert.equal(worker.frames.length, posts + 1);
  line.close();
  await reply;
});

test('a message that the server would reject fails in its tab, and costs the worker nothing', async () => {
  const { line, worker } = await start();
  worker.post({ type: '$session', line: 'L', key: 'K', inbox: 0, resumed: true, limits: { message: 200, depth: 3, name: 8 } });
  assert.equal(await outcome(line.request('big', 'x'.repeat(200))), 'too_large');
  assert.equal(await outcome(line.send('deep', [[[]]])), 'bad_value');
  assert.equal(await outcome(line.publish('ninechars', 1)), 'bad_value');
  assert.deepEqual([worker.take('$send'), worker.take('$publish')], [[], []]);
  assert.equal(await outcome(line.send('big', 'x'.repeat(200), { drop: true })), undefined);
  assert.equal(worker.take('$send').length, 1, 'a message that may be dropped is dropped by the worker');
  line.close();
  assert.equal(await outcome(line.request('big', 'x'.repeat(200))), 'closed');
});

test('what JSON cannot write fails in the caller', async () => {
  const { line, worker } = await start();
  const circle = {};
  circle.circle = circle;
  for (const value of [circle, 1n, () => {}, Symbol('s'), 'half \ud83d'])
    assert.equal(await outcome(line.send('x', value)), 'bad_value');
  assert.deepEqual(worker.take('$send'), []);
});

test('names that are none are refused with what they should be', async () => {
  const { line } = await start();
  for (const name of ['', '$hello', 'a b', 7]) await assert.rejects(line.send(name), TypeError);
  assert.throws(() => line.join('*'), TypeError);
});

test('an invalid position or timeout is rejected in the tab and affects no other', async () => {
  const { line, worker } = await start();
  for (const since of ['banana', ['a'], ['k3', -5], ['k3', 1.5], [NaN, 1], NaN, 0, {}, ['', 1], ['k3', 1, 2]]) {
    assert.throws(() => line.join('chat', () => {}, { since }), { code: 'bad_value' }, JSON.stringify(since));
  }
  assert.deepEqual(worker.take('$join'), []);
  line.join('chat', () => {}, { since: null });
  assert.equal(worker.take('$join')[0].since, undefined, 'a subscription that received nothing has no position');
  for (const timeout of [NaN, -1, '5', null]) assert.equal(await outcome(line.request('x', 1, { timeout })), 'bad_value');
  assert.deepEqual(worker.take('$send'), []);
});

test('a listener that closes before there is a worker is never joined', async () => {
  const { line, worker } = await start({ welcome: false });
  const joined = line.join('chat', () => {});
  joined.close();
  assert.equal(await outcome(joined.ready), 'closed');
  line.join('news', () => {});
  worker.post({ type: '$attached', worker: 'W' });
  assert.deepEqual(
    worker.take('$join').map(({ topic }) => topic),
    ['news'],
  );
});

test('a tab that is hidden between $attach and $attached posts its visibility then', async () => {
  const { line, worker } = await start({ welcome: false });
  line.setHidden(true);
  worker.post({ type: '$attached', worker: 'W' });
  line.setHidden(false);
  line.setHidden(true);
  assert.deepEqual(
    [worker.take('$attach')[0].hidden, worker.take('$visibility').map(({ state }) => state)],
    [false, ['hidden', 'visible', 'hidden']],
  );
});

test('logging out before the worker has answered reaches it, with a hello before it', async () => {
  const { line, worker } = await start({ welcome: false });
  line.close({ everywhere: true });
  assert.deepEqual(
    worker.frames.slice(-3).map(({ type }) => type),
    ['$attach', '$closeLine', '$detach'],
  );
});

test('closing the line on a prerendered page reaches the worker when the page is shown', async () => {
  let show;
  const { line, workers } = await start({ welcome: false, prerendered: new Promise((resolve) => (show = resolve)) });
  line.close({ everywhere: true });
  assert.equal(workers.length, 0);
  show();
  await settled();
  assert.deepEqual(
    workers[0].frames.map(({ type }) => type),
    ['$attach', '$closeLine', '$detach'],
  );
});

test('a long-lived signal is not burdened with what has ended', async () => {
  const { line, worker } = await start();
  const { signal } = new AbortController();
  let listening = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args) => {
    listening++;
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args) => {
    listening--;
    remove.apply(signal, args);
  };
  line.on('x', () => {}, { signal })();
  line.join('chat', () => {}, { signal }).close();
  const refused = line.join('secret', () => {}, { signal });
  assert.equal(listening, 1);
  for (const { n } of worker.take('$join')) worker.post({ re: n, error: { code: 'forbidden', message: 'no' } });
  assert.equal(await outcome(refused.ready), 'forbidden');
  await line.ready({ signal });
  assert.equal(listening, 0);
});

test('what is sent before there is a worker waits, up to a bound', async () => {
  const { line, worker } = await start({ welcome: false });
  const sends = Array.from({ length: 257 }, (_, n) => line.send('x', n).catch(({ code }) => code));
  assert.equal(await outcome(sends[256]), 'queue_full');
  assert.deepEqual(worker.take('$send'), []);
  worker.post({ type: '$attached', worker: 'W' });
  assert.deepEqual(
    worker.take('$send').map(({ value }) => Number(value)),
    Array.from({ length: 256 }, (_, n) => n),
  );
});

test('what may be dropped resolves at once and is not kept', async () => {
  const { line, worker } = await start({ welcome: false });
  assert.equal(await outcome(line.send('typing', 1, { drop: true })), undefined);
  worker.post({ type: '$attached', worker: 'W' });
  assert.deepEqual(worker.take('$send'), []);
});

test('messages are emitted by their type, broadcasts as well, and all of them to *', async () => {
  const { line, worker } = await start();
  const received = [];
  line.on('price', (value, message) => received.push(['price', value, message.from]));
  line.on('*', (value, message) => received.push(['*', value, message.broadcast]));
  worker.post(
    { type: 'price', value: 1 },
    { topic: '*', at: ['e', 1], type: 'price', value: 2 },
    { topic: '*', at: ['e', 2], broadcast: 'b' },
  );
  assert.deepEqual(received, [
    ['price', 1, undefined],
    ['*', 1, undefined],
    ['price', 2, undefined],
    ['*', 2, undefined],
    ['*', undefined, 'b'],
  ]);
});

test('a broadcast shows no topic', async () => {
  const { line, worker } = await start();
  line.on('*', (_value, message) => assert.deepEqual(message, { broadcast: 'b' }));
  worker.post({ topic: '*', at: ['e', 1], broadcast: 'b' });
});

test('a message named like an event of ours cannot forge one', async () => {
  const { line, worker } = await start();
  line.on('status', () => assert.fail('forged'));
  worker.post({ type: 'status', value: { state: 'closed' } });
});

test('on returns its undo, and a throwing listener does not affect the others', async () => {
  const reported = [];
  globalThis.reportError = function (error) {
    // As a browser does.
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
    reported.push(error.message);
  };
  const { line, worker } = await start();
  const received = [];
  line.on('x', () => {
    throw new Error('oops');
  });
  const off = line.on('x', (value) => received.push(value));
  worker.post({ type: 'x', value: 1 });
  off();
  worker.post({ type: 'x', value: 2 });
  assert.deepEqual(received, [1]);
  assert.deepEqual(reported, ['oops', 'oops']);
  delete globalThis.reportError;
});

test('an error without a tab is an error event in every tab', async () => {
  const { line, worker } = await start();
  const errors = [];
  line.on('error', ({ code }) => errors.push(code));
  worker.post({ error: { code: 'bad_frame', message: 'm', retryable: false } });
  assert.deepEqual(errors, ['bad_frame']);
});

test('a topic’s messages come to its listeners until they close', async () => {
  const { line, worker } = await start();
  const received = [];
  const joined = line.join('chat', (value) => received.push(value));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 4], gap: false } });
  assert.deepEqual(await joined.ready, { at: ['c', 4], gap: false });
  worker.post({ topic: 'chat', at: ['c', 5], value: 5 }, { topic: 'other', at: ['c', 5], value: 'no' });
  assert.deepEqual(joined.position, ['c', 5]);
  joined.close();
  worker.post({ topic: 'chat', at: ['c', 6], value: 6 });
  assert.deepEqual(received, [5]);
  assert.equal(worker.take('$leave').length, 1);
});

test('a second listener needs no second join, and the topic is left by the last', async () => {
  const { line, worker } = await start();
  const [one, two] = [line.join('chat', () => {}), line.join('chat', () => {})];
  for (const { n } of worker.take('$join')) worker.post({ re: n, value: { at: ['c', 4], gap: false } });
  await settled();
  const three = line.join('chat', () => {});
  assert.deepEqual(worker.take('$join'), []);
  assert.deepEqual(await three.ready, { at: ['c', 4], gap: false });
  one.close();
  three.close();
  assert.deepEqual(worker.take('$leave'), []);
  two.close();
  assert.equal(worker.take('$leave').length, 1);
});

test('a listener that asked for older messages gets those first', async () => {
  const { line, worker } = await start();
  line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 2], gap: false } });
  const received = [];
  line.join('chat', (value) => received.push(value), { since: ['c', 0] });
  const [{ n }] = worker.take('$join');
  const replay = [1, 2, 3].map((offset) => ({ topic: 'chat', at: ['c', offset], value: offset }));
  worker.post(replay[2], { re: n, value: { at: ['c', 0], gap: false, replay } }, { topic: 'chat', at: ['c', 4], value: 4 });
  await settled();
  assert.deepEqual(received, [1, 2, 3, 4]);
});

test('messages that come with the reply to a join advance the position in the topic', async () => {
  const { line, worker, workers } = await start();
  const joined = line.join('chat', () => {}, { since: 'start' });
  const replay = [1, 2].map((offset) => ({ topic: 'chat', at: ['c', offset], value: offset }));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 0], gap: false, replay } });
  await settled();
  assert.deepEqual(joined.position, ['c', 2]);
  line.suspend();
  line.resume();
  await settled();
  assert.deepEqual(workers[1].take('$attach')[0].topics, { chat: ['c', 2] });
});

test('older messages that are refused to one listener are not the end of another', async () => {
  const { line, worker } = await start();
  const received = [];
  line.join('chat', (value) => received.push(value));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 2], gap: false } });
  const second = line.join('chat', () => {}, { since: ['c', 0] });
  worker.post({ re: worker.take('$join')[0].n, error: { code: 'rate_limited', message: 'later' } });
  assert.equal(await outcome(second.ready), 'rate_limited');
  worker.post({ topic: 'chat', at: ['c', 3], value: 3 });
  assert.deepEqual(received, [3]);
});

test('a message that a listener has had is not delivered to it again', async () => {
  const { line, worker } = await start();
  const received = [];
  line.join('chat', (value) => received.push(value));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 2], gap: false } });
  for (const at of [2, 3, 4, 3, 4, 5]) worker.post({ topic: 'chat', at: ['c', at], value: at });
  worker.post({ topic: 'chat', at: ['d', 1], value: 'next epoch' });
  assert.deepEqual(received, [3, 4, 5, 'next epoch']);
});

test('a listener that begins ahead of the others does not move the position at which the tab attaches again', async () => {
  const { line, workers, worker } = await start();
  line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 2], gap: false } });
  line.join('chat', () => {}, { since: ['c', 5] });
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 5], gap: false, replay: [] } });
  line.suspend();
  line.resume();
  await settled();
  assert.deepEqual(workers[1].take('$attach')[0].topics, { chat: ['c', 2] });
});

test('the tab attaches again at the position of the listener that has received least', async () => {
  const { line, workers, worker } = await start();
  const first = [];
  const second = [];
  line.join('chat', (value) => first.push(value));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 5], gap: false } });
  line.join('chat', (value) => second.push(value), { since: ['c', 0] });
  // The worker's log ends before what the tab has received.
  const replay = [{ topic: 'chat', at: ['c', 1], value: 1 }];
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 0], gap: false, replay } });
  line.suspend();
  line.resume();
  await settled();
  assert.deepEqual(workers[1].take('$attach')[0].topics, { chat: ['c', 1] });
  workers[1].post({ type: '$attached', worker: 'W2' });
  for (const at of [2, 3, 4, 5, 6]) workers[1].post({ topic: 'chat', at: ['c', at], value: at });
  assert.deepEqual(first, [6]);
  assert.deepEqual(second, [1, 2, 3, 4, 5, 6]);
});

test('what is lost for all listeners is not asked for again', async () => {
  const { line, workers, worker } = await start();
  const one = line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 5], gap: false } });
  line.join('chat', () => {}, { since: ['c', 0] });
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 0], gap: false, replay: [] } });
  worker.post({ type: '$gap', topic: 'chat', at: ['c', 9] });
  assert.deepEqual(one.position, ['c', 9]);
  line.suspend();
  line.resume();
  await settled();
  assert.deepEqual(workers[1].take('$attach')[0].topics, { chat: ['c', 9] });
});

test('a topic that is refused ends for all its listeners, and is one error', async () => {
  const { line, worker } = await start();
  const errors = [];
  line.on('error', ({ code }) => errors.push(code));
  const first = line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 2], gap: false } });
  const second = line.join('chat', () => {}, { since: ['c', 0] });
  const error = { code: 'overloaded', message: 'later' };
  worker.post({ re: worker.take('$join')[0].n, error }, { type: '$joinFailed', topic: 'chat', error });
  assert.equal(await outcome(second.ready), 'overloaded');
  assert.deepEqual(errors, ['overloaded']);
  const third = line.join('chat', () => {});
  assert.equal(worker.take('$join').length, 1, 'nothing is joined');
  first.close();
  third.close();
});

test('a question is answered once, as a request, and no listener hears it', async () => {
  const { line, worker, workers } = await start();
  const heard = [];
  let runs = 0;
  line.on('*', (_, message) => heard.push(message));
  line.on('confirm', (_, message) => heard.push(message));
  line.answer('confirm', ({ text }, { id }) => {
    runs++;
    return { text, id };
  });
  const question = { type: 'confirm', from: line.id, id: 1_234, value: { text: 'sure?' }, $inbox: 1 };
  worker.post(question);
  await settled();
  const [answer] = worker.take('$answer');
  assert.deepEqual([answer.re, answer.value, answer.error], [1_234, '{"text":"sure?","id":1234}', undefined]);

  worker.post(question);
  await settled();
  assert.deepEqual(worker.take('$answer'), [], 'a worker that resumed the line delivers it again');
  assert.equal(runs, 1);
  assert.deepEqual(heard, []);

  line.suspend();
  line.resume();
  await settled();
  assert.deepEqual(
    workers[1].take('$attach')[0].requests.map(({ frame }) => [frame.type, frame.re]),
    [['$answer', 1_234]],
    'the next worker gets an answer that nobody has confirmed',
  );
});

test('an answer that cannot be sent, or is none, is an error', async () => {
  const { line, worker } = await start();
  line.answer('map', () => new Map());
  const ask = async (type, id) => {
    worker.post({ type, from: line.id, id, $inbox: id });
    await settled();
    return JSON.parse(worker.take('$answer')[0].error).code;
  };
  assert.equal(await ask('map', 1), 'bad_value');
  assert.equal(await ask('unknown', 2), 'unknown_type');
  assert.throws(() => line.answer('no type', () => 1), TypeError);
});

test('an answer is removed by its undo or its signal', async () => {
  const { line, worker } = await start();
  const stop = new AbortController();
  line.answer('a', () => 1, { signal: stop.signal });
  const remove = line.answer('b', () => 1);
  stop.abort();
  remove();
  worker.post({ type: 'a', from: line.id, id: 1, $inbox: 1 }, { type: 'b', from: line.id, id: 2, $inbox: 2 });
  await settled();
  assert.deepEqual(
    worker.take('$answer').map(({ error }) => JSON.parse(error).code),
    ['unknown_type', 'unknown_type'],
  );
});

test('a subscription tells how it has ended', async () => {
  const { line, worker } = await start();
  const errors = [];
  line.on('error', ({ code, message }) => errors.push([code, message]));
  const subscription = line.join('chat', () => {});
  const loop = (async () => {
    for await (const _ of line.join('chat'));
  })();
  for (const { n } of worker.take('$join')) worker.post({ re: n, value: { at: ['c', 2], gap: false } });
  assert.equal(await outcome(subscription.closed), 'pending');
  worker.post({ type: '$joinFailed', topic: 'chat', error: { code: 'removed', message: 'the meeting is over' } });
  assert.equal((await subscription.closed).code, 'removed');
  assert.equal(await outcome(loop), 'removed');
  assert.deepEqual(errors, [['removed', 'the meeting is over']]);

  const another = line.join('chat', () => {});
  another.close();
  assert.equal(await another.closed, undefined);
  const last = line.join('chat', () => {});
  worker.post({ type: '$status', status: { state: 'closed', code: 4600, reason: 'you are banned', mode: 'shared', tabs: 1 } });
  assert.equal((await last.closed).code, 'closed');
  assert.deepEqual([line.status.code, line.status.reason], [4600, 'you are banned']);
});

test('for await brings the messages, and leaving the loop leaves the topic', async () => {
  const { line, worker } = await start();
  const received = [];
  const loop = (async () => {
    for await (const { value } of line.join('chat')) {
      received.push(value);
      if (received.length === 2) break;
    }
  })();
  await settled();
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 0], gap: false } });
  await settled();
  worker.post({ topic: 'chat', at: ['c', 1], value: 1 }, { topic: 'chat', at: ['c', 2], value: 2 });
  await loop;
  assert.deepEqual(received, [1, 2]);
  assert.equal(worker.take('$leave').length, 1);
});

const chat = (n) => ({ topic: 'chat', at: ['c', n], value: n });
const messages = (from, count) => Array.from({ length: count }, (_, i) => chat(from + i));

/** A loop over a topic that reads as far as the test lets it, and notes messages and gaps as they come. */
async function loopOver(line, worker, options, replay) {
  const seen = [];
  let next = () => {};
  line.on('gap', ({ topic, at }) => seen.push(`gap ${topic} ${at[1]}`));
  const joined = line.join('chat', options);
  const end = (async () => {
    for await (const { value } of joined) {
      seen.push(value);
      await new Promise((resolve) => (next = resolve));
    }
  })();
  await settled();
  const at = replay ? replay[0].at[1] - 1 : 0;
  worker.post({ re: worker.take('$join').at(-1).n, value: { at: ['c', at], gap: false, replay } });
  const read = async (count = Infinity) => {
    for (let i = 0; i < count; i++) {
      const before = seen.length;
      next();
      await settled();
      if (seen.length === before) break;
    }
    return seen.splice(0);
  };
  const close = () => {
    joined.close();
    next();
    return end;
  };
  return { read, close };
}

test('a loop gets a whole history, and all that arrives at once, however much it is', async () => {
  const { line, worker } = await start();
  line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 3_000], gap: false } });
  const loop = await loopOver(line, worker, { since: 'start' }, messages(1, 3_000));
  const values = (from, count) => messages(from, count).map(({ value }) => value);
  worker.post(...messages(3_001, 500));
  worker.post(...messages(3_501, 500));
  assert.deepEqual(await loop.read(), values(1, 4_000));
  worker.post(...messages(4_001, 5_000));
  assert.deepEqual(await loop.read(), values(4_001, 5_000));
  await loop.close();
});

test('a loop that is too slow loses the oldest new messages, and hears of one gap in their place', async () => {
  const { line, worker } = await start();
  const loop = await loopOver(line, worker, { buffer: 2 }, messages(1, 3));
  for (let n = 4; n <= 9; n++) worker.post(chat(n));
  await settled();
  // 1 is read; 2 and 3 are the history, and of the others those that came last are left.
  assert.deepEqual(await loop.read(), [1, 2, 3, 'gap chat 6', 7, 8, 9]);
  worker.post(chat(10));
  assert.deepEqual(await loop.read(), [10]);
  await loop.close();
});

test('a buffer that is none is refused', async () => {
  const { line } = await start();
  for (const buffer of [0, -1, Number.NaN, '5', null])
    assert.throws(() => line.join('chat', { buffer }), { code: 'bad_value', message: /^buffer must be/ });
});

test('two loops on one subscription: the second is refused, and closing ends the first', async () => {
  const { line, worker } = await start();
  const joined = line.join('chat');
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 0], gap: false } });
  const read = async () => {
    for await (const _ of joined);
    return 'ended';
  };
  const [first, second] = [read(), read()];
  assert.ok((await outcome(second)) instanceof TypeError);
  assert.equal(await outcome(first), 'pending');
  joined.close();
  assert.equal(await outcome(first), 'ended');
});

test('a rejected join rejects, and is an error event', async () => {
  const { line, worker } = await start();
  const errors = [];
  line.on('error', ({ code }) => errors.push(code));
  const joined = line.join('secret', () => {});
  worker.post({ re: worker.take('$join')[0].n, error: { code: 'forbidden', message: 'no' } });
  assert.equal(await outcome(joined.ready), 'forbidden');
  assert.deepEqual(errors, ['forbidden']);
});

test('a gap event names its topic', async () => {
  const { line, worker } = await start();
  const gaps = [];
  line.on('gap', (gap) => gaps.push(gap));
  worker.post({ type: '$gap', topic: 'chat', at: ['c', 9] });
  assert.deepEqual(gaps, [{ topic: 'chat', at: ['c', 9] }]);
});

test('a new worker gets the session, the topics with their positions, and the requests with their ids', async () => {
  const { clock, line, workers, worker } = await start();
  line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 4], gap: false } });
  await settled();
  worker.post({ topic: 'chat', at: ['c', 5], value: 5 }, { topic: '*', at: ['e', 2], broadcast: 'b' }, { type: 'x', $inbox: 3 });
  const reply = line.request('slow');
  const [{ n }] = worker.take('$send');
  worker.post({ type: '$accepted', n, id: 17 });
  line.wake();
  await clock.pass(5_000);
  const [hello] = workers[1].take('$attach');
  assert.deepEqual(hello.topics, { chat: ['c', 5], '*': ['e', 2] });
  assert.deepEqual(hello.session, { line: 'L', key: 'K', inbox: 3 });
  assert.deepEqual(
    hello.requests.map((claim) => [claim.n, claim.id, claim.frame.name]),
    [[n, 17, 'slow']],
  );
  assert.equal(hello.worker, 'W');
  workers[1].post({ type: '$attached', worker: 'W2' }, { re: n, value: 'at last' });
  assert.equal(await reply, 'at last');
});

test('what a new worker delivers a second time is emitted once', async () => {
  const { line, worker } = await start();
  const received = [];
  line.on('x', (value) => received.push(value));
  worker.post({ type: 'x', value: 1, $inbox: 1 }, { type: 'x', value: 2, $inbox: 2 });
  worker.post(
    { type: '$session', line: 'L', key: 'K', inbox: 0 },
    { type: 'x', value: 2, $inbox: 2 },
    { type: 'x', value: 3, $inbox: 3 },
  );
  worker.post({ type: '$session', line: 'other', key: 'K', inbox: 0 }, { type: 'x', value: 4, $inbox: 1 });
  assert.deepEqual(received, [1, 2, 3, 4]);
});

test('closed for good: what waits fails, what is asked later fails at once, ready rejects', async () => {
  const { line, worker } = await start();
  const reply = line.request('slow');
  const joined = line.join('chat', () => {});
  worker.post({ type: '$status', status: { state: 'closed', code: 4501, reason: 'not authenticated', tabs: 1 } });
  for (const promise of [reply, joined.ready, line.send('x'), line.ready()]) assert.equal(await outcome(promise), 'closed');
});

test('ready resolves when the line opens', async () => {
  const { line, worker } = await start({ welcome: false });
  const ready = line.ready();
  assert.equal(await outcome(ready), 'pending');
  worker.post({ type: '$attached', worker: 'W' }, { type: '$status', status: { state: 'open', tabs: 3 } });
  assert.equal((await ready).tabs, 3);
});

test('closing settles everything, detaches, and is one status event', async () => {
  let ended = 0;
  const { line, worker } = await start({ onClosed: () => ended++ });
  const states = [];
  line.on('status', ({ state }) => states.push(state));
  const reply = line.request('slow');
  line.close();
  line.close();
  assert.equal(await outcome(reply), 'closed');
  assert.deepEqual([ended, states], [1, ['closed']]);
  assert.equal(worker.take('$detach').length, 1);
});

test('a token request is answered; 401 means unauthenticated', async () => {
  const { worker } = await start({ token: async ({ reason }) => `T ${reason}` });
  worker.post({ type: '$tokenRequest', n: 1, reason: 'expired' });
  await settled();
  assert.deepEqual(worker.take('$tokenReply'), [{ type: '$tokenReply', n: 1, token: 'T expired' }]);
  const refused = await start({ token: () => Promise.reject(Object.assign(new Error('no'), { status: 401 })) });
  refused.worker.post({ type: '$tokenRequest', n: 2, reason: 'connect' });
  await settled();
  assert.equal(refused.worker.take('$tokenReply')[0].error.code, 'unauthenticated');
  // A response that was thrown, and a value of the application's own.
  for (const value of [new Response(null, { status: 401 }), { status: 403 }]) {
    const { worker: other } = await start({ token: () => Promise.reject(value) });
    other.post({ type: '$tokenRequest', n: 3, reason: 'login' });
    await settled();
    assert.deepEqual(other.take('$tokenReply')[0].error, {
      code: 'unauthenticated',
      message: `status ${value.status}`,
      retryable: false,
    });
  }
});

test('an invalid token means unauthenticated', async () => {
  for (const token of [null, '', 42, 'x'.repeat(16_385), '\ud800', () => undefined, async () => ({})]) {
    const { worker } = await start({ token });
    worker.post({ type: '$tokenRequest', n: 1, reason: 'connect' });
    await settled();
    assert.equal(worker.take('$tokenReply')[0].error?.code, 'unauthenticated', String(token).slice(0, 20));
  }
});

test('a closed line stays closed in this tab, even if another tab opens a new one', async () => {
  let ended = 0;
  const { line, worker } = await start({ onClosed: () => ended++ });
  worker.post({ type: '$status', status: { state: 'closed', code: 4501, tabs: 1 } });
  worker.post({ type: '$status', status: { state: 'open', tabs: 2 } });
  assert.deepEqual([line.status.state, line.status.code, ended], ['closed', 4501, 1]);
  assert.equal(worker.take('$detach').length, 1);
});

test('what this tab published is from its id, and what others published from names that are none', async () => {
  const { line, worker } = await start();
  const froms = [];
  line.join('chat', (_value, { from }) => froms.push(from));
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 1], gap: false } });
  await settled();
  for (const [offset, from] of [
    [2, publicNameOf(line.id)],
    [3, '~another'],
    [4, undefined],
  ])
    worker.post({ topic: 'chat', at: ['c', offset], from, value: 1 });
  assert.deepEqual(froms, [line.id, '~another', undefined]);
});

test('the id of a tab belongs to its secret, which the worker alone is told', async () => {
  const { line, worker } = await start();
  const [{ tab, secret }] = worker.take('$attach');
  assert.equal(tab, line.id);
  assert.equal(tabIdOf(secret), line.id);
  line.send('hi', 1);
  assert.ok(!JSON.stringify(worker.frames).includes(secret));
});

test('a suspended page detaches, and attaches again with the same id and positions', async () => {
  const { line, workers, worker } = await start();
  line.join('chat', () => {});
  worker.post({ re: worker.take('$join')[0].n, value: { at: ['c', 4], gap: false } });
  await settled();
  assert.deepEqual(line.session, { line: 'L', key: 'K', inbox: 0 });
  line.suspend();
  assert.equal(worker.take('$detach').length, 1);
  line.resume();
  await settled();
  const [hello] = workers[1].take('$attach');
  assert.deepEqual([hello.tab, hello.topics], [line.id, { chat: ['c', 4] }]);
});

test('$sync is answered', async () => {
  const { worker } = await start();
  worker.post({ type: '$sync', n: 4 });
  assert.deepEqual(worker.take('$synced'), [{ type: '$synced', n: 4 }]);
});

test('a tab that disconnects within a batch gets the rest of it, and no frame reconnects it', async () => {
  const { clock, line, worker, workers } = await start();
  const received = [];
  line.on('*', (value) => {
    received.push(value);
    line.close();
  });
  worker.post({ type: 'm', value: 1 }, { type: 'm', value: 2 }, { type: '$attached', worker: 'W' }, { type: '$starting' });
  await clock.pass(60_000);
  assert.deepEqual(received, [1, 2]);
  assert.equal(workers.length, 1);
});

test('the upgrade event comes when the browser has the newest files, or cannot have them', async () => {
  for (const isReachable of [true, false]) {
    let settle;
    const refreshFiles = () => new Promise((resolve, reject) => (settle = isReachable ? resolve : reject));
    const { line, worker } = await start({ refreshFiles });
    let upgrades = 0;
    line.on('upgrade', () => upgrades++);
    worker.post({ type: '$upgrade', version: '2' });
    assert.equal(upgrades, 0);
    settle(new Error('offline'));
    await settled();
    assert.equal(upgrades, 1);
  }
});

test('a tab whose line is closed for its version gets an upgrade event', async () => {
  const { line, worker } = await start();
  const upgrades = [];
  line.on('upgrade', (upgrade) => upgrades.push(upgrade));
  worker.post({ type: '$status', status: { state: 'closed', code: 4503, tabs: 1 } }, { type: '$upgrade', version: '2' });
  assert.deepEqual(upgrades, [{ version: '2' }]);
});
