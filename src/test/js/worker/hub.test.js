import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeClock, FakeLocks, FakeNetwork, FakePort, settled, welcome } from '../fakes.js';

/** A hub with a network, and tabs that a test speaks for. */
function start({ locks = new FakeLocks(), named = true } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const channel = [];
  const hub = new TabHub({
    instance: 'W1',
    mode: 'shared',
    named,
    url: 'ws://host/line',
    lock: 'worker',
    locks,
    channel: { postMessage: (data) => channel.push(structuredClone(data)) },
    WebSocket: network.WebSocket,
    clock,
    random: () => 0,
  });
  const openPort = () => {
    const tab = new FakePort();
    hub.connect(tab.port);
    return tab;
  };
  const tab = async (id, more = {}) => {
    const port = openPort();
    port.post({ type: '$attach', v: 2, tab: id, url: 'ws://host/line', topics: {}, requests: [], ...more });
    await settled();
    return port;
  };
  const open = async (more) => {
    await settled();
    network.last.welcome(more);
    await settled();
  };
  const receive = async (...frames) => {
    network.last.receive(...frames);
    await settled();
  };
  return { clock, network, channel, hub, locks, openPort, tab, open, receive };
}

/** Frees what nothing refers to any more. */
async function collectGarbage() {
  setFlagsFromString('--expose-gc');
  // A WeakRef is kept until the task in which it was made has ended.
  await new Promise((resolve) => setTimeout(resolve));
  runInNewContext('gc')();
}

const join = (topic, n, since) => ({ type: '$join', topic, n, since });
const send = (name, n, value) => ({ type: '$send', name, n, value: JSON.stringify(value) });

test('fifteen tabs are one socket', async () => {
  const { network, tab, open } = start();
  for (let n = 0; n < 15; n++) await tab(`t${n}`);
  await open();
  assert.equal(network.sockets.length, 1);
  assert.equal(network.last.take('$hello')[0].tabs.length, 15);
});

test('the server is told each tab with its secret, and nobody else is', async () => {
  const { network, hub, tab, open } = start();
  await tab('a', { secret: 'of a' });
  await open();
  assert.deepEqual(network.last.take('$hello')[0].secrets, ['of a']);
  await tab('b', { secret: 'of b' });
  assert.deepEqual(network.last.take('$tab'), [{ type: '$tab', from: 'b', secret: 'of b', state: 'open' }]);
  assert.ok(!JSON.stringify(hub.inspect()).includes('of a'));
});

test('tabs that come and go between $hello and $welcome are reported after it, before their messages', async () => {
  const { network, tab, open } = start();
  const a = await tab('a', { secret: 'of a' });
  await settled();
  network.last.open();
  const [hello] = network.last.take('$hello');
  assert.deepEqual(hello.tabs, ['a']);
  const b = await tab('b', { secret: 'of b' });
  a.post({ type: '$detach' });
  b.post(send('echo', 1));
  await open();
  assert.deepEqual(
    network.last.sent.map(({ type, from, state }) => [type, from, state]),
    [
      ['$tab', 'a', 'gone'],
      ['$tab', 'b', 'open'],
      ['echo', 'b', undefined],
    ],
  );
});

test('a tab beyond the limit of the server is reported again when another one has gone', async () => {
  const { network, tab, open } = start();
  const a = await tab('a', { secret: 'of a' });
  await tab('b', { secret: 'of b' });
  await tab('c', { secret: 'of c' });
  await open({ limits: { tabs: 1 } });
  network.last.take('$tab');
  a.post({ type: '$detach' });
  await settled();
  assert.deepEqual(network.last.take('$tab'), [
    { type: '$tab', from: 'a', state: 'gone' },
    { type: '$tab', from: 'b', secret: 'of b', state: 'open' },
  ]);
});

test('a reply reaches the tab that asked and no other', async () => {
  const { network, tab, open, receive } = start();
  const [a, b] = [await tab('a'), await tab('b')];
  await open();
  a.post(send('echo', 1, 'hi'));
  assert.deepEqual(network.last.take('echo'), [{ type: 'echo', from: 'a', id: 1, value: 'hi' }]);
  await receive({ from: 'a', re: 1, value: 'ho' });
  assert.deepEqual(a.messages(), [{ re: 1, value: 'ho' }]);
  assert.deepEqual(b.messages(), []);
});

test('two tabs with the same number of their own each get their own reply', async () => {
  const { tab, open, receive } = start();
  const [a, b] = [await tab('a'), await tab('b')];
  await open();
  a.post(send('echo', 1));
  b.post(send('echo', 1));
  await receive({ from: 'b', re: 2, value: 'for b' }, { from: 'a', re: 1, value: 'for a' });
  assert.deepEqual(a.messages(), [{ re: 1, value: 'for a' }]);
  assert.deepEqual(b.messages(), [{ re: 1, value: 'for b' }]);
});

test('a broadcast reaches every tab, in order with its replies, one array for one flush', async () => {
  const { tab, open, receive } = start();
  const [a, b] = [await tab('a'), await tab('b')];
  await open();
  b.batches = 0;
  await receive({ type: 'one' }, { from: 'b', type: 'two' }, { type: 'three' });
  assert.deepEqual(
    b.messages().map(({ type }) => type),
    ['one', 'two', 'three'],
  );
  assert.equal(b.batches, 1);
  assert.deepEqual(
    a.messages().map(({ type }) => type),
    ['one', 'three'],
  );
});

test('a reply for a removed tab is dropped and counted, never thrown', async () => {
  const { hub, tab, open, receive } = start();
  const [a] = [await tab('a'), await tab('b')];
  await open();
  a.post(send('echo', 1));
  a.post({ type: '$detach' });
  await receive({ from: 'a', re: 1 }, { from: 'nobody', type: 'x' }, { re: 99 });
  assert.equal(hub.counts.undeliverable, 3);
});

test('a late tab gets what it asked since from the log, and the state at once', async () => {
  const { network, tab, open, receive } = start();
  const early = await tab('early');
  await open();
  early.post(join('chat', 1));
  await receive({ re: 1, value: { at: ['c', 0], gap: false } });
  await receive(...[1, 2, 3].map((n) => ({ topic: 'chat', at: ['c', n], value: n })));
  network.last.take();
  const late = await tab('late');
  assert.equal(late.take('$status').at(-1).status.state, 'open');
  assert.equal(late.take('$status').length, 0);
  late.post(join('chat', 1, ['c', 1]));
  await settled();
  assert.deepEqual(
    late
      .messages()
      .map(({ value }) => value)
      .slice(1),
    [2, 3],
  );
  assert.equal(network.last.take('$join').length, 0);
});

test('over a drop every message of a topic comes once, in order', async () => {
  const { clock, network, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(join('chat', 1));
  await receive({ re: 1, value: { at: ['c', 0], gap: false } }, { topic: 'chat', at: ['c', 1], value: 1 });
  network.last.end(1006);
  await clock.pass(0);
  network.last.open();
  assert.deepEqual(network.last.take('$hello')[0].topics, { '*': ['e', 0], chat: ['c', 1] });
  await receive(
    welcome({ resumed: true, inbox: 1, topics: { '*': { at: ['e', 0], gap: false }, chat: { at: ['c', 1], gap: false } } }),
  );
  await receive({ topic: 'chat', at: ['c', 1], value: 1 }, { topic: 'chat', at: ['c', 2], value: 2 });
  assert.deepEqual(
    a
      .messages()
      .slice(1)
      .map(({ value }) => value),
    [1, 2],
  );
});

test('tabs are told what the server accepts, with the session', async () => {
  const { tab, open } = start();
  const early = await tab('early');
  const limits = { message: 500, depth: 3 };
  await open({ limits });
  const late = await tab('late');
  for (const one of [early, late]) assert.deepEqual(one.take('$session').at(-1).limits, limits);
});

test('the server gets each tab’s state', async () => {
  const { network, tab, open } = start();
  const a = await tab('a');
  await open();
  const b = await tab('b');
  a.post({ type: '$visibility', state: 'hidden' });
  b.post({ type: '$detach' });
  assert.deepEqual(
    network.last.take('$tab').map(({ from, state }) => `${from} ${state}`),
    ['b open', 'a hidden', 'b gone'],
  );
});

test('a tab’s last frame is handled, even if its lock is released before', async () => {
  const { clock, network, locks, tab, open } = start();
  locks.request('tab a', () => new Promise(() => {}));
  const a = await tab('a', { lock: 'tab a' });
  await open();
  locks.free('tab a');
  await settled();
  a.post(send('last', 1));
  a.post({ type: '$detach' });
  await clock.pass(1_000);
  assert.equal(network.last.take('last').length, 1);
  assert.equal(network.last.take('$tab').length, 1);
});

test('a crashed tab is found by its lock, in no time', async () => {
  const { clock, network, hub, locks, tab, open } = start();
  locks.request('tab a', () => new Promise(() => {}));
  await tab('a', { lock: 'tab a' });
  await tab('b');
  await open();
  locks.free('tab a');
  await clock.pass(100);
  assert.equal(hub.tabs.has('a'), false);
  assert.deepEqual(
    network.last.take('$tab').map(({ from, state }) => `${from} ${state}`),
    ['a gone'],
  );
});

test('without locks a tab that was hidden and does not answer is removed in seconds, and one that answers stays', async () => {
  const { clock, hub, tab, open } = start({ locks: null });
  const closed = await tab('closed');
  const hidden = await tab('hidden');
  await open();
  for (const one of [closed, hidden]) {
    one.take('$ping');
    one.post({ type: '$visibility', state: 'hidden' });
  }
  await clock.pass(500);
  assert.equal(closed.take('$ping').length, 1);
  assert.equal(hidden.take('$ping').length, 1);
  hidden.post({ type: '$pong' });
  await clock.pass(2_999);
  assert.equal(hub.tabs.size, 2);
  await clock.pass(1);
  assert.deepEqual([...hub.tabs.keys()], ['hidden']);
});

test('a tab that is shown again is no longer in doubt', async () => {
  const { clock, hub, tab, open } = start({ locks: null });
  const busy = await tab('busy');
  await open();
  busy.post({ type: '$visibility', state: 'hidden' });
  busy.post({ type: '$visibility', state: 'visible' });
  await clock.pass(4_000);
  assert.deepEqual([...hub.tabs.keys()], ['busy']);
});

test('a machine that slept after a tab was hidden proves nothing about it', async () => {
  const { clock, hub, tab, open } = start({ locks: null });
  const hidden = await tab('hidden');
  await open();
  hidden.post({ type: '$visibility', state: 'hidden' });
  await clock.pass(500);
  clock.sleep(60_000);
  await clock.pass(1);
  assert.deepEqual([...hub.tabs.keys()], ['hidden']);
});

test('without locks a tab that answers no pings is removed, and attaches again when it posts', async () => {
  const { clock, hub, tab, open } = start({ locks: null });
  const a = await tab('a');
  const b = await tab('b');
  await open();
  for (let turn = 0; turn < 5; turn++) {
    await clock.pass(5_000);
    if (b.take('$ping').length) b.post({ type: '$pong' });
  }
  assert.deepEqual([...hub.tabs.keys()], ['b']);
  a.post({ type: '$pong' });
  assert.equal(a.take('$reattach').length, 1);
  a.post({ type: '$attach', v: 2, tab: 'a', url: 'ws://host/line', topics: {}, requests: [] });
  assert.deepEqual([...hub.tabs.keys()], ['b', 'a']);
});

test('after the machine slept no tab is removed', async () => {
  const { clock, hub, tab, open } = start({ locks: null });
  const a = await tab('a');
  await open();
  clock.sleep(3_600_000);
  await clock.pass(1);
  assert.equal(hub.tabs.size, 1);
  assert.equal(a.take('$ping').length, 1);
});

test('a tab that attaches again to the worker that removed it gets a gap', async () => {
  const { tab, open, clock } = start();
  const a = await tab('a');
  await open();
  a.post({ type: '$detach' });
  await clock.pass(100);
  const back = await tab('a', { worker: 'W1' });
  assert.deepEqual(back.take('$gap'), [{ type: '$gap', topic: '@tab' }]);
});

test('the line is closed after the last tab, with a delay that a reload fits into', async () => {
  const { clock, network, tab, open } = start();
  const a = await tab('a');
  await open();
  a.post({ type: '$detach' });
  await clock.pass(4_000);
  const again = await tab('a2');
  await clock.pass(5_000);
  assert.equal(network.last.take('$bye').length, 0);
  again.post({ type: '$detach' });
  await clock.pass(5_000);
  assert.equal(network.last.take('$bye').length, 1);
  await tab('a3');
  await settled();
  assert.equal(network.sockets.length, 2, 'and whoever comes later opens another');
});

test('a new worker resumes the line that a tab brings, and recovers its requests', async () => {
  const { network, tab, receive } = start();
  const session = { line: 'L9', key: 'K9', inbox: 4 };
  const requests = [
    { n: 3, id: 12, frame: send('taken', 3) },
    { n: 4, id: 13, frame: send('not taken', 4) },
    { n: 5, frame: send('unknown', 5) },
    { n: 6, frame: { type: '$publish', topic: 'chat', value: '1', key: 'k', n: 6 } },
  ];
  const a = await tab('a', { session, requests, worker: 'dead' });
  network.last.open();
  const [hello] = network.last.take('$hello');
  assert.deepEqual([hello.line, hello.key, hello.inbox], ['L9', 'K9', 4]);
  await receive(welcome({ line: 'L9', key: 'K9', resumed: true, heard: 12, inbox: 4 }));
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [[5, 'worker_lost']],
  );
  assert.deepEqual(
    network.last.take().map(({ type, id }) => [type, id]),
    [
      ['taken', 12],
      ['not taken', 13],
      ['$publish', 14],
    ],
  );
  await receive({ from: 'a', re: 12, value: 'once' });
  assert.deepEqual(a.messages(), [{ re: 3, value: 'once' }]);
});

test('a new line rejects a request that was sent on the old one, and gets a publish again', async () => {
  const { clock, network, tab, open } = start();
  const a = await tab('a');
  await open();
  a.post(send('pay', 1));
  a.post({ type: '$publish', topic: 'chat', value: '1', key: 'k', n: 2 });
  await settled();
  network.last.end(1006);
  await clock.pass(1_000);
  await open({ line: 'L2', resumed: false });
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [[1, 'lost']],
  );
  assert.deepEqual(
    network.last.take('$publish').map(({ id, key }) => [id, key]),
    [[1, 'k']],
  );
});

test('a worker with a line of its own does not resume another', async () => {
  const { network, tab, open } = start();
  await tab('a');
  await open();
  await tab('b', { session: { line: 'L9', key: 'K9', inbox: 4 }, requests: [{ n: 1, id: 5, frame: send('x', 1) }] });
  network.last.end(1006);
  await settled();
  assert.equal(network.sockets[0].take('x').length, 0);
});

test('another user in the same browser: the line is closed, and what waits is never sent as that user', async () => {
  for (const user of ['bob', undefined]) {
    const { clock, network, tab, open, receive } = start();
    const [a, b] = [await tab('a'), await tab('b')];
    await open({ user: 'ann' });
    network.last.end(1006);
    a.post(send('secret', 1, 'of ann'));
    await clock.pass(0);
    network.last.open();
    network.last.take();
    await receive(welcome({ line: 'L2', user }));
    assert.equal(a.messages()[0].error.code, 'user_changed');
    assert.deepEqual(
      network.last.take().map(({ type }) => type),
      ['$bye'],
    );
    for (const one of [a, b]) {
      const { state, code, reason } = one.take('$status').at(-1).status;
      assert.deepEqual(
        { state, code, reason },
        user
          ? { state: 'closed', code: 1000, reason: 'another user is logged in' }
          : { state: 'closed', code: 4505, reason: 'the login has ended' },
      );
    }
  }
});

test('an anonymous user who logs in stays on the line, and what was queued before is rejected', async () => {
  const { clock, network, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  network.last.end(1006);
  a.post(send('comment', 1, 'of nobody'));
  await clock.pass(0);
  network.last.open();
  await receive(welcome({ line: 'L2', user: 'ann' }));
  assert.equal(a.messages()[0].error.code, 'user_changed');
  assert.deepEqual(network.last.take('comment'), []);
  assert.deepEqual(
    [a.take('$status').at(-1).status].map(({ state, user }) => [state, user]),
    [['open', 'ann']],
  );
});

test('after a logout the next user’s first message is not taken for one of the previous user', async () => {
  const { network, tab, open } = start();
  const a = await tab('a');
  await open({ user: 'ann' });
  a.post({ type: '$closeLine' });
  await settled();
  const b = await tab('b');
  b.post(send('hello', 1));
  await open({ line: 'L2', user: 'bob' });
  assert.deepEqual(b.messages(), []);
  assert.equal(network.last.take('hello').length, 1);
});

test('logging out closes for every tab and throws away what waits', async () => {
  const { network, tab, open } = start();
  const [a, b] = [await tab('a'), await tab('b')];
  await open();
  b.post(send('x', 1));
  a.post({ type: '$closeLine' });
  await settled();
  assert.equal(network.last.take('$bye').length, 1);
  assert.equal(b.messages()[0].error.code, 'closed');
  assert.equal(b.take('$status').at(-1).status.state, 'closed');
});

test('logging out while the page opens closes the line of every tab', async () => {
  const { network, tab, open, openPort } = start();
  const a = await tab('a');
  await open();
  const b = openPort();
  b.post({ type: '$attach', v: 2, tab: 'b', url: 'ws://host/line', topics: {}, requests: [] });
  b.post({ type: '$closeLine' });
  b.post({ type: '$detach' });
  await settled();
  assert.equal(network.last.take('$bye').length, 1);
  assert.equal(a.take('$status').at(-1).status.state, 'closed');
});

test('a line that connects for the first time has no reason to be closed', async () => {
  const { tab } = start();
  const a = await tab('a');
  assert.deepEqual(
    a.take('$status').map(({ status }) => status.reason),
    [undefined],
  );
});

test('a version that the server no longer supports: every tab gets an upgrade event', async () => {
  const { network, tab, open } = start();
  const tabs = [await tab('a'), await tab('b')];
  await open();
  network.last.end(4503);
  await settled();
  for (const one of tabs) assert.equal(one.take('$upgrade').length, 1);
});

test('acks pause for a tab that is slower than the line, and it loses nothing', async () => {
  const { network, tab, open, receive } = start();
  const busy = await tab('busy');
  await open();
  busy.post(join('feed', 1));
  await receive({ re: 1, value: { at: ['f', 0], gap: false } });
  let n = 0;
  const bring = (many) => receive(...Array.from({ length: many }, () => ({ topic: 'feed', at: ['f', ++n], value: n })));
  await bring(4_000);
  await bring(4_500);
  assert.equal(network.last.take('$ack').length, 2);
  await bring(2_000);
  assert.equal(network.last.take('$ack').length, 0, 'acknowledged what the tab has no room for');
  for (let sign = busy.take('$sync').at(-1); sign; sign = busy.take('$sync').at(-1)) {
    busy.post({ type: '$synced', n: sign.n });
    await settled();
  }
  assert.equal(network.last.take('$ack').length, 1);
  const values = busy.messages().flatMap(({ topic, value }) => (topic === 'feed' ? value : []));
  assert.deepEqual(
    values,
    Array.from({ length: n }, (_, index) => index + 1),
  );
});

test('however much arrives during the cooldown, a tab that keeps up misses nothing', async () => {
  const { clock, tab, open, receive } = start();
  const brisk = await tab('brisk');
  await open();
  brisk.post(join('storm', 1));
  await receive({ re: 1, value: { at: ['s', 0], gap: false } });
  const { postMessage } = brisk.port;
  brisk.port.postMessage = (burst) => {
    clock.sleep(2);
    postMessage(burst);
  };
  let offset = 0;
  /** @type {number[]} */
  const received = [];
  const take = () => {
    for (const { n } of brisk.take('$sync')) brisk.post({ type: '$synced', n });
    received.push(...brisk.messages().flatMap(({ topic, at }) => (topic === 'storm' ? [at[1]] : [])));
  };
  // No timer runs: the worker is at its messages all the time.
  for (let message = 0; message < 20; message++) {
    await receive(...Array.from({ length: 500 }, () => ({ topic: 'storm', at: ['s', ++offset] })));
    take();
  }
  await clock.pass(100);
  take();
  assert.deepEqual(brisk.take('$gap'), []);
  assert.deepEqual(
    received,
    Array.from({ length: offset }, (_, i) => i + 1),
  );
});

test('however many messages come at once for one tab, it misses none while it keeps up', async () => {
  const { tab, open, receive } = start();
  const a = await tab('a');
  await open();
  const sent = Array.from({ length: 2_000 }, (_, n) => ({ from: 'a', type: 'for you', value: n }));
  await receive(...sent);
  assert.deepEqual(a.take('$gap'), []);
  assert.deepEqual(
    a.messages().map(({ value }) => value),
    sent.map(({ value }) => value),
  );
});

test('a reply to a tab drops none of its messages', async () => {
  const { tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(join('chat', 1));
  const messages = Array.from({ length: 512 }, () => ({ from: 'a', type: 'for you' }));
  await receive(...messages, { re: 1, value: { at: ['c', 0], gap: false } });
  assert.deepEqual(a.take('$gap'), []);
  assert.equal(a.messages().length, 513);
});

test('acks pause for a tab that is slower than its own messages, and it loses nothing', async () => {
  const { network, tab, open, receive } = start();
  const busy = await tab('busy');
  await open({ limits: { message: 65_536, ack: 8_192, ackMessages: 12 } });
  const most = 20_000;
  let sent = 0;
  let acknowledged = 0;
  for (let turn = 0; turn < 1_000; turn++) {
    // As a server does, which keeps what was not acknowledged, 512 messages by default.
    const more = Math.min(100, most - sent, acknowledged + 512 - sent);
    if (more > 0) await receive(...Array.from({ length: more }, () => ({ from: 'busy', type: 'for you', value: ++sent })));
    else for (const { n } of busy.take('$sync')) busy.post({ type: '$synced', n });
    await settled();
    acknowledged = Math.max(acknowledged, ...network.last.take('$ack').map(({ inbox }) => inbox));
  }
  assert.deepEqual(busy.take('$gap'), []);
  assert.deepEqual(
    busy.messages().map(({ value }) => value),
    Array.from({ length: most }, (_, index) => index + 1),
  );
});

test('a frozen tab costs bounded memory, delays no other tab, and catches up when it thaws', async () => {
  const { network, tab, open, receive } = start();
  const [frozen, lively] = [await tab('frozen'), await tab('lively')];
  await open();
  for (const one of [frozen, lively]) one.post(join('feed', 1));
  await receive({ re: 1, value: { at: ['f', 0], gap: false } });
  let received = 0;
  for (let n = 1; n <= 20_000; n += 20) {
    await receive(...Array.from({ length: 20 }, (_, more) => ({ topic: 'feed', at: ['f', n + more], value: n + more })));
    for (const { n: sign } of lively.take('$sync')) lively.post({ type: '$synced', n: sign });
    received += lively.messages().filter(({ topic }) => topic === 'feed').length;
  }
  assert.equal(received, 20_000);
  assert.ok(frozen.frames.length < 8_300, `${frozen.frames.length} posted to a frozen tab`);
  network.last.take();
  for (let turn = 0; turn < 100; turn++) {
    for (const { n: sign } of frozen.take('$sync')) frozen.post({ type: '$synced', n: sign });
    await settled();
  }
  const values = frozen
    .messages()
    .filter(({ topic }) => topic === 'feed')
    .map(({ value }) => value);
  assert.equal(values.at(-1), 20_000);
  assert.equal(frozen.take('$gap').length, 1, 'what was evicted is one gap');
  assert.deepEqual(
    values,
    [...new Set(values)].sort((x, y) => x - y),
  );
  assert.equal(network.last.take('$join').length, 0, 'without asking the server');
});

test('nothing of a frozen tab is kept once it has attached on another port', async () => {
  const { tab, open, receive, hub } = start();
  await tab('frozen');
  await open();
  await receive(...Array.from({ length: 9_000 }, (_, n) => ({ from: 'frozen', type: 'for you', value: n })));
  assert.ok(hub.tabs.get('frozen').isWindowFull);
  const former = new WeakRef(hub.tabs.get('frozen'));
  await tab('frozen', { worker: 'W1' });
  await settled();
  await collectGarbage();
  assert.equal(former.deref(), undefined);
});

test('a tab that this worker does not know gets $reattach', async () => {
  const { openPort } = start();
  const stranger = openPort();
  stranger.post(send('x', 1));
  assert.deepEqual(stranger.take('$reattach'), [{ type: '$reattach', worker: 'W1' }]);
});

test('a tab of another port protocol gets $upgrade', async () => {
  const { openPort, hub } = start();
  const [older, newer] = [openPort(), openPort()];
  older.post({ type: '$hello', v: 1, tab: 'older', url: 'ws://host/line', topics: {}, claims: [] });
  newer.post({ type: '$attach', v: 3, tab: 'newer', url: 'ws://host/line', topics: {}, requests: [] });
  assert.deepEqual([older.take('$upgrade').length, newer.take('$upgrade').length, hub.tabs.size], [1, 1, 0]);
});

test('inspect shows what is inside', async () => {
  const { tab, open } = start();
  const a = await tab('a');
  await open();
  a.post({ type: '$inspect', n: 9 });
  await settled();
  const { value } = a.messages()[0];
  assert.equal(value.worker, 'W1');
  assert.deepEqual(
    value.tabs.map(({ id }) => id),
    ['a'],
  );
  assert.ok(value.log.length > 0);
});

test('the event log is mirrored to tabs that ask', async () => {
  const { tab, open } = start();
  const a = await tab('a', { debug: true });
  await open();
  assert.match(a.take('$log').at(-1).entry.what, /opened line L1/);
});

test('a plain page is served in its message shapes', async () => {
  const { network, channel, hub, openPort, receive } = start({ named: false });
  const [page, other] = [openPort(), openPort()];
  assert.deepEqual(page.plain, [{ type: 'WSState', state: 0 }]);
  hub.startDefault();
  await settled();
  network.last.welcome();
  page.post({ from: 'p1', data: 'Initial message' });
  assert.deepEqual(network.last.sent.at(-1), { data: { from: 'p1', data: 'Initial message' } });
  const answer = { from: 'p1', data: 'Initial message', messageFromServer: 'Hello tab id: p1' };
  await receive(answer, { topic: '*', at: ['e', 1], broadcast: 'all' });
  assert.deepEqual(page.plain.at(-1), { type: 'message', data: answer });
  assert.ok(!other.plain.some(({ type }) => type === 'message'));
  assert.deepEqual(channel, [{ type: 'message', data: { broadcast: 'all' } }]);
  for (const one of [page, other]) {
    assert.deepEqual(
      one.plain.filter(({ type }) => type === 'WSState').map(({ state }) => state),
      [0, 0, 1],
    );
  }
});

test('what is for one line or one user never goes to the channel, which every page of the origin hears', async () => {
  const { channel, hub, openPort, network, receive } = start({ named: false });
  const page = openPort();
  hub.startDefault();
  await settled();
  network.last.welcome({ user: 'ann', topics: { '*': { at: ['e', 0], gap: false }, '@user:ann': { at: ['u', 0], gap: false } } });
  page.plain = [];
  await receive({ topic: '@user:ann', at: ['u', 1], type: 'salary', value: 1 }, { type: 'secret', value: 'of this line' });
  assert.deepEqual(channel, []);
  assert.deepEqual(
    page.plain.map(({ data }) => data),
    [
      { type: 'salary', value: 1 },
      { type: 'secret', value: 'of this line' },
    ],
  );
});

test('in the worker of main.js nothing goes to the channel until a plain page has posted', async () => {
  const { channel, tab, openPort, open, receive } = start();
  const port = openPort();
  await tab('a');
  await open();
  await receive({ topic: '*', at: ['e', 1], value: 1 }, { type: 'secret' });
  assert.deepEqual(channel, []);
  port.post({ from: 'p1', data: 1 });
  await receive({ topic: '*', at: ['e', 2], value: 2 }, { type: 'secret' });
  assert.deepEqual(channel, [{ type: 'message', data: { value: 2 } }]);
  assert.deepEqual(port.plain.at(-1), { type: 'message', data: { type: 'secret' } });
});

test('a plain page gets an error for what the server would reject, and the line is safe', async () => {
  const { network, hub, openPort } = start({ named: false });
  const page = openPort();
  hub.startDefault();
  await settled();
  network.last.welcome();
  const before = network.last.sent.length;
  for (const bad of [{ data: 'no from' }, { from: '<b>', data: 1 }, { from: 'p1', type: 5 }, { from: 'p1', data: '\ud800' }]) {
    page.post(bad);
    assert.equal(page.plain.at(-1).data.error.code, 'bad_value', JSON.stringify(bad));
  }
  assert.equal(network.last.sent.length, before);
});

test('a plain page’s message waits while there is no connection', async () => {
  const { network, hub, openPort } = start({ named: false });
  const page = openPort();
  hub.startDefault();
  page.post({ from: 'p1', data: 'early' });
  await settled();
  network.last.welcome();
  assert.deepEqual(network.last.sent.at(-1), { data: { from: 'p1', data: 'early' } });
});

test('a malformed frame of the server changes nothing for tabs, positions and the inbox, and is logged once', async () => {
  const { clock, network, hub, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(join('chat', 1));
  await receive({ re: 1, value: { at: ['c', 0], gap: false } });
  a.post(send('echo', 2));
  const malformed = [
    { topic: 'chat', at: null },
    { topic: 'chat', at: ['c'] },
    { topic: '*', at: 'x' },
    { type: '$gap', topic: 'chat' },
  ];
  await receive(...malformed, { type: 7 }, { topic: 'chat', at: ['c', 1], value: 1 }, { from: 'a', re: 2, value: 'answer' });
  a.messages();
  await receive(...malformed, { topic: 'chat', at: ['c', 2], value: 2 });
  assert.deepEqual(
    a.messages().map(({ value }) => value),
    [2],
  );
  assert.equal(hub.counts.badFrames, 9);
  assert.equal(hub.inspect().log.filter(({ what }) => what.startsWith('malformed frame')).length, 3);
  network.last.end(1006);
  await clock.pass(0);
  network.last.open();
  const { inbox, topics } = network.last.take('$hello')[0];
  assert.deepEqual([inbox, topics], [3, { '*': ['e', 0], chat: ['c', 2] }]);
});

test('a malformed reply rejects its request', async () => {
  const { tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(send('echo', 1));
  a.post(join('chat', 2));
  await receive({ from: 'a', re: 1, error: null }, { re: 2, value: [] });
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [
      [1, 'failed'],
      [2, 'failed'],
    ],
  );
});

test('tabs whose line is taken off a topic are told why, and hear nothing more of it', async () => {
  const { network, tab, open, receive } = start();
  const a = await tab('a');
  const b = await tab('b');
  await open();
  a.post(join('chat', 1));
  b.post(join('chat', 1));
  b.post(join('news', 2));
  await settled();
  const [{ id: chat }, { id: news }] = network.last.take('$join');
  await receive({ re: chat, value: { at: ['e', 0], gap: false } }, { re: news, value: { at: ['e', 0], gap: false } });
  const error = { code: 'removed', message: 'the meeting is over', retryable: false };
  await receive({ left: 'chat', error });
  await receive({ topic: 'chat', at: ['e', 1], value: 1 }, { topic: 'news', at: ['e', 1], value: 2 });

  assert.deepEqual(a.take('$joinFailed'), [{ type: '$joinFailed', topic: 'chat', error }]);
  assert.deepEqual(b.take('$joinFailed'), [{ type: '$joinFailed', topic: 'chat', error }]);
  assert.deepEqual(
    b
      .messages()
      .filter(({ topic }) => topic)
      .map(({ topic, value }) => [topic, value]),
    [['news', 2]],
  );
  assert.ok(!a.messages().some(({ topic }) => topic === 'chat'));
  assert.deepEqual(network.last.take('$leave'), [], 'the server has left it');
});

test('a tab may join a topic again that its line was taken off', async () => {
  const { network, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(join('chat', 1));
  await settled();
  await receive({ re: network.last.take('$join')[0].id, value: { at: ['e', 0], gap: false } });
  await receive({ left: 'chat', error: { code: 'removed', message: '', retryable: false } });
  a.post(join('chat', 2));
  await settled();
  await receive({ re: network.last.take('$join')[0].id, value: { at: ['e', 5], gap: false } });
  await receive({ topic: 'chat', at: ['e', 6], value: 'again' });

  assert.equal(a.frames.find(({ re }) => re === 2).value.at[1], 5);
  assert.equal(a.messages().find(({ topic }) => topic === 'chat').value, 'again');
});

/** A tab had joined `chat`, and the server reads a join from before it has taken the line off. */
async function joinedAgainAfterTakenOff() {
  const { network, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  a.post(join('chat', 1));
  await settled();
  await receive({ re: network.last.take('$join')[0].id, value: { at: ['e', 9], gap: false } });
  a.post(join('chat', 2, ['e', 3]));
  await settled();
  const [{ id: replay }] = network.last.take('$join');
  await receive({ left: 'chat', error: { code: 'removed', message: '', retryable: false } });
  await receive({ re: replay, value: { at: ['e', 3], gap: false, end: 9 } });
  return { network, a, receive };
}

test('a topic that the server joined again for a request from before it took the line off is left', async () => {
  const { network, a } = await joinedAgainAfterTakenOff();

  assert.deepEqual(
    network.last.take('$leave').map(({ topic }) => topic),
    ['chat'],
  );
  assert.deepEqual(
    a.frames.filter(({ re }) => re === 2).map(({ error }) => error.code),
    ['removed'],
  );
});

test('what still comes of a topic that no tab is in does not start the log of the next join', async () => {
  const { network, a, receive } = await joinedAgainAfterTakenOff();
  const [{ id: left }] = network.last.take('$leave');

  a.post(join('chat', 3, ['e', 7]));
  await settled();
  await receive({ topic: 'chat', at: ['e', 4], value: 4 }, { topic: 'chat', at: ['e', 10], value: 10 }, { re: left });
  const [{ id: again, at }] = network.last.take('$join');
  await receive({ re: again, value: { at, gap: false, end: 10 } });
  await receive(...[8, 9, 10, 11].map((n) => ({ topic: 'chat', at: ['e', n], value: n })));
  await settled();

  const heard = a.messages().filter(({ topic }) => topic === 'chat');
  assert.deepEqual(
    heard.map(({ value }) => value),
    [8, 9, 10, 11],
  );
});

test('a question goes to its tab, and the answer to the server until that has it', async () => {
  const { clock, network, tab, open, receive } = start();
  const a = await tab('a');
  const b = await tab('b');
  await open();
  await receive({ from: 'a', id: 77, type: 'confirm', value: 'sure?' });
  const [question] = a.messages();
  assert.deepEqual([question.id, question.type, question.value, question.$inbox], [77, 'confirm', 'sure?', 1]);
  assert.deepEqual(b.messages(), []);

  a.post({ type: '$answer', re: 77, value: '{"yes":true}', n: 5 });
  b.post({ type: '$answer', re: 78, error: '{"code":"unknown_type","message":"","retryable":false}', n: 1 });
  await settled();
  const [first, second] = network.last.take('$answer');
  assert.deepEqual(first, { type: '$answer', from: 'a', re: 77, id: first.id, value: { yes: true } });
  assert.deepEqual([second.re, second.from, second.error.code], [78, 'b', 'unknown_type']);

  network.last.end(1006);
  await clock.pass(1_000);
  await open({ resumed: true, heard: first.id, inbox: 1 });
  assert.deepEqual(
    network.last.take('$answer').map(({ re, id }) => [re, id]),
    [[78, second.id]],
    'the one that the server has not received',
  );
  await receive({ from: 'a', re: first.id }, { from: 'b', re: second.id });
  assert.deepEqual(a.frames.filter(({ re }) => re === 5).length, 1);
});

test('an answer whose line is lost is sent on the next one, where it has no effect unless the tab is asked there', async () => {
  const { clock, network, tab, open, receive } = start();
  const a = await tab('a');
  await open();
  await receive({ from: 'a', id: 77, type: 'confirm' });
  a.post({ type: '$answer', re: 77, value: '1', n: 5 });
  await settled();
  network.last.take('$answer');
  network.last.end(1006);
  await clock.pass(1_000);
  await open({ resumed: false, line: 'L2', key: 'K2' });
  assert.deepEqual(
    network.last.take('$answer').map(({ re, value }) => [re, value]),
    [[77, 1]],
  );
  assert.deepEqual(
    a.frames.filter(({ re }) => re === 5),
    [],
  );
});
