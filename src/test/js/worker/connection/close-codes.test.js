import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconnectPolicy } from '../../../../main/webapp/partyline/worker/connection/close-codes.js';

test('4000 to 4499 come back and 4500 to 4999 stay away, known or not', () => {
  for (let code = 4000; code < 4500; code++) assert.equal(reconnectPolicy(code).action, 'retry', String(code));
  for (let code = 4500; code < 5000; code++) assert.equal(reconnectPolicy(code).action, 'stop', String(code));
});

test('codes of the container and the network come back', () => {
  for (const code of [0, 1001, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 1015])
    assert.equal(reconnectPolicy(code).action, 'retry');
});

test('after protocol errors the number of retries is limited', () => {
  for (const code of [1002, 1003, 1007]) assert.equal(reconnectPolicy(code).action, 'few');
});

test('a server that goes down gets its herd back over five seconds', () => {
  for (const code of [1001, 1012, 1013, 4000]) assert.deepEqual(reconnectPolicy(code).spread, [0, 5_000]);
});
