import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerSocket } from '../../../../main/webapp/partyline/worker/connection/server-socket.js';
import { FakeClock, FakeNetwork, welcome } from '../../fakes.js';

/** A socket, and a listener that records what is reported to it. */
function start({ acksPaused = false } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const seen = { welcomes: 0, frames: [], malformed: [], closes: [] };
  const listener = {
    inbox: 7,
    onWelcome: () => seen.welcomes++,
    onFrame: (frame) => seen.frames.push(frame),
    onMalformed: (violation) => seen.malformed.push(violation),
    onClosed: (close) => seen.closes.push(close),
  };
  const { WebSocket } = network;
  const encodeHello = () => '{"type":"$hello"}';
  const socket = new ServerSocket({ url: 'ws://host/line', WebSocket, encodeHello, acksPaused, listener, clock });
  return { clock, socket, server: network.last, seen, listener };
}

function open(options) {
  const one = start(options);
  one.server.welcome();
  return one;
}

test('the hello is sent as soon as the socket is open, and nothing else before the welcome', () => {
  const { socket, server, seen } = start();
  assert.equal(socket.send('{}'), false);
  server.open();
  assert.equal(socket.send('{}'), false);
  server.receive({ type: '$ping' });
  assert.deepEqual(server.take(), [{ type: '$hello' }]);
  server.receive(welcome());
  assert.deepEqual([seen.welcomes, socket.isOpen, socket.send('{"type":"up"}')], [1, true, true]);
  assert.deepEqual(server.take(), [{ type: 'up' }]);
});

test('received characters are acknowledged, with the offset in the inbox', async () => {
  const { clock, server } = open();
  const text = JSON.stringify({ from: 't1', re: 1, value: 'x'.repeat(40_000) });
  server.receive(text);
  const hello = JSON.stringify(welcome()).length;
  assert.deepEqual(server.take('$ack'), [{ type: '$ack', bytes: hello + text.length, inbox: 7 }]);
  server.receive({ type: '$pong' });
  await clock.pass(3_000);
  assert.equal(server.take('$ack').length, 1);
});

test('a binary message is the text that it encodes, and is acknowledged as that', () => {
  const { server, seen } = open();
  const text = JSON.stringify({ from: 't1', re: 1, value: 'ü€😀'.repeat(10_000) });
  server.onmessage({ data: new TextEncoder().encode(`${text}\n{"type":"$ping"}`).buffer });
  assert.deepEqual(seen.frames.at(-1), JSON.parse(text));
  const received = JSON.stringify(welcome()).length + text.length + '\n{"type":"$ping"}'.length;
  assert.deepEqual(server.take('$ack'), [{ type: '$ack', bytes: received, inbox: 7 }]);
});

test('acknowledgements that were paused before the welcome stay paused', () => {
  const { socket, server } = open({ acksPaused: true });
  server.receive({ value: 'x'.repeat(40_000) });
  assert.deepEqual(server.take('$ack'), []);
  socket.pauseAcks(false);
  assert.equal(server.take('$ack').length, 1);
});

test('a ping of the server is answered', () => {
  const { server, seen } = open();
  server.receive({ type: '$ping' });
  assert.deepEqual(server.take('$pong'), [{ type: '$pong' }]);
  assert.deepEqual(seen.frames, []);
});

test('a close is reported with the code, reason and delay of `$bye`, since intermediaries replace codes', () => {
  const { server, seen } = open();
  server.receive({ type: '$bye', code: 4000, after: 2_500, reason: 'shutting down' });
  server.end(1006);
  assert.deepEqual(seen.closes, [{ code: 4000, after: 2_500, reason: 'shutting down', wasWelcomed: true, wasRefused: false }]);
});

test('a close before the welcome says so', () => {
  const { server, seen } = start();
  server.end(1009, 'too big');
  assert.deepEqual(seen.closes, [{ code: 1009, reason: 'too big', wasWelcomed: false, wasRefused: true }]);
});

test('a handshake that takes longer than 10 s is given up', async () => {
  const { clock, server, seen } = start();
  server.open();
  await clock.pass(10_000);
  assert.deepEqual([server.closedWith, seen.closes[0].code, seen.closes[0].reason], [4002, 0, 'no welcome within 10 s']);
});

test('a half-open socket is closed once, and ignored from then on', async () => {
  const { clock, server, seen } = open();
  const { onmessage, onclose } = server;
  await clock.pass(20_000);
  assert.equal(server.take('$ping').length, 1);
  await clock.pass(10_000);
  assert.deepEqual([server.closedWith, seen.closes[0].reason], [4002, 'heartbeat timeout']);
  assert.deepEqual([server.onmessage, server.onclose], [null, null]);
  onclose({ code: 1006, reason: '' });
  assert.equal(seen.closes.length, 1);
  assert.notEqual(onmessage, null);
});

test('after an hour of sleep the server is pinged before the socket is given up', async () => {
  const { clock, server, seen } = open();
  clock.sleep(3_600_000);
  await clock.pass(1);
  assert.deepEqual(seen.closes, []);
  server.receive({ type: '$pong' });
  await clock.pass(15_000);
  assert.deepEqual(seen.closes, []);
});

test('a socket that is discarded while it handles a message reports none of the rest, and leaves no timer', () => {
  const { clock, socket, server, seen, listener } = open();
  listener.onFrame = (frame) => {
    seen.frames.push(frame);
    socket.discard(1000);
  };
  server.receive({ type: 'one' }, { type: 'two' });
  assert.deepEqual(seen.frames, [{ type: 'one' }]);
  assert.deepEqual([server.closedWith, seen.closes, clock.waiting], [1000, [], 0]);
});

test('a malformed frame is reported and costs nothing else: not the rest of its batch, not the acknowledgement', () => {
  const { server, seen } = open();
  const value = 'x'.repeat(40_000);
  const malformed = ['{"topic":"chat","at":null}', '{"type":5}', '{"cut":', '{"type":"$gap"}', JSON.stringify(welcome())];
  const texts = [JSON.stringify({ from: 't1', re: 1 }), ...malformed, JSON.stringify({ from: 't1', re: 2, value })];
  server.receive(...texts);
  assert.deepEqual(
    seen.frames.map(({ re }) => re),
    [1, 2],
  );
  assert.deepEqual(seen.malformed, ['no JSON object', 'topic message.at', 'type', '$gap.topic', '$welcome after $welcome']);
  assert.equal(seen.welcomes, 1);
  const received = JSON.stringify(welcome()).length + texts.join('\n').length;
  assert.deepEqual(server.take('$ack'), [{ type: '$ack', bytes: received, inbox: 7 }]);
  assert.equal(server.closedWith, undefined);
});

test('a frame that the listener fails on costs nothing else either, and the failure is not hidden', () => {
  const { server, seen, listener } = open();
  const { onFrame } = listener;
  listener.onFrame = (frame) => {
    if (frame.re === 2) throw new Error('a fault of ours');
    onFrame(frame);
  };
  assert.throws(() => server.receive({ re: 1 }, { re: 2 }, { re: 3, value: 'x'.repeat(40_000) }), /a fault of ours/);
  assert.deepEqual(
    seen.frames.map(({ re }) => re),
    [1, 3],
  );
  assert.equal(server.take('$ack').length, 1);
});

test('a malformed welcome opens nothing, and is the reason if no other follows', async () => {
  const { clock, server, seen } = start();
  server.open();
  server.receive(welcome({ inbox: 'x' }));
  assert.deepEqual([seen.welcomes, seen.malformed], [0, ['$welcome.inbox']]);
  await clock.pass(10_000);
  assert.deepEqual(
    seen.closes.map(({ reason }) => reason),
    ['malformed welcome: $welcome.inbox'],
  );
});
