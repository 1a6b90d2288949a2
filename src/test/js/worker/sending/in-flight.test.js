import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlightRequests } from '../../../../main/webapp/partyline/worker/sending/in-flight.js';

const request = (name, more = {}) => ({ tab: 'a', n: Number(name.slice(1)), name, chars: 10, ...more });

function start() {
  const requests = new InFlightRequests();
  const register = (name, more) => requests.register(request(name, more));
  /** What is sent again after this welcome, as `name#id`, and what is lost. */
  const welcome = (frame, lostReplies = false) => {
    const { resend, lost } = requests.onWelcome(frame, lostReplies);
    return { resend: resend.map(({ name, id }) => `${name}#${id}`), lost: lost.map(({ name }) => name) };
  };
  return { requests, register, welcome };
}

test('ids rise, and a reply finds its request once', () => {
  const { requests, register } = start();
  assert.equal(register('a1'), 1);
  assert.equal(register('a2'), 2);
  assert.equal(requests.remove(2).name, 'a2');
  assert.equal(requests.remove(2), undefined);
  assert.equal(requests.get(1).name, 'a1');
});

test('on a resumed line only requests that the server has not accepted are sent again, under the same ids', () => {
  const { requests, register, welcome } = start();
  for (const name of ['a1', 'a2', 'a3']) register(name);
  assert.deepEqual(welcome({ resumed: true, heard: 1 }), { resend: ['a2#2', 'a3#3'], lost: [] });
  assert.equal(requests.remove(1).name, 'a1', 'its reply is in the inbox');
});

test('if replies were lost, the outcome of accepted requests is unknown', () => {
  const { requests, register, welcome } = start();
  register('a1');
  register('a2');
  assert.deepEqual(welcome({ resumed: true, heard: 1 }, true), { resend: ['a2#2'], lost: ['a1'] });
  assert.equal(requests.get(1), undefined);
});

test('on a new line idempotent requests are sent again under new ids, and the outcome of others is unknown', () => {
  const { requests, register, welcome } = start();
  register('a1');
  register('a2', { idempotent: true });
  assert.deepEqual(welcome({ resumed: false, heard: 0 }), { resend: ['a2#1'], lost: ['a1'] });
  assert.equal(requests.countOf('a'), 1);
  assert.equal(register('a3'), 2);
});

test('the worker’s own requests are not sent again: the next hello replaces them', () => {
  for (const resumed of [true, false]) {
    const { requests, welcome } = start();
    requests.register({ head: '{"type":"$join"', tail: '}', onReply: () => assert.fail() });
    assert.deepEqual(welcome({ resumed, heard: 0 }), { resend: [], lost: [] });
    assert.equal(requests.size, 0);
  }
});

test('requests that an earlier worker sent are sent again under their ids, and new ids come after them', () => {
  const { requests, register, welcome } = start();
  requests.adopt(7, request('a7'));
  requests.adopt(5, request('a5'));
  assert.deepEqual(welcome({ resumed: true, heard: 6 }), { resend: ['a5#5', 'a7#7'], lost: [] });
  assert.equal(register('a9'), 8);
});

test('the largest request is removed, and never one of the worker’s own', () => {
  const { requests, register } = start();
  requests.register({ head: 'x'.repeat(2_000), tail: '}', onReply: () => assert.fail() });
  assert.equal(requests.removeLargest(), undefined);
  register('a1', { chars: 10 });
  register('a2', { chars: 900 });
  register('a3', { chars: 20 });
  assert.equal(requests.removeLargest().name, 'a2');
  assert.equal(requests.size, 3);
});

test('the requests of a closed tab are removed, and count no longer', () => {
  const { requests, register } = start();
  register('a1');
  register('b1', { tab: 'b' });
  requests.removeTab('a');
  assert.equal(requests.countOf('a'), 0);
  assert.equal(requests.countOf('b'), 1);
  assert.equal(requests.remove(1), undefined);
});

test('a canceled request is removed by the tab’s own number', () => {
  const { requests, register } = start();
  register('a1');
  register('b1', { tab: 'b' });
  assert.equal(requests.has('b', 1), true);
  requests.cancel('b', 1);
  requests.cancel('b', 1);
  assert.deepEqual([requests.has('a', 1), requests.has('b', 1)], [true, false]);
});
