import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlightRequests } from '../../../../main/webapp/partyline/worker/sending/in-flight.js';

function caller(calls) {
  const outcome = {};
  const call = (name, more = {}) => ({
    tab: 'a',
    n: Number(name.slice(1)) || 0,
    chars: 10,
    write: (id) => `${name}#${id}`,
    answered: ({ value }) => (outcome[name] = value),
    failed: ({ code }) => (outcome[name] = code),
    ...more,
  });
  return { outcome, call, take: (name, more) => calls.take(call(name, more)) };
}

/** What is said again after this welcome. */
const again = (calls, welcome, lostReplies = false) => calls.welcomed(welcome, lostReplies).map((id) => calls.text(id));

test('ids rise, and a reply finds its call', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  assert.equal(take('a1'), 'a1#1');
  assert.equal(take('a2'), 'a2#2');
  assert.equal(calls.settle({ re: 2, value: 'two' }), true);
  assert.equal(calls.settle({ re: 2, value: 'again' }), false);
  assert.deepEqual(outcome, { a2: 'two' });
});

test('a resumed line sends again only what was not taken, under the same ids', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  for (const name of ['a1', 'a2', 'a3']) take(name);
  assert.deepEqual(again(calls, { resumed: true, heard: 1 }), ['a2#2', 'a3#3']);
  assert.deepEqual(outcome, {});
  calls.settle({ re: 1, value: 'one' });
  assert.deepEqual(outcome, { a1: 'one' });
});

test('replies that were lost fail what was taken, since its outcome is unknown', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  take('a1');
  take('a2');
  assert.deepEqual(again(calls, { resumed: true, heard: 1 }, true), ['a2#2']);
  assert.deepEqual(outcome, { a1: 'lost' });
});

test('a new line fails what was sent on the old one, and repeats what does no harm', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  take('a1');
  take('a2', { harmless: true });
  assert.deepEqual(again(calls, { resumed: false, heard: 0 }), ['a2#1']);
  assert.deepEqual(outcome, { a1: 'lost' });
});

test("the switchboard's own calls are not repeated: its greeting says them again", () => {
  const calls = new InFlightRequests();
  const { take } = caller(calls);
  take('join', { ours: true, tab: undefined });
  assert.deepEqual(again(calls, { resumed: true, heard: 0 }), []);
  assert.equal(calls.size, 0);
});

test('what an earlier worker sent is asked for again under its id, and new ids come after it', () => {
  const calls = new InFlightRequests();
  const { call, take } = caller(calls);
  calls.claim(7, call('a7'));
  calls.claim(5, call('a5'));
  assert.deepEqual(again(calls, { resumed: true, heard: 6 }), ['a5#5', 'a7#7']);
  assert.equal(take('a9'), 'a9#8');
});

test('a message that was too large for the server is dropped, the largest one', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  take('a1', { chars: 10 });
  take('a2', { chars: 900 });
  take('a3', { chars: 20 });
  calls.dropLargest();
  assert.deepEqual(outcome, { a2: 'too_large' });
});

test('a tab that is gone waits for nothing', () => {
  const calls = new InFlightRequests();
  const { outcome, take } = caller(calls);
  take('a1');
  take('b1', { tab: 'b' });
  calls.forget('a');
  assert.equal(calls.outOf('a'), 0);
  assert.equal(calls.outOf('b'), 1);
  assert.equal(calls.settle({ re: 1 }), false);
  assert.deepEqual(outcome, {});
});
