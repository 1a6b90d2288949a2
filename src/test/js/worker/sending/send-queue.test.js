import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlightRequests } from '../../../../main/webapp/partyline/worker/sending/in-flight.js';
import { SendQueue } from '../../../../main/webapp/partyline/worker/sending/send-queue.js';
import { FakeClock } from '../../fakes.js';

const MIB = 1 << 20;

function start(limits = {}) {
  const clock = new FakeClock();
  const inFlight = new InFlightRequests();
  const queue = new SendQueue({ clock, inFlight, ...limits });
  const message = (tab, n, chars = 1) => ({ tab, n, name: `${tab}${n}`, chars });
  const add = (tab, n, chars, isOpen = false) => queue.add(message(tab, n, chars), isOpen)?.code;
  const addControl = (name) => queue.addControl({ name, head: '', tail: '', chars: 1, onReply: () => {} });
  /** Takes up to so many messages, and says what was taken. */
  const take = (most = Infinity) => {
    const taken = [];
    while (taken.length < most) {
      const { message: next } = queue.next(0);
      if (!next) break;
      taken.push(next.name);
    }
    return taken;
  };
  /** A welcome with these limits, after which these requests are in flight and are sent again. */
  const welcome = (rates = {}, ...resend) => {
    for (const { id, name } of resend) inFlight.adopt(id, { tab: 'r', n: id, name });
    queue.onWelcome(rates, resend);
  };
  return { clock, inFlight, queue, message, add, addControl, take, welcome };
}

test('one chatty tab does not starve the others', () => {
  const { add, take } = start();
  for (let n = 1; n <= 100; n++) add('a', n);
  add('b', 1);
  add('c', 1);
  assert.deepEqual(take(6), ['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
});

test('a connection that takes one message at a time takes one of each tab in turn', () => {
  const { add, take } = start();
  for (const n of [1, 2, 3]) for (const tab of ['a', 'b']) add(tab, n);
  const sent = Array.from({ length: 6 }, () => take(1)[0]);
  assert.deepEqual(sent, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
});

test('requests that are sent again come first, by their ids, then the worker’s own, then the tabs', () => {
  const { add, addControl, take, welcome, queue, inFlight } = start();
  welcome({}, { id: 3, name: 'again3' }, { id: 7, name: 'again7' });
  add('a', 1);
  addControl('join');
  inFlight.adopt(5, { tab: 'r', n: 5, name: 'again5' });
  for (const id of [5, 7]) queue.addResend(id);
  assert.equal(queue.size, 4, 'without the worker’s own');
  assert.deepEqual(take(), ['again3', 'again5', 'again7', 'join', 'a1']);
  assert.equal(queue.isEmpty, true);
});

test('a request that is settled before it is sent again is not sent again', () => {
  const { take, welcome, inFlight } = start();
  welcome({}, { id: 3, name: 'again3' }, { id: 7, name: 'again7' });
  inFlight.remove(3);
  assert.deepEqual(take(), ['again7']);
});

test('the worker’s own requests have a rate of their own, and wait for what is sent again', async () => {
  const { clock, queue, add, addControl, take, welcome } = start();
  const [first, ...rest] = Array.from({ length: 9 }, (_, i) => ({ id: i + 1, name: `again${i + 1}` }));
  welcome({ rate: 10, burst: 10 }, first, ...rest, { id: 10, name: 'again10' });
  for (let n = 1; n <= 30; n++) addControl(`join${n}`);
  add('a', 1);
  assert.equal(take().at(-1), 'again9');
  const { waitMs, reason } = queue.next(0);
  assert.equal(reason, 'rate');
  await clock.pass(waitMs);
  const sent = take();
  assert.deepEqual([sent[0], sent[1], sent.at(-1)], ['again10', 'join1', 'join27']);
  assert.equal(queue.next(0).reason, 'control rate');
});

test('the characters of all messages and control requests together stay within their rate', async () => {
  const { clock, queue, add, addControl, take, welcome } = start();
  welcome({ rateChars: 1_000, burstChars: 1_000 });
  add('a', 1, 600);
  add('b', 1, 600);
  add('a', 2, 1);
  assert.deepEqual(take(), ['a1']);
  const { waitMs, reason } = queue.next(0);
  assert.equal(reason, 'rate');
  assert.ok(waitMs > 300 && waitMs < 400, `${waitMs} ms`);
  await clock.pass(waitMs);
  assert.deepEqual(take(), ['b1']);
  addControl('join');
  assert.equal(queue.next(0).reason, 'control rate');
});

test('on a resumed line no more is sent at once than is left', () => {
  const { add, take, welcome } = start();
  welcome({ rate: 50, burst: 100, left: 12 });
  for (let n = 1; n <= 50; n++) add('a', n);
  assert.deepEqual(take(), ['a1', 'a2']);
});

test('while only the worker’s own requests may be sent, the tabs’ messages wait', () => {
  const { queue, add, addControl } = start();
  add('a', 1);
  addControl('join');
  assert.equal(queue.next(0, false).message.name, 'join');
  assert.deepEqual(queue.next(0, false), { waitMs: Infinity, reason: 'empty' });
  assert.equal(queue.next(0, true).message.name, 'a1');
});

test('a tab with too many requests in flight waits for replies, and other tabs do not', () => {
  const { queue, inFlight, message, add, take } = start();
  for (let n = 1; n <= 64; n++) inFlight.register(message('a', n));
  add('a', 65);
  add('b', 1);
  assert.deepEqual(take(), ['b1']);
  assert.deepEqual(queue.next(0), { waitMs: Infinity, reason: 'in flight' });
  inFlight.remove(1);
  assert.deepEqual(take(), ['a65']);
});

test('a socket that has not sent what it was given gets no more messages for now', () => {
  const { queue, message, add } = start();
  add('a', 1);
  assert.deepEqual(queue.next(MIB), { waitMs: 50, reason: 'socket buffer' });
  assert.equal(queue.tryAcquire(message('a', 0), MIB), false);
  assert.equal(queue.next(MIB - 1).message.name, 'a1');
});

test('a message bypasses the queue only if nothing waits and its tab has not too many requests in flight', () => {
  const { queue, inFlight, message, add, addControl, take, welcome } = start();
  assert.equal(queue.tryBypass(message('a', 0), 0), true);
  assert.equal(queue.tryBypass(message('a', 0), MIB), false);
  addControl('join');
  assert.equal(queue.tryBypass(message('a', 0), 0), false);
  take();
  add('b', 1);
  assert.equal(queue.tryBypass(message('a', 0), 0), false);
  take();
  for (let n = 1; n <= 64; n++) inFlight.register(message('a', n));
  assert.deepEqual([queue.tryBypass(message('a', 0), 0), queue.tryBypass(message('b', 0), 0)], [false, true]);
  welcome({ rate: 2, burst: 2 });
  assert.deepEqual(
    [queue.tryBypass(message('b', 0), 0), queue.tryBypass(message('b', 0), 0)],
    [true, false],
    'and what bypasses it counts',
  );
});

test('a full queue rejects the newest message, and other tabs do not notice', () => {
  const { queue, add } = start({ boundDown: { messages: 2, chars: MIB } });
  assert.deepEqual(
    [1, 2, 3].map((n) => add('a', n)),
    [undefined, undefined, 'queue_full'],
  );
  assert.equal(add('b', 1), undefined);
  assert.equal(queue.size, 3);
});

test('a queue is full by characters as well', () => {
  const { add } = start({ boundDown: { messages: 256, chars: 100 } });
  assert.deepEqual([add('a', 1, 90), add('a', 2, 20), add('a', 3, 10)], [undefined, 'queue_full', undefined]);
});

test('on an open line as much may wait as the server accepts in a minute, and never less than on one that is down', () => {
  const { add, welcome } = start({ boundDown: { messages: 2, chars: 100 } });
  const fill = (tab, chars) => {
    let n = 0;
    while (add(tab, n, chars, true) === undefined) n++;
    return n;
  };
  welcome({ rate: 10, rateChars: 1_000 });
  assert.deepEqual([fill('a', 1), fill('b', 1_000)], [600, 60]);
  assert.equal(add('a', 601, 1, false), 'queue_full');
  welcome({ rate: 0.01, rateChars: 0.01 });
  assert.equal(fill('c', 1), 2);
  welcome();
  assert.deepEqual([fill('d', 1), fill('e', MIB)], [10_000, 16]);
});

test('a message expires after a minute, and the queue says when', async () => {
  const { clock, queue, add } = start();
  assert.equal(queue.nextExpiry, Infinity);
  add('a', 1);
  await clock.pass(30_000);
  add('a', 2);
  add('b', 1);
  assert.equal(queue.nextExpiry, clock.now() + 30_000);
  await clock.pass(29_999);
  assert.deepEqual(queue.removeExpired(), []);
  await clock.pass(1);
  assert.deepEqual(
    queue.removeExpired().map(({ name }) => name),
    ['a1'],
  );
  assert.equal(queue.nextExpiry, clock.now() + 30_000);
  assert.equal(queue.size, 2);
});

test('a removed message is not sent', () => {
  const { queue, add, take } = start();
  add('a', 1);
  add('a', 2);
  const message = queue.find('a', 1);
  assert.equal(queue.remove(message), true);
  assert.equal(queue.remove(message), false);
  assert.equal(queue.find('a', 1), undefined);
  assert.deepEqual(take(), ['a2']);
});

test('of a closed tab nothing is sent, and a cleared queue is empty', () => {
  const { queue, add, addControl, take, welcome } = start();
  welcome({}, { id: 3, name: 'again3' });
  for (const tab of ['a', 'b']) add(tab, 1);
  addControl('join');
  queue.removeTab('a');
  assert.deepEqual(
    queue.clear().map(({ name }) => name),
    ['b1'],
  );
  assert.deepEqual([queue.isEmpty, take()], [true, []]);
});
