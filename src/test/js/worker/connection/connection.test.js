import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../../main/webapp/partyline/shared/errors.js';
import { Connection } from '../../../../main/webapp/partyline/worker/connection/connection.js';
import { FakeClock, FakeNetwork, noDiary, settled, welcome } from '../../fakes.js';

/** A wire, and an owner that remembers what it was told. */
function start({ token = async () => undefined, random = () => 0.5 } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const told = { heard: [], welcomes: [], states: [], reasons: [], dropped: 0, greeting: { tabs: ['t1'], topics: {} } };
  const wire = new Connection({
    url: 'ws://host/line',
    WebSocket: network.WebSocket,
    clock,
    random,
    diary: noDiary,
    owner: {
      token: (reason) => {
        told.reasons.push(reason);
        return token(reason);
      },
      greeting: (brief) => (brief ? { tabs: told.greeting.tabs, topics: {} } : told.greeting),
      welcomed: (frame, lostReplies) => told.welcomes.push({ ...frame, lostReplies }),
      heard: (frame, _chars, inbox) => told.heard.push({ ...frame, inbox }),
      dropLargest: () => told.dropped++,
      changed: ({ state }) => told.states.push(state),
    },
  });
  const open = async (more) => {
    wire.start();
    await settled();
    network.last.welcome(more);
  };
  return { clock, network, wire, told, open };
}

test('a wire greets with the tabs and topics, and is open when it is welcomed', async () => {
  const { network, wire, told } = start({ token: async () => 'T' });
  told.greeting = { tabs: ['t1', 't2'], topics: { chat: null } };
  wire.start();
  await settled();
  network.last.open();
  assert.deepEqual(network.last.take(), [
    { type: '$hello', v: 1, tabs: ['t1', 't2'], topics: { chat: null }, token: 'T', binary: true },
  ]);
  assert.equal(wire.say('{}'), false, 'not before the welcome');
  network.last.hear(welcome());
  assert.equal(wire.status.state, 'open');
  assert.deepEqual(told.states, ['connecting', 'open']);
});

test('a dropped wire resumes its line at its place in the inbox', async () => {
  const { clock, network, told, open } = start();
  await open();
  network.last.hear({ from: 't1', re: 1 }, { topic: '*', at: ['e', 1] }, { type: 'notice' });
  network.last.end(1006);
  await clock.pass(1_000);
  network.last.open();
  const [hello] = network.last.take('$hello');
  assert.deepEqual([hello.line, hello.key, hello.inbox], ['L1', 'K1', 2]);
  network.last.hear(welcome({ resumed: true, inbox: 2, heard: 4 }));
  assert.equal(told.welcomes[1].lostReplies, false);
});

test('a welcome that is further in the inbox than we are says that replies were lost', async () => {
  const { clock, network, told, open } = start();
  await open();
  network.last.end(1006);
  await clock.pass(1_000);
  network.last.welcome({ resumed: true, inbox: 3 });
  assert.equal(told.welcomes[1].lostReplies, true);
});

test('each inbox frame is counted once, and topic frames are not', async () => {
  const { network, told, open } = start();
  await open({ inbox: 7 });
  network.last.hear(
    { from: 't1', re: 1 },
    { topic: 'x', at: ['e', 1] },
    { type: '$gap', topic: 'x', at: ['e', 9] },
    { error: {} },
  );
  assert.deepEqual(
    told.heard.map(({ inbox }) => inbox),
    [8, 8, 8, 9],
  );
});

test('what was heard is acknowledged, with the place in the inbox', async () => {
  const { clock, network, open } = start();
  await open();
  const text = JSON.stringify({ from: 't1', re: 1, value: 'x'.repeat(40_000) });
  network.last.hear(text);
  const hello = JSON.stringify(welcome()).length;
  assert.deepEqual(network.last.take('$ack'), [{ type: '$ack', bytes: hello + text.length, inbox: 1 }]);
  network.last.hear({ type: '$pong' });
  await clock.pass(3_000);
  assert.equal(network.last.take('$ack').length, 1);
});

test('a message of bytes is the text that it encodes, and is acknowledged as that', async () => {
  const { network, told, open } = start();
  await open();
  const text = JSON.stringify({ from: 't1', re: 1, value: 'ü€😀'.repeat(10_000) });
  network.last.onmessage({ data: new TextEncoder().encode(`${text}\n{"type":"$ping"}`).buffer });
  assert.deepEqual(told.heard.at(-1), { ...JSON.parse(text), inbox: 1 });
  const heard = JSON.stringify(welcome()).length + text.length + '\n{"type":"$ping"}'.length;
  assert.deepEqual(network.last.take('$ack'), [{ type: '$ack', bytes: heard, inbox: 1 }]);
});

test('a server that asks for life is answered', async () => {
  const { network, open } = start();
  await open();
  network.last.hear({ type: '$ping' });
  assert.deepEqual(network.last.take('$pong'), [{ type: '$pong' }]);
});

test('a half-open socket is given up, and what it says later is nobody’s', async () => {
  const { clock, network, wire, told, open } = start();
  await open();
  const dead = network.last;
  await clock.pass(20_000);
  assert.equal(dead.take('$ping').length, 1);
  await clock.pass(10_000);
  assert.equal(dead.closedWith, 4002);
  assert.equal(wire.status.state, 'waiting');
  await clock.pass(1_000);
  assert.notEqual(network.last, dead);
  dead.onmessage?.({ data: '{"type":"late"}' });
  dead.onclose?.({ code: 1006, reason: '' });
  assert.deepEqual(told.heard, []);
  assert.equal(network.sockets.length, 2);
});

test('after an hour of sleep the server is asked before the socket is given up', async () => {
  const { clock, network, wire, open } = start();
  await open();
  clock.sleep(3_600_000);
  await clock.pass(1);
  assert.equal(wire.status.state, 'open');
  network.last.hear({ type: '$pong' });
  await clock.pass(15_000);
  assert.equal(wire.status.state, 'open');
});

test('a handshake that takes longer than 10 s is given up', async () => {
  const { clock, network, wire } = start();
  wire.start();
  await settled();
  await clock.pass(10_000);
  assert.equal(network.sockets.length, 1);
  assert.equal(wire.status.state, 'waiting');
  await clock.pass(500);
  assert.equal(network.sockets.length, 2);
});

test('failures double the wait, and only health forgets them', async () => {
  const { clock, network, wire, open } = start({ random: () => 1 });
  const waits = [];
  await open();
  for (let turn = 0; turn < 4; turn++) {
    network.last.end(1006);
    waits.push(wire.status.retryAt - clock.now());
    await clock.pass(waits[turn]);
    network.last.welcome({ resumed: true });
    await clock.pass(4_000);
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000], 'a connection that drops at once is no health');
  await clock.pass(2_000);
  network.last.end(1006);
  assert.equal(wire.status.retryAt - clock.now(), 500);
});

test('terminal codes stop, whatever we are asked later', async () => {
  for (const code of [4500, 4501, 4502, 4503, 4504, 4506, 4999]) {
    const { clock, network, wire, open } = start();
    await open();
    network.last.end(code, 'why');
    assert.deepEqual([wire.status.state, wire.status.code, wire.status.reason], ['closed', code, 'why']);
    wire.nudge();
    await clock.pass(3_600_000);
    assert.equal(network.sockets.length, 1, String(code));
  }
});

test('a goodbye says why, since close codes get lost on the way', async () => {
  const { clock, network, wire, open } = start({ random: () => 0 });
  await open();
  network.last.hear({ type: '$bye', code: 4000, after: 2_500, reason: 'shutting down' });
  network.last.end(1006);
  assert.deepEqual([wire.status.code, wire.status.reason], [4000, 'shutting down']);
  wire.nudge();
  await clock.pass(2_499);
  assert.equal(network.sockets.length, 1, 'not before the patience that was asked for');
  await clock.pass(1);
  assert.equal(network.sockets.length, 2);
});

test('a server that went down gets its herd back over five seconds', async () => {
  const waits = [];
  for (const share of [0, 0.25, 0.5, 0.999]) {
    const { clock, network, wire, open } = start({ random: () => share });
    await open();
    network.last.end(1012);
    waits.push(Math.round(wire.status.retryAt - clock.now()));
  }
  assert.ok(waits[0] === 0 && waits[1] >= 1_250 && waits[2] >= 2_500 && waits[3] >= 4_995, waits.join());
});

test('codes that say that one of us speaks wrongly, or say nothing, come back three times', async () => {
  const { clock, network, wire, open } = start();
  await open();
  for (let turn = 0; turn < 4; turn++) {
    network.last.end([1002, 1000, 1003, 1007][turn]);
    if (turn < 3) await clock.pass(wire.status.retryAt - clock.now());
    if (turn < 3) network.last.welcome();
  }
  assert.equal(wire.status.state, 'closed');
  assert.equal(network.sockets.length, 4);
});

test('after a message too large for the server the largest is dropped', async () => {
  const { network, told, open } = start();
  await open();
  network.last.end(1009);
  assert.equal(told.dropped, 1);
});

test('a hello that is not welcomed, being too large perhaps, is said without its topics, and costs no message', async () => {
  const { clock, network, told, wire } = start();
  told.greeting.topics = { chat: null };
  const greeting = async () => {
    await clock.pass(wire.status.state === 'waiting' ? wire.status.retryAt - clock.now() : 0);
    network.last.open();
    return Object.keys(network.last.take('$hello')[0].topics);
  };
  wire.start();
  await settled();
  assert.deepEqual(await greeting(), ['chat']);
  network.last.end(1009);
  assert.deepEqual(await greeting(), []);
  network.last.end(1006);
  assert.deepEqual(await greeting(), []);
  assert.equal(told.dropped, 0);
  network.last.welcome();
  network.last.end(1006);
  assert.deepEqual(await greeting(), ['chat']);
  for (const topics of [['chat'], []]) {
    await clock.pass(10_000);
    assert.equal(wire.status.reason, 'no welcome within 10 s');
    assert.deepEqual(await greeting(), topics, 'one in vain may be bad luck');
  }
});

test('a line that another socket took over is not fought for: a new one is opened', async () => {
  const { clock, network, open } = start();
  await open();
  network.last.end(4507);
  await clock.pass(1_000);
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined);
});

test('an expired token is renewed, and a lost login looked at once', async () => {
  const { clock, network, told, open } = start({ token: async () => 'T' });
  await open();
  network.last.end(4003);
  await clock.pass(1_000);
  network.last.welcome({ resumed: true });
  network.last.end(1008);
  await clock.pass(2_000);
  assert.deepEqual(told.reasons, ['connect', 'expired', 'login']);
});

test('no token to be had for good closes the wire; for now, it waits', async () => {
  const forGood = start({ token: () => Promise.reject(new LineError('unauthenticated', 'nobody is logged in')) });
  forGood.wire.start();
  await settled();
  assert.equal(forGood.wire.status.state, 'closed');
  const forNow = start({ token: () => Promise.reject(new LineError('failed', 'no answer', { retryable: true })) });
  forNow.wire.start();
  await settled();
  assert.equal(forNow.wire.status.state, 'waiting');
});

test('a browser that forbids the connection closes the wire, and says so', async () => {
  const { network, wire } = start();
  network.refuses = new Error('blocked by policy');
  wire.start();
  await settled();
  assert.equal(wire.status.state, 'closed');
  assert.match(wire.status.reason ?? '', /blocked by policy/);
});

test('the network is back: a waiting wire tries within a second, an open one asks for life', async () => {
  const { clock, network, wire, open } = start({ random: () => 0.9 });
  await open();
  wire.nudge();
  assert.equal(network.last.take('$ping').length, 1);
  for (let turn = 0; turn < 6; turn++) {
    network.last.end(1006);
    if (turn < 5) await clock.pass(20_000);
  }
  assert.ok(wire.status.retryAt - clock.now() > 5_000);
  wire.nudge();
  assert.ok(wire.status.retryAt - clock.now() <= 1_000);
});

test('hidden tabs come back more slowly', async () => {
  const { clock, network, wire } = start({ random: () => 1 });
  wire.hidden = true;
  wire.start();
  await settled();
  for (let turn = 0; turn < 10; turn++) {
    network.last.end(1006);
    await clock.pass(wire.status.retryAt - clock.now());
  }
  network.last.end(1006);
  assert.equal(wire.status.retryAt - clock.now(), 60_000);
});

test('goodbye is said, the socket closed, and the line forgotten', async () => {
  const { network, wire, open } = start();
  await open();
  wire.bye('the last tab is gone');
  assert.equal(network.last.take('$bye').length, 1);
  assert.equal(network.last.closedWith, 1000);
  wire.start();
  await settled();
  network.last.open();
  assert.equal(network.last.take('$hello')[0].line, undefined);
});
