import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeClock, FakeLocks, FakeNetwork, FakePort, settled } from '../fakes.js';

// What a line names when it greets, what it asks for when it is welcomed, and in which order.

function start() {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const hub = new TabHub({
    instance: 'W1',
    mode: 'shared',
    named: true,
    url: 'ws://host/line',
    lock: 'worker',
    locks: new FakeLocks(),
    channel: { postMessage() {} },
    WebSocket: network.WebSocket,
    clock,
    random: () => 0,
  });
  const tab = async (id, topics = [], more = {}) => {
    const one = new FakePort();
    hub.connect(one.port);
    one.post({
      type: '$attach',
      v: 2,
      tab: id,
      url: 'ws://host/line',
      topics: Object.fromEntries(topics.map((name) => [name, null])),
      requests: [],
      ...more,
    });
    await settled();
    return one;
  };
  /** @returns {Promise<string[]>} which topics the hello names */
  const hello = async () => {
    network.last.open();
    await settled();
    return Object.keys(network.last.take('$hello')[0].topics);
  };
  const open = async (more) => {
    network.last.welcome(more);
    await settled();
  };
  const drop = async () => {
    network.last.end(1006);
    await clock.pass(hub.connection.status.retryAt - clock.now());
    await settled();
  };
  const receive = async (...frames) => {
    network.last.receive(...frames);
    await settled();
  };
  return { clock, network, hub, tab, hello, open, drop, receive };
}

const join = (topic, n, since) => ({ type: '$join', topic, n, since });
const send = (name, n) => ({ type: '$send', name, n, value: '1' });
const numbered = (count) => Array.from({ length: count }, (_, i) => `topic-${i}`);
const places = (names) => Object.fromEntries(names.map((name) => [name, { at: ['e', 7], gap: false }]));
const message = (topic, n) => ({ topic, at: ['e', n], value: n });
/** A server that takes the names of ten topics in a hello. */
const TEN = { message: 65_536, members: 26 };

test('a tab that attaches after the hello with an earlier position is told what it misses of the broadcasts', async () => {
  const { tab, hello, open } = start();
  await tab('new');
  await hello();
  const old = await tab('old', [], { topics: { '*': ['e', 3] } });
  await open({ topics: places(['*']) });
  assert.deepEqual(old.take('$gap'), [{ type: '$gap', topic: '*', at: ['e', 7] }]);
});

test('what a topic skipped that was asked for at the position of a tab is no gap', async () => {
  const { tab, hello, open } = start();
  const old = await tab('old', [], { topics: { '*': ['e', 3] } });
  await hello();
  await open({ topics: places(['*']) });
  assert.deepEqual(old.take('$gap'), []);
});

/** A line in twelve topics that greets again, and names ten of them and everybody's. */
async function twelve() {
  const one = start();
  const names = numbered(12);
  const a = await one.tab('a', names);
  await one.open({ limits: TEN, topics: places([...names, '*']) });
  const comeBack = async (more) => {
    await one.drop();
    const named = await one.hello();
    await one.open({ resumed: true, limits: TEN, topics: places(named), ...more });
    return named;
  };
  return { ...one, a, names, comeBack };
}

test('topics may be called like what every object has', async () => {
  const { network, tab, hello, open, receive } = start();
  const names = ['__proto__', 'constructor', 'toString'];
  const a = await tab('a', names);
  const b = await tab('b');
  for (const name of names) b.post(join(name, 1));
  assert.deepEqual((await hello()).sort(), names);
  await open();
  const joins = network.last.take('$join');
  assert.deepEqual(
    joins.map(({ topic }) => topic),
    names,
    'since the welcome has none of them',
  );
  for (const { id } of joins) await receive({ re: id, value: { at: ['c', 4], gap: false } });
  for (const { topic } of joins) await receive({ topic, at: ['c', 5], value: topic });
  for (const one of [a, b]) {
    const received = one.messages().filter(({ re }) => re === undefined);
    assert.deepEqual(
      received.map(({ value }) => value),
      names,
    );
  }
});

test('of more topics than fit into one message the rest is joined after $welcome; implicit topics are always named', async () => {
  const { network, names, comeBack } = await twelve();
  assert.deepEqual((await comeBack()).sort(), ['*', ...names.slice(0, 10)].sort());
  assert.deepEqual(
    network.last.take('$join').map(({ topic, at }) => [topic, at]),
    names.slice(10).map((name) => [name, ['e', 7]]),
  );
});

test('requests after a reconnect have higher ids than those that are sent again, and come after them', async () => {
  const { network, a, tab, drop, hello, open } = await twelve();
  a.post(send('pay', 1));
  a.post(send('pay', 2));
  await drop();
  await hello();
  const b = await tab('b');
  b.post(join('another', 1));
  await open({ resumed: true, heard: 0, limits: TEN, topics: places(numbered(10)) });
  assert.deepEqual(
    network.last.sent.map(({ id, type }) => [id, type]),
    [
      [undefined, '$tab'],
      [1, 'pay'],
      [2, 'pay'],
      [3, '$join'],
      [4, '$join'],
      [5, '$join'],
    ],
  );
});

test('a join waits for requests that the rate delays from being sent again', async () => {
  const { clock, network, tab, open, drop } = start();
  const limits = { message: 65_536, rate: 10, burst: 10 };
  const a = await tab('a');
  await open({ limits });
  for (let n = 1; n <= 20; n++) {
    a.post(send('pay', n));
    await clock.pass(200);
  }
  await drop();
  await open({ resumed: true, heard: 0, limits });
  a.post(join('chat', 99));
  await settled();
  assert.equal(network.last.sent.at(-1).type, 'pay');
  await clock.pass(5_000);
  const asked = network.last.sent.filter(({ id }) => id !== undefined);
  assert.deepEqual(
    asked.map(({ id }) => id),
    Array.from({ length: 21 }, (_, i) => i + 1),
  );
  assert.equal(asked.at(-1).topic, 'chat');
});

test('a replay that was interrupted is requested again, though no $hello named the topic', async () => {
  const { network, tab, receive, comeBack } = await twelve();
  const b = await tab('b');
  b.post(join('topic-11', 5, ['e', 4]));
  await settled();
  network.last.take();
  await comeBack();
  const asked = network.last.take('$join').filter(({ topic }) => topic === 'topic-11');
  assert.deepEqual(
    asked.map(({ at }) => at[1]),
    [7, 4],
  );
  const [joined, again] = asked.map(({ id, at }) => ({ re: id, value: { at, gap: false } }));
  await receive(joined, again, ...[5, 6, 7, 8].map((n) => message('topic-11', n)));
  const [answer, ...rest] = b.messages();
  assert.deepEqual(
    [answer.value.gap, answer.value.replay.map(({ value }) => value), rest.map(({ value }) => value)],
    [false, [5, 6, 7], [8]],
  );
});

test('a user who logs in gets nothing of what arrived before, though no $hello named the topic', async () => {
  const { network, hub, tab, receive, comeBack } = await twelve();
  await receive(message('topic-0', 8), message('topic-11', 8));
  await comeBack({ user: 'ann', resumed: false, line: 'L2' });
  for (const { id, at } of network.last.take('$join')) await receive({ re: id, value: { at, gap: false } });
  const kept = hub.topics.describe().filter(({ kept }) => kept > 0);
  assert.deepEqual(kept, []);
  const b = await tab('b');
  b.post(join('topic-11', 1, ['e', 7]));
  await settled();
  assert.deepEqual([b.messages(), network.last.take('$join').map(({ topic }) => topic)], [[], ['topic-11']]);
});

test('a join during a leave does not get the old position', async () => {
  const { clock, network, a, receive, drop, hello, open } = await twelve();
  a.post({ type: '$leave', topic: 'topic-11' });
  await drop();
  await open({ resumed: true, limits: TEN, topics: places(await hello()) });
  const old = network.last.take('$join').find(({ topic }) => topic === 'topic-11');
  await clock.pass(5_000);
  const [leave] = network.last.take('$leave');
  a.post(join('topic-11', 50));
  await receive({ re: old.id, value: { at: ['e', 7], gap: false } });
  assert.deepEqual(a.messages(), []);
  await receive({ re: leave.id });
  const [again] = network.last.take('$join');
  await receive({ re: again.id, value: { at: ['e', 9], gap: false } }, message('topic-11', 10));
  assert.deepEqual(
    a.messages().map(({ re, value }) => (re ? value.at : value)),
    [['e', 9], 10],
  );
});

test('however many topics there are to be joined, the server is not asked for more at once than it allows', async () => {
  const { clock, network, tab, hello, open } = start();
  await tab('a', numbered(2_000));
  const named = await hello();
  await open({ limits: { message: 65_536, members: 1_000, rate: 50, burst: 100 }, topics: places(named) });
  const first = network.last.take('$join').length;
  assert.ok(first > 100 && first < 400, `${first} at once`);
  await clock.pass(10_000);
  const next = network.last.take('$join').length;
  assert.ok(next > 400 && next <= 500, `${next} in ten seconds`);
  await clock.pass(10_000);
  assert.equal(named.length + first + next + network.last.take('$join').length, 2_000);
});

test('names that turn out to be too long are rejected in the tab, because three of them would close the line', async () => {
  const { network, tab, hello, open } = start();
  const a = await tab('a', ['x'.repeat(33)]);
  await hello();
  for (const n of [1, 2, 3]) a.post(join('x'.repeat(40) + n, n));
  await open({ limits: { message: 65_536, name: 32 } });
  assert.deepEqual(network.last.take('$join'), []);
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [
      [1, 'bad_value'],
      [2, 'bad_value'],
      [3, 'bad_value'],
    ],
  );
  assert.equal(a.take('$joinFailed')[0].error.code, 'bad_value');
  const late = await tab('late', ['x'.repeat(33)]);
  assert.equal(late.take('$joinFailed')[0].error.code, 'bad_value');
  assert.deepEqual(network.last.take('$join'), []);
});

test('a tab that joins a topic and then publishes to it gets its message, however much waits before', async () => {
  const { clock, network, tab, open } = start();
  const a = await tab('a');
  await open({ limits: { message: 65_536, rate: 10, burst: 10 } });
  const topics = numbered(40);
  for (const [n, topic] of topics.entries()) a.post(join(topic, n));
  a.post({ type: '$publish', topic: 'topic-39', value: '1', key: 'k', n: 99 });
  await clock.pass(3_000);
  assert.deepEqual(
    network.last.sent.filter(({ topic }) => topic === 'topic-39').map(({ type }) => type),
    ['$join', '$publish'],
  );
});

test('a recovered request is sent again in the order of ids', async () => {
  const { clock, network, tab, open, drop } = start();
  const limits = { message: 65_536, rate: 10, burst: 10 };
  const [a, b] = [await tab('a'), await tab('b')];
  await open({ limits });
  for (let n = 1; n <= 20; n++) {
    a.post(send('pay', n));
    await clock.pass(200);
  }
  b.post(send('late', 1));
  await clock.pass(200);
  await drop();
  await open({ resumed: true, heard: 0, limits });
  b.post({ type: '$detach' });
  const requests = [{ n: 1, id: 21, frame: send('late', 1) }];
  await tab('b', [], { worker: 'W1', session: { line: 'L1', key: 'K1', inbox: 0 }, requests });
  await clock.pass(5_000);
  assert.deepEqual(
    network.last.sent.filter(({ id }) => id !== undefined).map(({ id }) => id),
    Array.from({ length: 21 }, (_, i) => i + 1),
  );
});

test('a request of an earlier worker does not take another request’s id', async () => {
  const { network, hub, tab, open, drop } = start();
  const session = { line: 'L1', key: 'K1', inbox: 0 };
  const a = await tab('a', [], { session, worker: 'W0' });
  await open({ resumed: true, heard: 10 });
  a.post(send('pay', 1));
  await settled();
  network.last.end(1006);
  const b = await tab('b', [], { session, worker: 'W0', requests: [{ n: 7, id: 11, frame: send('old', 7) }] });
  assert.deepEqual(
    b.messages().map(({ re, error }) => [re, error.code]),
    [[7, 'worker_lost']],
  );
  await drop();
  await open({ resumed: true, heard: 10 });
  assert.deepEqual(
    network.last.sent.filter(({ id }) => id !== undefined).map(({ id, type }) => [id, type]),
    [[11, 'pay']],
  );
  assert.ok(hub.sender.has('a', 1));
});

test('a publish that was in flight on a lost line is sent again on the new one, and a request is lost', async () => {
  const { network, tab, open, drop } = start();
  const a = await tab('a');
  await open();
  a.post(send('pay', 1));
  a.post({ type: '$publish', topic: 'chat', value: '1', key: 'k', n: 2 });
  await drop();
  await open({ resumed: false, line: 'L2' });
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [[1, 'lost']],
  );
  const publish = { type: '$publish', topic: 'chat', from: 'a', id: 1, key: 'k', value: 1 };
  assert.deepEqual(
    network.last.sent.filter(({ id }) => id !== undefined),
    [publish],
  );
});

test('after the death of a worker a publish that the lost line had accepted is sent again, and a request is lost', async () => {
  const { network, tab, open } = start();
  await tab('first');
  await open({ line: 'L2' });
  const requests = [
    { n: 1, id: 4, frame: send('pay', 1) },
    { n: 2, id: 5, frame: { type: '$publish', topic: 'chat', value: '1', key: 'k', n: 2 } },
  ];
  const a = await tab('a', [], { session: { line: 'L1', key: 'K1', inbox: 0 }, worker: 'W0', requests });
  assert.deepEqual(
    a.messages().map(({ re, error }) => [re, error.code]),
    [[1, 'lost']],
  );
  assert.deepEqual(
    network.last.sent.flatMap(({ type, key, id }) => (id === undefined ? [] : [[type, key, id]])),
    [['$publish', 'k', 1]],
  );
});

test('a message posted while the socket closes is sent once', async () => {
  const { network, tab, open, drop } = start();
  const a = await tab('a');
  await open();
  network.last.readyState = 2;
  a.post(send('pay', 1));
  await drop();
  await open({ resumed: true, heard: 0 });
  assert.deepEqual(
    network.last.sent.filter(({ id }) => id !== undefined).map(({ id }) => id),
    [1],
  );
});

test('a closed line leaves nothing to the next one', async () => {
  const { clock, network, hub, tab, receive, open } = start();
  const a = await tab('a', ['room']);
  await open({ user: 'ann', topics: places(['*', 'room']) });
  await receive(message('room', 8));
  network.last.end(4501);
  a.post({ type: '$detach' });
  await clock.pass(1_000);
  const b = await tab('b');
  b.post(join('room', 1, ['e', 7]));
  await settled();
  await open({ user: 'bob', line: 'L2', topics: places(['*', 'room']) });
  await clock.pass(100);
  assert.deepEqual(
    hub.topics.describe().map(({ kept }) => kept),
    [0, 0],
  );
  assert.deepEqual(
    b.messages().map(({ value }) => value.replay),
    [[]],
  );
});

test('what arrived before a line was closed is delivered, and the close too, however soon another page opens it again', async () => {
  const { clock, network, tab, receive, open } = start();
  const a = await tab('a', ['room']);
  await open({ topics: places(['*', 'room']) });
  await receive(message('room', 8));
  a.messages();
  a.take('$status');
  network.last.receive({ topic: '*', at: ['e', 8], type: 'kicked' }, message('room', 9));
  network.last.end(4501);
  await tab('b');
  await clock.pass(100);
  assert.equal(a.take('$status').at(0)?.status.state, 'closed');
  assert.deepEqual(
    a.messages().map(({ topic }) => topic),
    ['*', 'room'],
  );
});

test('a topic of the user’s own is never too long', async () => {
  const { tab, open, receive } = start();
  const user = 'u'.repeat(40);
  const own = `@user:${user}`;
  await tab('a');
  await open({ user, limits: { message: 65_536, name: 32 }, topics: places(['*', own]) });
  await receive(message(own, 8));
  const back = await tab('back', [], { topics: { [own]: ['e', 7] } });
  assert.deepEqual(back.take('$joinFailed'), []);
  assert.deepEqual(
    back.messages().map(({ value }) => value),
    [8],
  );
});

test('a topic is left once, however often tabs come and go before the server answers', async () => {
  const { clock, network, tab, open, receive } = start();
  const a = await tab('a', ['room']);
  await open({ topics: places(['*', 'room']) });
  a.post({ type: '$leave', topic: 'room' });
  await clock.pass(5_000);
  a.post(join('room', 1));
  a.post({ type: '$leave', topic: 'room' });
  await clock.pass(5_000);
  a.post(join('room', 2));
  await settled();
  const [leave, ...more] = network.last.take('$leave');
  assert.deepEqual(more, []);
  assert.deepEqual(network.last.take('$join'), []);
  await receive({ re: leave.id });
  assert.equal(network.last.take('$join').length, 1);
});

test('a topic that the last tab leaves during the handshake is left after $welcome', async () => {
  const { clock, network, hub, tab, hello, open } = start();
  const a = await tab('a', ['room']);
  await open({ topics: places(['*', 'room']) });
  network.last.end(1006);
  await clock.pass(hub.connection.status.retryAt - clock.now());
  a.post({ type: '$leave', topic: 'room' });
  assert.ok((await hello()).includes('room'));
  await clock.pass(5_000);
  await open({ resumed: true, topics: places(['*', 'room']) });
  assert.deepEqual(
    network.last.take('$leave').map(({ topic }) => topic),
    ['room'],
  );
});
