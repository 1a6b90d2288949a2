import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendQueue } from '../../../../main/webapp/partyline/worker/sending/send-queue.js';
import { FakeClock } from '../../fakes.js';

function start(limits = {}) {
  const clock = new FakeClock();
  const queue = new SendQueue({ clock, ...limits });
  const sent = [];
  const rejected = [];
  const add = (tab, n, chars = 1) =>
    queue.add(tab, {
      n,
      chars,
      expiresAt: clock.now() + 60_000,
      reject: (error) => rejected.push([tab, n, error.code]),
      send: () => sent.push(`${tab}${n}`) > 0,
      violation: () => undefined,
    });
  return { clock, queue, sent, rejected, add };
}

test('one chatty tab does not starve the others', () => {
  const { queue, sent, add } = start();
  for (let n = 1; n <= 100; n++) add('a', n);
  add('b', 1);
  add('c', 1);
  let room = 6;
  queue.drain(() => room-- > 0);
  assert.deepEqual(sent, ['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
});

test('a wire that takes one letter at a time takes one of each tab in turn', () => {
  const { queue, sent, add } = start();
  for (const n of [1, 2, 3]) for (const tab of ['a', 'b']) add(tab, n);
  for (let round = 0; round < 6; round++) {
    let room = 1;
    queue.drain(() => room-- > 0);
  }
  assert.deepEqual(sent, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
});

test('a full queue refuses the newest, and other tabs do not notice', () => {
  const { rejected, add, queue } = start({ maxMessages: 2 });
  for (const n of [1, 2, 3]) add('a', n);
  add('b', 1);
  assert.deepEqual(rejected, [['a', 3, 'queue_full']]);
  assert.equal(queue.size, 3);
});

test('a queue is full by characters as well', () => {
  const { rejected, add } = start({ maxChars: 100 });
  add('a', 1, 90);
  add('a', 2, 20);
  add('a', 3, 10);
  assert.deepEqual(rejected, [['a', 2, 'queue_full']]);
});

test('what waited a minute expires, and nothing is sent in a spike later', async () => {
  const { clock, queue, sent, rejected, add } = start();
  add('a', 1);
  await clock.pass(30_000);
  add('a', 2);
  await clock.pass(30_000);
  assert.deepEqual(rejected, [['a', 1, 'expired']]);
  await clock.pass(30_000);
  assert.deepEqual(rejected, [
    ['a', 1, 'expired'],
    ['a', 2, 'expired'],
  ]);
  queue.drain(() => true);
  assert.deepEqual(sent, []);
  assert.equal(clock.waiting, 0);
});

test('what was withdrawn is not sent', () => {
  const { queue, sent, add } = start();
  add('a', 1);
  add('a', 2);
  assert.equal(queue.cancel('a', 1), true);
  assert.equal(queue.cancel('a', 1), false);
  queue.drain(() => true);
  assert.deepEqual(sent, ['a2']);
});

test('a wire that takes nothing loses nothing', () => {
  const { clock, queue } = start();
  const message = {
    chars: 1,
    expiresAt: clock.now() + 60_000,
    reject: () => assert.fail(),
    send: () => false,
    violation: () => undefined,
  };
  queue.add('a', message);
  queue.drain(() => true);
  assert.equal(queue.size, 1);
});
