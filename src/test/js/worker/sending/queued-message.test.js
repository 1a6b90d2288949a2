import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withId } from '../../../../main/webapp/partyline/shared/frames.js';
import { plainMessage, queuedMessage } from '../../../../main/webapp/partyline/worker/sending/queued-message.js';

test('a tab’s request is encoded with the tab’s id, and its id goes between the two parts', () => {
  const message = queuedMessage('a', { type: '$send', name: 'pay', value: '{"sum":1.0}', n: 3 });
  assert.equal(withId(message, 7), '{"type":"pay","from":"a","id":7,"value":{"sum":1.0}}');
  assert.equal(withId(message, 8), '{"type":"pay","from":"a","id":8,"value":{"sum":1.0}}');
  assert.deepEqual([message.tab, message.n, message.name, message.idempotent], ['a', 3, 'pay', false]);
});

test('a publish is idempotent, since the server knows it by its key', () => {
  const message = queuedMessage('a', { type: '$publish', topic: 'chat', value: '1', key: 'k', n: 3 });
  assert.equal(withId(message, 7), '{"type":"$publish","topic":"chat","from":"a","id":7,"key":"k","value":1}');
  assert.deepEqual([message.name, message.idempotent], ['chat', true]);
});

test('a request is as long as with the longest id, a message without a reply as long as it is', () => {
  const request = queuedMessage('a', { type: '$send', name: 'pay', value: '1', n: 3 });
  assert.equal(request.chars, withId(request, Number.MAX_SAFE_INTEGER).length);
  const message = queuedMessage('a', { type: '$send', name: 'pay', value: '1' });
  assert.equal(withId(message), '{"type":"pay","from":"a","value":1}');
  assert.equal(message.chars, withId(message).length);
});

test('the frame of a plain page is sent as it is, and waits in a queue of the page’s own', () => {
  const page = { port: null, from: 'p1' };
  const message = plainMessage(page, '{"data":{"from":"p1"}}');
  assert.equal(withId(message), '{"data":{"from":"p1"}}');
  assert.deepEqual([message.tab, message.n, message.chars, message.page], ['page p1', undefined, 22, page]);
});
