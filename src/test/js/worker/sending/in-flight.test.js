import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlightRequests } from '../../../../main/webapp/partyline/worker/sending/in-flight.js';

function caller(requests) {
  const outcome = {};
  const request = (name, more = {}) => ({
    tab: 'a',
    n: Number(name.slice(1)) || 0,
    chars: 10,
    encode: (id) => `${name}#${id}`,
    resolve: ({ value }) => (outcome[name] = value),
    reject: ({ code }) => (outcome[name] = code),
    ...more,
  });
  return { outcome, request, register: (name, more) => requests.register(request(name, more)) };
}

/** What is said again after this welcome. */
const resent = (requests, welcome, lostReplies = false) =>
  requests.onWelcome(welcome, lostReplies).map((id) => requests.encode(id));

test('ids rise, and a reply finds its call', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  assert.equal(register('a1'), 'a1#1');
  assert.equal(register('a2'), 'a2#2');
  assert.equal(requests.resolve({ re: 2, value: 'two' }), true);
  assert.equal(requests.resolve({ re: 2, value: 'again' }), false);
  assert.deepEqual(outcome, { a2: 'two' });
});

test('a resumed line sends again only what was not taken, under the same ids', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  for (const name of ['a1', 'a2', 'a3']) register(name);
  assert.deepEqual(resent(requests, { resumed: true, heard: 1 }), ['a2#2', 'a3#3']);
  assert.deepEqual(outcome, {});
  requests.resolve({ re: 1, value: 'one' });
  assert.deepEqual(outcome, { a1: 'one' });
});

test('replies that were lost fail what was taken, since its outcome is unknown', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  register('a1');
  register('a2');
  assert.deepEqual(resent(requests, { resumed: true, heard: 1 }, true), ['a2#2']);
  assert.deepEqual(outcome, { a1: 'lost' });
});

test('a new line fails what was sent on the old one, and repeats what does no harm', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  register('a1');
  register('a2', { idempotent: true });
  assert.deepEqual(resent(requests, { resumed: false, heard: 0 }), ['a2#1']);
  assert.deepEqual(outcome, { a1: 'lost' });
});

test("the switchboard's own calls are not repeated: its greeting says them again", () => {
  const requests = new InFlightRequests();
  const { register } = caller(requests);
  register('join', { control: true, tab: undefined });
  assert.deepEqual(resent(requests, { resumed: true, heard: 0 }), []);
  assert.equal(requests.size, 0);
});

test('what an earlier worker sent is asked for again under its id, and new ids come after it', () => {
  const requests = new InFlightRequests();
  const { request, register } = caller(requests);
  requests.adopt(7, request('a7'));
  requests.adopt(5, request('a5'));
  assert.deepEqual(resent(requests, { resumed: true, heard: 6 }), ['a5#5', 'a7#7']);
  assert.equal(register('a9'), 'a9#8');
});

test('a message that was too large for the server is dropped, the largest one', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  register('a1', { chars: 10 });
  register('a2', { chars: 900 });
  register('a3', { chars: 20 });
  requests.rejectLargest();
  assert.deepEqual(outcome, { a2: 'too_large' });
});

test('a tab that is gone waits for nothing', () => {
  const requests = new InFlightRequests();
  const { outcome, register } = caller(requests);
  register('a1');
  register('b1', { tab: 'b' });
  requests.removeTab('a');
  assert.equal(requests.countOf('a'), 0);
  assert.equal(requests.countOf('b'), 1);
  assert.equal(requests.resolve({ re: 1 }), false);
  assert.deepEqual(outcome, {});
});
