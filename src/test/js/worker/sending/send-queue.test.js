import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendQueue } from '../../../../main/webapp/partyline/worker/sending/send-queue.js';
import { FakeClock } from '../../fakes.js';

function start(limits = {}) {
  const clock = new FakeClock();
  const outbox = new SendQueue({ clock, ...limits });
  const posted = [];
  const refused = [];
  const add = (tab, n, chars = 1) =>
    outbox.add(tab, {
      n,
      chars,
      until: clock.now() + 60_000,
      refuse: (error) => refused.push([tab, n, error.code]),
      post: () => posted.push(`${tab}${n}`) > 0,
      excess: () => undefined,
    });
  return { clock, outbox, posted, refused, add };
}

test('one chatty tab does not starve the others', () => {
  const { outbox, posted, add } = start();
  for (let n = 1; n <= 100; n++) add('a', n);
  add('b', 1);
  add('c', 1);
  let room = 6;
  outbox.drain(() => room-- > 0);
  assert.deepEqual(posted, ['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
});

test('a wire that takes one letter at a time takes one of each tab in turn', () => {
  const { outbox, posted, add } = start();
  for (const n of [1, 2, 3]) for (const tab of ['a', 'b']) add(tab, n);
  for (let turn = 0; turn < 6; turn++) {
    let room = 1;
    outbox.drain(() => room-- > 0);
  }
  assert.deepEqual(posted, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
});

test('a full queue refuses the newest, and other tabs do not notice', () => {
  const { refused, add, outbox } = start({ maxLetters: 2 });
  for (const n of [1, 2, 3]) add('a', n);
  add('b', 1);
  assert.deepEqual(refused, [['a', 3, 'queue_full']]);
  assert.equal(outbox.size, 3);
});

test('a queue is full by characters as well', () => {
  const { refused, add } = start({ maxChars: 100 });
  add('a', 1, 90);
  add('a', 2, 20);
  add('a', 3, 10);
  assert.deepEqual(refused, [['a', 2, 'queue_full']]);
});

test('what waited a minute expires, and nothing is sent in a spike later', async () => {
  const { clock, outbox, posted, refused, add } = start();
  add('a', 1);
  await clock.pass(30_000);
  add('a', 2);
  await clock.pass(30_000);
  assert.deepEqual(refused, [['a', 1, 'expired']]);
  await clock.pass(30_000);
  assert.deepEqual(refused, [
    ['a', 1, 'expired'],
    ['a', 2, 'expired'],
  ]);
  outbox.drain(() => true);
  assert.deepEqual(posted, []);
  assert.equal(clock.waiting, 0);
});

test('what was withdrawn is not sent', () => {
  const { outbox, posted, add } = start();
  add('a', 1);
  add('a', 2);
  assert.equal(outbox.withdraw('a', 1), true);
  assert.equal(outbox.withdraw('a', 1), false);
  outbox.drain(() => true);
  assert.deepEqual(posted, ['a2']);
});

test('a wire that takes nothing loses nothing', () => {
  const { clock, outbox } = start();
  const letter = {
    chars: 1,
    until: clock.now() + 60_000,
    refuse: () => assert.fail(),
    post: () => false,
    excess: () => undefined,
  };
  outbox.add('a', letter);
  outbox.drain(() => true);
  assert.equal(outbox.size, 1);
});
