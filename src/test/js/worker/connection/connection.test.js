import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../../main/webapp/partyline/shared/errors.js';
import { Connection } from '../../../../main/webapp/partyline/worker/connection/connection.js';
import { FakeClock, FakeNetwork, noLog, settled, welcome } from '../../fakes.js';

/** A connection, and an owner that records what it is called with. */
function start({ token = async () => undefined, random = () => 0.5, fetch, url = 'ws://host/line', helloInUrl } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const seen = {
    frames: [],
    welcomes: [],
    states: [],
    reasons: [],
    dropped: 0,
    bareHellos: 0,
    payload: { tabs: ['t1'], topics: {} },
  };
  const owner = {
    token: (reason) => {
      seen.reasons.push(reason);
      return token(reason);
    },
    helloPayload: (minimal) => (minimal ? { tabs: seen.payload.tabs, topics: {} } : seen.payload),
    onBareHello: () => seen.bareHellos++,
    onWelcome: (frame, lostReplies) => seen.welcomes.push({ ...frame, lostReplies }),
    onFrame: (frame, _chars, inbox) => seen.frames.push({ ...frame, inbox }),
    rejectLargest: () => seen.dropped++,
    onStatus: ({ state }) => seen.states.push(state),
  };
  const connection = new Connection({
    url,
    WebSocket: network.WebSocket,
    fetch,
    clock,
    random,
    helloInUrl,
    log: noLog,
    owner,
  });
  const open = async (more) => {
    connection.start();
    await settled();
    network.last.welcome(more);
  };
  return { clock, network, connection, seen, open, owner };
}

test('the hello names tabs and topics, and the connection is open after the welcome', async () => {
  const { network, connection, seen } = start({ token: async () => 'T' });
  seen.payload = { tabs: ['t1', 't2'], topics: { chat: null } };
  connection.start();
  await settled();
  network.last.open();
  assert.deepEqual(network.last.take(), [
    { type: '$hello', v: 1, tabs: ['t1', 't2'], topics: { chat: null }, token: 'T', binary: true },
  ]);
  assert.equal(connection.send('{}'), false, 'not before the welcome');
  network.last.receive(welcome());
  assert.equal(connection.status.state, 'open');
  assert.deepEqual(seen.states, ['connecting', 'open']);
});

test('the URL stands for the hello of a new line: the welcome comes without one', async () => {
  const { clock, network, connection, seen } = start({ helloInUrl: true, url: 'ws://host/line?a=%20b' });
  connection.start();
  await settled();
  assert.equal(network.last.url, 'ws://host/line?a=%20b&partyline-hello=1');
  assert.equal(seen.bareHellos, 1);
  network.last.welcome();
  assert.equal(connection.status.state, 'open');
  assert.deepEqual(network.last.take('$hello'), []);
  await clock.pass(5_000);
  assert.equal(network.sockets.length, 1);

  network.last.end(1006);
  await clock.pass(1_000);
  network.last.open();
  assert.equal(network.last.url, 'ws://host/line?a=%20b');
  assert.equal(network.last.take('$hello')[0].line, 'L1', 'a line is resumed by a hello');
  assert.equal(seen.bareHellos, 1);
});

test('a hello with a token is sent', async () => {
  const { network, connection, seen } = start({ helloInUrl: true, token: async () => 'T' });
  connection.start();
  await settled();
  network.last.open();
  assert.equal(network.last.url, 'ws://host/line');
  assert.equal(network.last.take('$hello')[0].token, 'T');
  assert.equal(seen.bareHellos, 0);
});

test('a server that sends no welcome without a hello, since a proxy drops the query, gets one on another socket', async () => {
  const { clock, network, connection, seen } = start({ helloInUrl: true });
  connection.start();
  await settled();
  const [first] = network.sockets;
  first.open();
  await clock.pass(1_900);
  assert.equal(network.sockets.length, 1);
  await clock.pass(200);
  assert.equal(first.closedWith, 1000, 'the server may have opened a line');
  await clock.pass(500);
  assert.equal(network.last.url, 'ws://host/line');
  network.last.welcome();
  assert.equal(network.last.take('$hello').length, 1);
  assert.deepEqual(seen.states, ['connecting', 'waiting', 'connecting', 'open']);

  connection.closeLine('bye');
  connection.start();
  await settled();
  assert.equal(network.last.url, 'ws://host/line', 'the next line is not tried so');
});

test('a session that comes while the URL asks for a new line is resumed on another socket', async () => {
  const { network, connection } = start({ helloInUrl: true });
  connection.start();
  await settled();
  const [bare] = network.sockets;
  bare.open();
  connection.restoreSession({ line: 'L7', key: 'K7', inbox: 3 });
  await settled();
  assert.equal(bare.closedWith, 1000);
  network.last.open();
  assert.equal(network.last.url, 'ws://host/line');
  const [{ line, inbox }] = network.last.take('$hello');
  assert.deepEqual([line, inbox], ['L7', 3]);
  connection.restoreSession({ line: 'L8', key: 'K8', inbox: 0 });
  await settled();
  assert.equal(network.sockets.length, 2, 'a connection that resumes a line keeps it');
});

test('an attempt after one that failed sends its hello', async () => {
  const { clock, network, connection } = start({ helloInUrl: true });
  connection.start();
  await settled();
  network.last.end(1006);
  await clock.pass(1_000);
  assert.deepEqual(
    network.sockets.map(({ url }) => url),
    ['ws://host/line?partyline-hello=1', 'ws://host/line'],
  );
});

test('after a drop the line is resumed at its offset in the inbox', async () => {
  const { clock, network, seen, open } = start();
  await open();
  network.last.receive({ from: 't1', re: 1 }, { topic: '*', at: ['e', 1] }, { type: 'notice' });
  network.last.end(1006);
  await clock.pass(1_000);
  network.last.open();
  const [hello] = network.last.take('$hello');
  assert.deepEqual([hello.line, hello.key, hello.inbox], ['L1', 'K1', 2]);
  network.last.receive(welcome({ resumed: true, inbox: 2, heard: 4 }));
  assert.equal(seen.welcomes[1].lostReplies, false);
});

test('a welcome with a larger inbox offset than the client’s means that replies were lost', async () => {
  const { clock, network, seen, open } = start();
  await open();
  network.last.end(1006);
  await clock.pass(1_000);
  network.last.welcome({ resumed: true, inbox: 3 });
  assert.equal(seen.welcomes[1].lostReplies, true);
});

test('each inbox frame is counted once, and topic frames are not', async () => {
  const { network, seen, open } = start();
  await open({ inbox: 7 });
  network.last.receive(
    { from: 't1', re: 1 },
    { topic: 'x', at: ['e', 1] },
    { type: '$gap', topic: 'x', at: ['e', 9] },
    { error: {} },
  );
  assert.deepEqual(
    seen.frames.map(({ inbox }) => inbox),
    [8, 8, 8, 9],
  );
});

test('a half-open socket is given up, and its later events are ignored', async () => {
  const { clock, network, connection, seen, open } = start();
  await open();
  const dead = network.last;
  await clock.pass(20_000);
  assert.equal(dead.take('$ping').length, 1);
  await clock.pass(10_000);
  assert.equal(dead.closedWith, 4002);
  assert.equal(connection.status.state, 'waiting');
  await clock.pass(1_000);
  assert.notEqual(network.last, dead);
  dead.onmessage?.({ data: '{"type":"late"}' });
  dead.onclose?.({ code: 1006, reason: '' });
  assert.deepEqual(seen.frames, []);
  assert.equal(network.sockets.length, 2);
});

test('a handshake that takes longer than 10 s is given up', async () => {
  const { clock, network, connection } = start();
  connection.start();
  await settled();
  await clock.pass(10_000);
  assert.equal(network.sockets.length, 1);
  assert.equal(connection.status.state, 'waiting');
  await clock.pass(500);
  assert.equal(network.sockets.length, 2);
});

test('failures double the delay, and only a stable connection resets them', async () => {
  const { clock, network, connection, open } = start({ random: () => 1 });
  const waits = [];
  await open();
  for (let round = 0; round < 4; round++) {
    network.last.end(1006);
    waits.push(connection.status.retryAt - clock.now());
    await clock.pass(waits[round]);
    network.last.welcome({ resumed: true });
    await clock.pass(4_000);
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000], 'a connection that drops at once is not stable');
  await clock.pass(2_000);
  network.last.end(1006);
  assert.equal(connection.status.retryAt - clock.now(), 500);
});

test('codes that stop are final, `wake` or not', async () => {
  for (const code of [4500, 4501, 4502, 4503, 4504, 4506, 4999]) {
    const { clock, network, connection, open } = start();
    await open();
    network.last.end(code, 'why');
    assert.deepEqual([connection.status.state, connection.status.code, connection.status.reason], ['closed', code, 'why']);
    connection.wake();
    await clock.pass(3_600_000);
    assert.equal(network.sockets.length, 1, String(code));
  }
});

test('`$bye` decides code, reason and the earliest reconnect, since intermediaries replace close codes', async () => {
  const { clock, network, connection, open } = start({ random: () => 0 });
  await open();
  network.last.receive({ type: '$bye', code: 4000, after: 2_500, reason: 'shutting down' });
  network.last.end(1006);
  assert.deepEqual([connection.status.code, connection.status.reason], [4000, 'shutting down']);
  connection.wake();
  await clock.pass(2_499);
  assert.equal(network.sockets.length, 1, 'not before the delay that the server asked for');
  await clock.pass(1);
  assert.equal(network.sockets.length, 2);
});

test('after a server’s stop reconnects are spread over five seconds', async () => {
  const waits = [];
  for (const share of [0, 0.25, 0.5, 0.999]) {
    const { clock, network, connection, open } = start({ random: () => share });
    await open();
    network.last.end(1012);
    waits.push(Math.round(connection.status.retryAt - clock.now()));
  }
  assert.ok(waits[0] === 0 && waits[1] >= 1_250 && waits[2] >= 2_500 && waits[3] >= 4_995, waits.join());
});

test('codes of a protocol error, and a normal close, are retried three times', async () => {
  const { clock, network, connection, open } = start();
  await open();
  for (let round = 0; round < 4; round++) {
    network.last.end([1002, 1000, 1003, 1007][round]);
    if (round < 3) await clock.pass(connection.status.retryAt - clock.now());
    if (round < 3) network.last.welcome();
  }
  assert.equal(connection.status.state, 'closed');
  assert.equal(network.sockets.length, 4);
});

test('after a close because of a message that is too large, the largest request is rejected', async () => {
  const { network, seen, open } = start();
  await open();
  network.last.end(1009);
  assert.equal(seen.dropped, 1);
});

test('a hello without a welcome, perhaps too large, is repeated without topics, and no request is rejected for it', async () => {
  const { clock, network, seen, connection } = start();
  seen.payload.topics = { chat: null };
  const payload = async () => {
    await clock.pass(connection.status.state === 'waiting' ? connection.status.retryAt - clock.now() : 0);
    network.last.open();
    return Object.keys(network.last.take('$hello')[0].topics);
  };
  connection.start();
  await settled();
  assert.deepEqual(await payload(), ['chat']);
  network.last.end(1009);
  assert.deepEqual(await payload(), []);
  network.last.end(1006);
  assert.deepEqual(await payload(), []);
  assert.equal(seen.dropped, 0);
  network.last.welcome();
  network.last.end(1006);
  assert.deepEqual(await payload(), ['chat']);
  for (const topics of [['chat'], []]) {
    await clock.pass(10_000);
    assert.equal(connection.status.reason, 'no welcome within 10 s');
    assert.deepEqual(await payload(), topics, 'one may be bad luck');
  }
});

test('a line that another connection has taken is given up: a new one is opened', async () => {
  const { clock, network, open } = start();
  await open();
  network.last.end(4507);
  await clock.pass(1_000);
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined);
});

test('a code of the application ends the line or brings it back, and the status says code and reason', async () => {
  const { clock, network, connection, open } = start();
  await open();
  network.last.receive({ type: '$bye', code: 4100, reason: 'your roles have changed' });
  network.last.end(4100);
  const { state, code, reason } = connection.status;
  assert.deepEqual({ state, code, reason }, { state: 'waiting', code: 4100, reason: 'your roles have changed' });
  await clock.pass(1_000);
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, 'L1');
  network.last.welcome({ resumed: true });

  network.last.receive({ type: '$bye', code: 4600, reason: 'you are banned' });
  network.last.end(4600);
  assert.deepEqual(connection.status, { state: 'closed', code: 4600, reason: 'you are banned' });
  const sockets = network.sockets.length;
  await clock.pass(100_000);
  assert.equal(network.sockets.length, sockets, 'it stays away');
  connection.start();
  await settled();
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined, 'a page that connects again gets a new line');
});

test('an expired token is renewed, and a rejected login is checked once', async () => {
  const { clock, network, seen, open } = start({ token: async () => 'T' });
  await open();
  network.last.end(4003);
  await clock.pass(1_000);
  network.last.welcome({ resumed: true });
  network.last.end(1008);
  await clock.pass(2_000);
  assert.deepEqual(seen.reasons, ['connect', 'expired', 'login']);
});

/** What a protected address answers without a login, and what others answer. */
const ANSWERS = {
  redirect: { status: 0, response: 'opaqueredirect' },
  unauthorized: { status: 401 },
  forbidden: { status: 403 },
  form: { status: 200, ok: true, type: 'text/html;charset=UTF-8' },
  notFound: { status: 404 },
  data: { status: 200, ok: true, type: 'application/json' },
  gateway: { status: 502 },
};

/** A server whose plain answer the test chooses: one of these, or `undefined` for none. It has the files of the worker, unless it is `captive`. */
function server(answer, captive = false) {
  const asked = [];
  const fetch = async (url, init) => {
    if (url.endsWith('/login-check.js') && !captive)
      return { type: 'basic', status: 200, ok: true, headers: new Headers({ 'content-type': 'text/javascript' }) };
    asked.push(`${url} ${init.redirect}`);
    const { status, ok = false, type, response = 'basic' } = ANSWERS[answer()] ?? assert.fail('no network');
    return { type: response, status, ok, headers: new Headers(type && { 'content-type': type }) };
  };
  return { asked, fetch };
}

/** The server refuses so many WebSockets, one after the other. */
async function refuse(times, { clock, network, connection }) {
  for (let i = 0; i < times && connection.status.state !== 'closed'; i++) {
    network.last.end(1006);
    await clock.pass(connection.status.retryAt - clock.now());
  }
}

test('after the end of a login the line goes on if the user is still known', async () => {
  for (const code of [4004, 1008]) {
    const { clock, network, connection, open } = start();
    await open({ user: 'ann' });
    network.last.end(code, 'the login has ended');
    assert.equal(connection.status.state, 'waiting');
    await clock.pass(1_000);
    network.last.open();
    assert.equal(network.last.take('$hello')[0].line, 'L1');
    network.last.welcome({ resumed: true, user: 'ann' });
    assert.equal(connection.status.state, 'open');
  }
});

test('after the end of a login the line is closed if the server says that there is no user', async () => {
  const { clock, network, connection, open } = start();
  await open({ user: 'ann' });
  network.last.end(4004, 'the login has ended');
  await clock.pass(1_000);
  network.last.open();
  network.last.receive({ type: '$bye', code: 4505, reason: 'the login has ended' });
  network.last.end(4505);
  assert.deepEqual(connection.status, { state: 'closed', code: 4505, reason: 'the login has ended' });
  connection.start();
  await settled();
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined, 'a page that connects again gets a new line');
});

test('after the end of a login the line is closed if the address wants a login, and at once', async () => {
  for (const answer of ['redirect', 'unauthorized', 'forbidden', 'form']) {
    const { asked, fetch } = server(() => answer);
    const started = start({ fetch });
    await started.open({ user: 'ann' });
    started.network.last.end(4004);
    await started.clock.pass(1_000);
    await refuse(1, started);
    assert.deepEqual(started.connection.status, { state: 'closed', code: 4505, reason: 'the login has ended' }, answer);
    assert.deepEqual(asked, ['http://host/line manual']);
    assert.equal(started.network.sockets.length, 2);
  }
});

test('after the end of a login three refusals of a server that answers close the line', async () => {
  const started = start({ fetch: server(() => 'notFound').fetch });
  await started.open({ user: 'ann' });
  started.network.last.end(1008);
  await started.clock.pass(1_000);
  await refuse(2, started);
  assert.notEqual(started.connection.status.state, 'closed');
  await refuse(1, started);
  assert.deepEqual(started.connection.status, { state: 'closed', code: 4505, reason: 'the login has ended' });
});

test('without a network nothing is concluded, whether the login has ended or not', async () => {
  for (const code of [4004, 1006])
    for (const answer of [undefined, 'gateway']) {
      const started = start({ fetch: server(() => answer).fetch });
      await started.open({ user: 'ann' });
      started.network.last.end(code);
      await started.clock.pass(1_000);
      await refuse(10, started);
      assert.notEqual(started.connection.status.state, 'closed', `${code} ${answer}`);
    }
});

test('a login that ends while the line is down is found out when the network is back', async () => {
  let answer;
  const { fetch } = server(() => answer);
  const started = start({ fetch });
  await started.open({ user: 'ann' });
  started.network.last.end(1006);
  await started.clock.pass(1_000);
  await refuse(5, started);
  assert.notEqual(started.connection.status.state, 'closed');
  answer = 'form';
  await refuse(2, started);
  assert.deepEqual(started.connection.status, { state: 'closed', code: 4505, reason: 'the login has ended' });
});

test('the login page of a network is not taken for that of the server', async () => {
  for (const answer of ['redirect', 'form']) {
    const started = start({ fetch: server(() => answer, true).fetch });
    await started.open({ user: 'ann' });
    started.network.last.end(1006);
    await started.clock.pass(1_000);
    await refuse(10, started);
    assert.notEqual(started.connection.status.state, 'closed', answer);
  }
});

test('over TLS it is the server that answers', async () => {
  const started = start({ fetch: server(() => 'form', true).fetch, url: 'wss://host/line' });
  await started.open({ user: 'ann' });
  started.network.last.end(1006);
  await started.clock.pass(1_000);
  await refuse(5, started);
  assert.deepEqual(started.connection.status, { state: 'closed', code: 4505, reason: 'the login has ended' });
});

test('a server that refuses WebSockets and wants no login is tried again for ever', async () => {
  for (const answer of ['notFound', 'data']) {
    const started = start({ fetch: server(() => answer).fetch });
    await started.open({ user: 'ann' });
    started.network.last.end(1006);
    await started.clock.pass(1_000);
    await refuse(10, started);
    assert.notEqual(started.connection.status.state, 'closed', answer);
  }
});

test('a page without a login does not wait for a protected line for ever', async () => {
  const expected = { redirect: 4501, unauthorized: 4501, form: undefined };
  for (const [answer, code] of Object.entries(expected)) {
    const started = start({ fetch: server(() => answer).fetch });
    started.connection.start();
    await settled();
    await refuse(6, started);
    if (code) assert.deepEqual(started.connection.status, { state: 'closed', code, reason: 'a login is required' });
    else assert.notEqual(started.connection.status.state, 'closed', 'a page of its own may be there for every address');
  }
});

test('a server that does not answer does not keep the client from trying again', async () => {
  const started = start({ fetch: () => new Promise(() => {}) });
  await started.open({ user: 'ann' });
  started.network.last.end(4004);
  await started.clock.pass(1_000);
  await refuse(1, started);
  await started.clock.pass(5_000);
  assert.equal(started.network.sockets.length, 3);
});

test('a token error closes the connection, unless it is retryable', async () => {
  const forGood = start({ token: () => Promise.reject(new LineError('unauthenticated', 'not logged in')) });
  forGood.connection.start();
  await settled();
  assert.equal(forGood.connection.status.state, 'closed');
  const forNow = start({ token: () => Promise.reject(new LineError('failed', 'no answer', { retryable: true })) });
  forNow.connection.start();
  await settled();
  assert.equal(forNow.connection.status.state, 'waiting');
});

test('a tab that has no token after the login has ended closes the line as the server does, and before that as before', async () => {
  const token = () => Promise.reject(new LineError('unauthenticated', 'status 401'));
  for (const [ended, code, reason] of [
    [4004, 4505, 'the login has ended'],
    [1008, 4505, 'the login has ended'],
    [1006, 4501, 'unauthenticated: status 401'],
    [4003, 4501, 'unauthenticated: status 401'],
  ]) {
    let given = 0;
    const started = start({ token: () => (given++ === 0 ? Promise.resolve('first') : token()) });
    await started.open({ user: 'ann' });
    started.network.last.end(/** @type {number} */ (ended));
    await started.clock.pass(10_000);
    assert.deepEqual(started.connection.status, { state: 'closed', code, reason }, String(ended));
  }
});

test('a connection that the browser forbids is closed, with the reason', async () => {
  const { network, connection } = start();
  network.refuses = new Error('blocked by policy');
  connection.start();
  await settled();
  assert.equal(connection.status.state, 'closed');
  assert.match(connection.status.reason ?? '', /blocked by policy/);
});

test('`wake` makes a waiting connection retry within a second, and an open one ping', async () => {
  const { clock, network, connection, open } = start({ random: () => 0.9 });
  await open();
  connection.wake();
  assert.equal(network.last.take('$ping').length, 1);
  for (let round = 0; round < 6; round++) {
    network.last.end(1006);
    if (round < 5) await clock.pass(20_000);
  }
  assert.ok(connection.status.retryAt - clock.now() > 5_000);
  connection.wake();
  assert.ok(connection.status.retryAt - clock.now() <= 1_000);
});

test('while all tabs are hidden, reconnects are slower', async () => {
  const { clock, network, connection } = start({ random: () => 1 });
  connection.hidden = true;
  connection.start();
  await settled();
  for (let round = 0; round < 10; round++) {
    network.last.end(1006);
    await clock.pass(connection.status.retryAt - clock.now());
  }
  network.last.end(1006);
  assert.equal(connection.status.retryAt - clock.now(), 60_000);
});

test('a connection that its owner closes while it handles the welcome is never reported as open', async () => {
  const { connection, seen, open, owner } = start();
  owner.onWelcome = () => connection.closeLine('another user is logged in');
  await open();
  assert.deepEqual(seen.states, ['connecting', 'closed']);
});

test('a token that comes after the connection was stopped opens no socket', async () => {
  /** @type {(token: string) => void} */
  let resolve = () => {};
  const { network, connection } = start({ token: () => new Promise((resolved) => (resolve = resolved)) });
  connection.start();
  connection.stop({ reason: 'no tab' });
  resolve('T');
  await settled();
  assert.equal(network.sockets.length, 0);
});

test('the line of an earlier worker is resumed, unless the connection has one', async () => {
  const { network, connection, open } = start();
  connection.restoreSession({ line: 'L9', key: 'K9', inbox: 4 });
  assert.deepEqual(connection.session, { line: 'L9', key: 'K9', inbox: 4 });
  await open({ line: 'L9', key: 'K9', resumed: true, inbox: 4 });
  const [hello] = network.last.take('$hello');
  assert.deepEqual([hello.line, hello.key, hello.inbox], ['L9', 'K9', 4]);
  connection.restoreSession({ line: 'L8', key: 'K8', inbox: 1 });
  assert.equal(connection.session?.line, 'L9');
});

test('closing the line sends `$bye`, closes the socket and forgets the session', async () => {
  const { network, connection, open } = start();
  await open();
  connection.closeLine('the last tab is gone');
  assert.equal(network.last.take('$bye').length, 1);
  assert.equal(network.last.closedWith, 1000);
  connection.start();
  await settled();
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined);
});
