import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconnectPolicy } from '../../../../main/webapp/partyline/worker/connection/close-codes.js';

test('4000 to 4499 are retried, and 4500 to 4999 stop, whether known or not', () => {
  for (let code = 4000; code < 4500; code++) assert.equal(reconnectPolicy(code).action, 'retry', String(code));
  for (let code = 4500; code < 5000; code++) assert.equal(reconnectPolicy(code).action, 'stop', String(code));
});

test('codes of the container and the network are retried', () => {
  for (const code of [0, 1001, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 1015])
    assert.equal(reconnectPolicy(code).action, 'retry');
});

test('codes that indicate a protocol error are retried a few times only', () => {
  for (const code of [1002, 1003, 1007]) assert.equal(reconnectPolicy(code).action, 'limited');
});

test('the reconnects after a server’s stop are spread over five seconds', () => {
  for (const code of [1001, 1012, 1013, 4000]) assert.deepEqual(reconnectPolicy(code).spread, [0, 5_000]);
});

test('what each code asks for besides', () => {
  const table = {
    1000: { action: 'limited' },
    1006: { action: 'retry' },
    1008: { action: 'retry', refreshToken: true, checksLogin: true },
    1009: { action: 'retry', dropLargestRequest: true },
    4003: { action: 'retry', refreshToken: true },
    4004: { action: 'retry', refreshToken: true, checksLogin: true },
    4005: { action: 'retry', spread: [5_000, 5_000], doubling: true },
    4006: { action: 'retry', spread: [5_000, 60_000] },
    4501: { action: 'stop' },
    4503: { action: 'stop', upgrade: true },
    4505: { action: 'stop', endsLine: true },
    4507: { action: 'stop', newSession: true },
    4100: { action: 'retry' },
    4499: { action: 'retry' },
    4599: { action: 'stop' },
    4600: { action: 'stop', endsLine: true },
    4999: { action: 'stop', endsLine: true },
  };
  for (const [code, policy] of Object.entries(table)) assert.deepEqual(reconnectPolicy(Number(code)), policy, code);
});
