import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credit } from '../../main/webapp/partyline/credit.js';
import { FakeClock } from './fakes.js';

test('an ack goes out for every so many characters, and a second after the last message', async () => {
  const clock = new FakeClock();
  const acks = [];
  const credit = new Credit({ every: 100, clock, ack: (characters) => acks.push(characters) });
  credit.heard(60);
  assert.deepEqual(acks, []);
  credit.heard(60);
  assert.deepEqual(acks, [120]);
  credit.heard(5);
  await clock.pass(999);
  assert.deepEqual(acks, [120]);
  await clock.pass(1);
  assert.deepEqual(acks, [120, 125]);
  await clock.pass(60_000);
  assert.deepEqual(acks, [120, 125], 'silence is not acknowledged');
});

test('while somebody has not got yet what was heard, nothing is acknowledged, and all of it after that', async () => {
  const clock = new FakeClock();
  const acks = [];
  const credit = new Credit({ every: 100, clock, ack: (characters) => acks.push(characters) });
  credit.heard(60);
  credit.hold(true);
  credit.heard(500);
  await clock.pass(5_000);
  assert.deepEqual(acks, []);
  credit.hold(false);
  assert.deepEqual(acks, [560]);
  credit.hold(true);
  credit.heard(5);
  credit.hold(false);
  await clock.pass(1_000);
  assert.deepEqual(acks, [560, 565]);
});

test('a socket that is gone is acknowledged no more', async () => {
  const clock = new FakeClock();
  const credit = new Credit({ every: 100, clock, ack: () => assert.fail() });
  credit.heard(5);
  credit.stop();
  await clock.pass(5_000);
});
