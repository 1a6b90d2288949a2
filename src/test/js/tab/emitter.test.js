import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../../main/webapp/partyline/tab/emitter.js';

test('the same function twice is two listeners, each with an undo of its own', () => {
  const emitter = new Emitter(assert.fail);
  let count = 0;
  const fn = () => count++;
  const off = emitter.on('x', fn);
  emitter.on('x', fn);
  emitter.emit('x');
  off();
  off();
  emitter.emit('x');
  assert.equal(count, 3);
});

test('a listener may remove another one while events are emitted', () => {
  const emitter = new Emitter(assert.fail);
  const received = [];
  emitter.on('x', () => off());
  const off = emitter.on('x', () => received.push('second'));
  emitter.emit('x');
  emitter.emit('x');
  assert.deepEqual(received, ['second']);
});
