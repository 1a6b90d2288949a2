import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../../main/webapp/partyline/shared/errors.js';
import { MessageLimits } from '../../../../main/webapp/partyline/shared/message-limits.js';
import { queuedMessage } from '../../../../main/webapp/partyline/worker/sending/queued-message.js';
import { Sender } from '../../../../main/webapp/partyline/worker/sending/sender.js';
import { FakeClock } from '../../fakes.js';

const KNOWN = { message: 65_536, ack: 32_768 };

/** A Sender whose connection and tabs are the test. */
function start() {
  const clock = new FakeClock();
  const counts = { timers: 0 };
  const { after } = clock;
  clock.after = (...args) => {
    counts.timers++;
    return after(...args);
  };
  let sent = [];
  let posted = [];
  const connection = {
    isOpen: false,
    status: { state: 'connecting' },
    closedReason: 'the line is closed',
    bufferedAmount: 0,
    send(text) {
      if (connection.isOpen) sent.push(JSON.parse(text));
      return connection.isOpen;
    },
  };
  const sender = new Sender({
    clock,
    owner: {
      connection,
      postToTab: (tab, frame) => posted.push({ tab, ...frame }),
      rejectPlain: ({ from }, error) => posted.push({ tab: from, error }),
    },
  });
  const send = (tab, name, n, value, more = {}) =>
    sender.request(queuedMessage(tab, { type: '$send', name, n, value: JSON.stringify(value), ...more }));
  const open = (limits = KNOWN, more = {}) => {
    connection.isOpen = true;
    connection.status = { state: 'open' };
    sender.onWelcome({ resumed: false, heard: 0, limits, ...more }, false);
    sender.drain();
  };
  const drop = () => {
    connection.isOpen = false;
    connection.status = { state: 'waiting' };
  };
  /** What was sent since the last call, of one type or of all. */
  const take = (type) => {
    const taken = sent.filter((frame) => type === undefined || frame.type === type);
    sent = sent.filter((frame) => !taken.includes(frame));
    return taken;
  };
  /** What tabs were told since the last call, without the ids of their requests: `tab n code-or-value`. */
  const outcomes = () => {
    const settled = posted.filter(({ type }) => type === undefined);
    posted = posted.filter(({ type }) => type !== undefined);
    return settled.map(({ tab, re, error, value }) => [tab, re, error?.code ?? value].join(' '));
  };
  return { clock, counts, connection, sender, send, open, drop, take, outcomes, posted: () => posted };
}

test('a request on an open line is sent at once: encoded once, with no timer and one post that it was accepted', () => {
  const { counts, sender, open, take, posted } = start();
  open();
  const { key: checkedBy } = new MessageLimits(KNOWN);
  counts.timers = 0;
  const { stringify } = JSON;
  let encodings = 0;
  JSON.stringify = (...args) => {
    encodings++;
    return stringify(...args);
  };
  try {
    sender.request(queuedMessage('a', { type: '$send', name: 'pay', n: 1, value: '{"sum":1}', checkedBy }));
  } finally {
    JSON.stringify = stringify;
  }
  assert.deepEqual(take(), [{ type: 'pay', from: 'a', id: 1, value: { sum: 1 } }]);
  assert.deepEqual(posted(), [{ tab: 'a', type: '$accepted', n: 1, id: 1 }]);
  assert.deepEqual([encodings, counts.timers], [1, 0]);
});

test('many requests on an open line set no timer, and neither do their replies', () => {
  const { counts, sender, send, open, take } = start();
  open();
  counts.timers = 0;
  for (let n = 1; n <= 64; n++) send('a', 'pay', n);
  for (let n = 1; n <= 64; n++) sender.resolve({ from: 'a', re: n });
  assert.deepEqual([take().length, sender.queueLength, sender.inFlightCount, counts.timers], [64, 0, 0, 0]);
});

test('a value that its tab checked against the limits in force is not scanned again', () => {
  const { send, open, take, outcomes } = start();
  const limits = { message: 500, depth: 2 };
  open(limits);
  const { key } = new MessageLimits(limits);
  send('a', 'deep', 1, [[[]]], { checkedBy: key });
  send('a', 'deep', 2, [[[]]]);
  send('a', 'deep', 3, [[[]]], { checkedBy: new MessageLimits({ message: 500, depth: 9 }).key });
  assert.deepEqual(take().length, 1);
  assert.deepEqual(outcomes(), ['a 2 bad_value', 'a 3 bad_value']);
});

test('a reply settles its request once, without the tab’s id and with the tab’s own number', () => {
  const { sender, send, open, posted } = start();
  open();
  send('a', 'echo', 5, 'hi');
  assert.equal(sender.resolve({ from: 'a', re: 1, value: 'ho' }), true);
  assert.equal(sender.resolve({ from: 'a', re: 1, value: 'ho' }), false);
  assert.deepEqual(posted().slice(1), [{ tab: 'a', re: 5, value: 'ho' }]);
});

test('what is sent while the line is down waits and is sent in order', () => {
  const { send, open, take } = start();
  for (const n of [1, 2, 3]) send('a', 'count', n, n);
  assert.equal(take().length, 0);
  open();
  assert.deepEqual(
    take('count').map(({ value }) => value),
    [1, 2, 3],
  );
});

test('a message that may be dropped is not kept for later', () => {
  const { sender, open, take } = start();
  const dropped = (value) => sender.sendNow(queuedMessage('a', { type: '$send', name: 'typing', value }));
  dropped(undefined);
  open({ message: 100 });
  dropped('"now"');
  dropped(JSON.stringify('x'.repeat(100)));
  assert.deepEqual(take('typing'), [{ type: 'typing', from: 'a', value: 'now' }]);
});

test('a message larger than the server accepts fails in its tab', () => {
  const { send, open, take, outcomes } = start();
  open({ message: 100, ack: 32_768 });
  send('a', 'big', 1, 'x'.repeat(100));
  send('b', 'small', 1, 'x');
  assert.deepEqual(outcomes(), ['a 1 too_large']);
  assert.deepEqual(
    take().map(({ type }) => type),
    ['small'],
  );
});

test('a request that would be too large with the longest id is too large', () => {
  const { chars } = queuedMessage('a', { type: '$send', name: 'fits', n: 1, value: '1' });
  for (const [message, outcome] of [
    [chars, []],
    [chars - 1, ['a 1 too_large']],
  ]) {
    const { send, open, outcomes } = start();
    open({ message });
    send('a', 'fits', 1, 1);
    assert.deepEqual(outcomes(), outcome);
  }
});

test('a value is rejected exactly where the server would reject it, though its limits are lower than by default', () => {
  const { send, open, take, outcomes } = start();
  open({ message: 500, depth: 3, members: 6, number: 4, name: 8 });
  for (const value of [[[1234]], { a: 1, b: 2 }]) send('a', 'fits', 1, value);
  assert.equal(take('fits').length, 2);
  for (const value of [[[[]]], 12_345, { a: 1, b: 2, c: 3 }]) send('a', 'odd', 2, value);
  send('a', 'ninechars', 3);
  assert.deepEqual(
    outcomes(),
    [2, 2, 2, 3].map((n) => `a ${n} bad_value`),
  );
  assert.deepEqual(take(), []);
});

test('what was sent before the server’s limits were known is rejected when they are', () => {
  const { send, open, take, outcomes } = start();
  const { key: checkedBy } = new MessageLimits();
  send('a', 'deep', 1, [[[[[]]]]], { checkedBy });
  send('b', 'deep', 1, [], { checkedBy });
  send('a', 'flat', 2, [], { checkedBy });
  assert.deepEqual(outcomes(), []);
  open({ depth: 3, message: 500 });
  assert.deepEqual(outcomes(), ['a 1 bad_value']);
  assert.deepEqual(
    take('deep').map(({ from }) => from),
    ['b'],
  );
  assert.equal(take('flat').length, 1);
});

test('what waits when the server comes back with lower limits is checked against those', () => {
  const { send, open, drop, take, outcomes } = start();
  const limits = { message: 500, depth: 9 };
  const { key: checkedBy } = new MessageLimits(limits);
  open(limits);
  drop();
  send('a', 'deep', 1, [[[[]]]], { checkedBy });
  send('a', 'flat', 2, [], { checkedBy });
  open({ message: 500, depth: 3 }, { resumed: true });
  assert.deepEqual(outcomes(), ['a 1 bad_value']);
  assert.deepEqual(
    take().map(({ type }) => type),
    ['flat'],
  );
});

test('a tab that floods the line keeps it under the server’s rate and does not starve another', async () => {
  const { clock, send, open, take } = start();
  open({ ...KNOWN, rate: 50, burst: 10 });
  for (let n = 1; n <= 60; n++) send('chatty', 'flood', n);
  send('quiet', 'please', 1);
  assert.ok(take('flood').length <= 10);
  await clock.pass(100);
  assert.equal(take('please').length, 1);
});

test('what waits for the rate is sent without a further call, however much time passes while we look', async () => {
  for (let tick = 1; tick <= 40; tick++) {
    const { clock, send, open, take } = start();
    open({ ...KNOWN, rate: 50, burst: 10 });
    const { now } = clock;
    clock.now = () => {
      clock.sleep(tick);
      return now();
    };
    for (let n = 1; n <= 60; n++) send('a', 'flood', n);
    await clock.pass(5_000);
    assert.equal(take('flood').length, 60, `${tick} ms a look`);
    assert.equal(clock.waiting, 0, 'no timer is left');
  }
});

test('however many messages wait, one timer runs', async () => {
  const { clock, counts, send, open, drop } = start();
  open({ ...KNOWN, rate: 50, burst: 10 });
  for (let n = 1; n <= 60; n++) send('a', 'flood', n);
  assert.equal(clock.waiting, 1);
  drop();
  await clock.pass(100);
  counts.timers = 0;
  for (let n = 61; n <= 100; n++) send('a', 'flood', n);
  assert.deepEqual([clock.waiting, counts.timers], [1, 0]);
});

test('the requests of a tab in flight are bounded, and replies let the next be sent', () => {
  const { sender, send, open, take } = start();
  open();
  for (let n = 1; n <= 100; n++) send('a', 'x', n);
  assert.equal(take('x').length, 64);
  for (const re of [1, 2]) sender.resolve({ from: 'a', re });
  assert.equal(take('x').length, 2);
});

test('a full socket is filled no further, and looked at again', async () => {
  const { clock, connection, send, open, take } = start();
  open();
  connection.bufferedAmount = 1 << 20;
  send('a', 'x', 1);
  await clock.pass(200);
  assert.deepEqual(take(), []);
  connection.bufferedAmount = 0;
  await clock.pass(50);
  assert.equal(take('x').length, 1);
});

test('a thousand messages in a loop on an open line are all sent, in order, as fast as the server accepts them', async () => {
  const { clock, sender, send, open, take, outcomes } = start();
  open({ ...KNOWN, rate: 50, burst: 100 });
  for (let n = 1; n <= 1_000; n++) send('a', 'x', n, n);
  const values = [];
  for (let second = 0; second < 30; second++) {
    for (const { id, value } of take('x')) {
      values.push(value);
      sender.resolve({ re: id, value });
    }
    await clock.pass(1_000);
  }
  const inOrder = Array.from({ length: 1_000 }, (_, i) => i + 1);
  assert.deepEqual(values, inOrder);
  assert.deepEqual(
    outcomes(),
    inOrder.map((n) => `a ${n} ${n}`),
  );
});

test('a full queue rejects the newest message', () => {
  const { send, outcomes, open, take } = start();
  for (let n = 1; n <= 257; n++) send('a', 'x', n);
  send('b', 'x', 1);
  assert.deepEqual(outcomes(), ['a 257 queue_full']);
  open();
  assert.equal(take('x').length, 65);
});

test('what waited a minute expires, and nothing is sent in a spike later', async () => {
  const { clock, send, open, take, outcomes } = start();
  send('a', 'x', 1);
  await clock.pass(30_000);
  send('a', 'x', 2);
  await clock.pass(30_000);
  assert.deepEqual(outcomes(), ['a 1 expired']);
  await clock.pass(30_000);
  assert.deepEqual(outcomes(), ['a 2 expired']);
  open();
  assert.deepEqual(take(), []);
  assert.equal(clock.waiting, 0);
});

test('what expired while the machine slept is not sent, though the line is back before any timer runs', () => {
  const { clock, send, open, take, outcomes } = start();
  send('a', 'x', 1);
  clock.sleep(3_600_000);
  open();
  assert.deepEqual([take(), outcomes()], [[], ['a 1 expired']]);
});

test('a canceled request is not sent, and its reply is ignored', () => {
  const { sender, send, open, take, outcomes } = start();
  for (const n of [1, 2]) send('a', 'x', n);
  assert.equal(sender.has('a', 1), true);
  sender.cancel('a', 1);
  assert.equal(sender.has('a', 1), false);
  open();
  assert.deepEqual(
    take().map(({ id }) => id),
    [1],
  );
  sender.cancel('a', 2);
  assert.equal(sender.resolve({ from: 'a', re: 1 }), false);
  assert.deepEqual(outcomes(), []);
});

test('a connection that takes nothing loses nothing', () => {
  const { connection, sender, send, open, take } = start();
  open();
  connection.isOpen = false;
  send('a', 'x', 1);
  sender.drain();
  assert.deepEqual([take().length, sender.queueLength], [0, 1]);
  connection.isOpen = true;
  sender.drain();
  assert.deepEqual([take().length, sender.queueLength], [1, 0]);
});

test('on a closed line a request is rejected, and on one that closes everything that waits or is in flight', () => {
  const { connection, sender, send, open, outcomes } = start();
  open();
  for (let n = 1; n <= 65; n++) send('a', 'x', n);
  sender.sendControl({ type: '$join', topic: 'chat' }, () => assert.fail());
  sender.rejectAll(new LineError('closed', 'the line is closed'));
  assert.equal(outcomes().filter((outcome) => outcome.endsWith(' closed')).length, 65);
  connection.isOpen = false;
  connection.status = { state: 'closed' };
  send('a', 'x', 66);
  assert.deepEqual(outcomes(), ['a 66 closed']);
  assert.equal(
    sender.sendControl({ type: '$join', topic: 'chat' }, () => assert.fail()),
    false,
  );
});

test('the worker’s own request is answered, and sent before the messages of tabs', () => {
  const { connection, sender, send, open, take } = start();
  open();
  connection.bufferedAmount = 1 << 20;
  send('a', 'x', 1);
  const replies = [];
  for (const topic of ['one', 'two']) sender.sendControl({ type: '$join', topic }, ({ value }) => replies.push(value));
  connection.bufferedAmount = 0;
  sender.drain();
  assert.deepEqual(take(), [
    { type: '$join', topic: 'one', id: 1 },
    { type: '$join', topic: 'two', id: 2 },
    { type: 'x', from: 'a', id: 3 },
  ]);
  sender.resolve({ re: 2, value: 'joined' });
  assert.deepEqual(replies, ['joined']);
});

test('on a new line a publish is sent again under a new id, which its tab is told, and a request is lost', () => {
  const { sender, send, open, drop, take, outcomes, posted } = start();
  open();
  send('a', 'pay', 1);
  sender.request(queuedMessage('a', { type: '$publish', topic: 'chat', value: '1', key: 'k', n: 2 }));
  take();
  drop();
  open();
  assert.deepEqual(outcomes(), ['a 1 lost']);
  assert.deepEqual(take(), [{ type: '$publish', topic: 'chat', from: 'a', id: 1, key: 'k', value: 1 }]);
  assert.deepEqual(posted().at(-1), { tab: 'a', type: '$accepted', n: 2, id: 1 });
});

test('a request over whose size the server closed the connection fails, and the others are sent again', () => {
  const { sender, send, open, drop, take, outcomes } = start();
  open();
  send('a', 'small', 1);
  send('a', 'big', 2, 'x'.repeat(1_000));
  drop();
  sender.rejectLargest();
  take();
  open(KNOWN, { resumed: true });
  assert.deepEqual(outcomes(), ['a 2 too_large']);
  assert.deepEqual(
    take().map(({ type, id }) => [type, id]),
    [['small', 1]],
  );
});

test('a plain page’s message is sent as it is, and its rejection reaches the page', () => {
  const { connection, sender, open, take, outcomes } = start();
  const page = { port: null, from: 'p1' };
  open();
  sender.sendPlain(page, '{"data":{"from":"p1"}}');
  assert.deepEqual(take(), [{ data: { from: 'p1' } }]);
  sender.sendPlain(page, JSON.stringify({ data: 'half \ud83d' }));
  assert.deepEqual(outcomes(), ['p1  bad_value']);
  connection.isOpen = false;
  connection.status = { state: 'closed' };
  sender.sendPlain(page, '{"data":{"from":"p1"}}');
  assert.deepEqual(outcomes(), ['p1  closed']);
});

test('the requests of a closed tab are removed, whether they wait or are in flight', () => {
  const { sender, send, open, take, outcomes } = start();
  open();
  for (let n = 1; n <= 65; n++) send('a', 'x', n);
  send('b', 'x', 1);
  take();
  sender.removeTab('a');
  assert.deepEqual([sender.queueLength, sender.inFlightCount, outcomes()], [0, 1, []]);
});

const CIRCUMSTANCES = { sameWorker: false, sameLine: true, open: true };
const pay = (n) => queuedMessage('a', { type: '$send', name: 'pay', n });

test('a recovered request that may have been accepted is sent again under its id, before new ones', () => {
  const { sender, send, open, take, posted } = start();
  open(KNOWN, { resumed: true, heard: 12 });
  sender.recover(pay(3), 12, CIRCUMSTANCES);
  send('a', 'next', 4);
  assert.deepEqual(
    take().map(({ type, id }) => [type, id]),
    [
      ['pay', 12],
      ['next', 13],
    ],
  );
  assert.deepEqual(
    posted().map(({ n, id }) => [n, id]),
    [[4, 13]],
    'the tab knows the other id',
  );
});

test('requests recovered before the welcome are sent again in the order of their ids', () => {
  const { sender, open, take } = start();
  for (const [n, id] of [
    [4, 13],
    [3, 12],
  ])
    sender.recover(pay(n), id, { ...CIRCUMSTANCES, open: false });
  open(KNOWN, { resumed: true, heard: 12 });
  assert.deepEqual(
    take().map(({ id }) => id),
    [12, 13],
  );
});

test('a recovered request does not take the place of another one with its id', () => {
  const { sender, send, open, take, outcomes } = start();
  open();
  send('a', 'other', 1);
  take();
  sender.recover(pay(3), 1, { ...CIRCUMSTANCES, sameWorker: true });
  assert.deepEqual([take(), outcomes()], [[], ['a 3 worker_lost']]);
  sender.resolve({ from: 'a', re: 1, value: 'of other' });
  assert.deepEqual(outcomes(), ['a 1 of other']);
});

test('an id that this worker used on the line does not count as accepted of an earlier worker', () => {
  const { send, sender, open, drop, take } = start();
  open(KNOWN, { resumed: true, heard: 12, line: 'L1' });
  send('a', 'other', 1);
  drop();
  open(KNOWN, { resumed: true, heard: 13, line: 'L1' });
  take();
  sender.recover(pay(3), 13, CIRCUMSTANCES);
  assert.deepEqual(
    take().map(({ type, id }) => [type, id]),
    [['pay', 14]],
  );
});

test('a recovered request whose outcome is unknown fails, and one that was never accepted is sent as a new one', () => {
  const { sender, open, take, outcomes } = start();
  open();
  sender.recover(pay(3), undefined, CIRCUMSTANCES);
  sender.recover(pay(4), 9, { ...CIRCUMSTANCES, sameLine: false });
  sender.recover(pay(5), 9, CIRCUMSTANCES);
  assert.deepEqual(outcomes(), ['a 3 worker_lost', 'a 4 lost']);
  assert.deepEqual(
    take().map(({ id }) => id),
    [1],
  );
});
