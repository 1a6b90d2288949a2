import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../../main/webapp/partyline/tab/emitter.js';

test('the same function twice is two listeners, each with an undo of its own', () => {
  const listeners = new Emitter(assert.fail);
  let heard = 0;
  const fn = () => heard++;
  const off = listeners.on('x', fn);
  listeners.on('x', fn);
  listeners.emit('x');
  off();
  off();
  listeners.emit('x');
  assert.equal(heard, 3);
});

test('a listener that stops another while it is called harms nobody', () => {
  const listeners = new Emitter(assert.fail);
  const heard = [];
  listeners.on('x', () => off());
  const off = listeners.on('x', () => heard.push('second'));
  listeners.emit('x');
  listeners.emit('x');
  assert.deepEqual(heard, ['second']);
});
