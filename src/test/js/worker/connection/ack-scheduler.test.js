import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AckScheduler } from '../../../../main/webapp/partyline/worker/connection/ack-scheduler.js';
import { FakeClock } from '../../fakes.js';

test('an ack goes out for every so many characters, and three seconds later for the rest', async () => {
  const clock = new FakeClock();
  const acks = [];
  const scheduler = new AckScheduler({ everyChars: 100, everyMessages: 100, clock, ack: (characters) => acks.push(characters) });
  scheduler.onReceived(60);
  assert.deepEqual(acks, []);
  scheduler.onReceived(60);
  assert.deepEqual(acks, [120]);
  scheduler.onReceived(5);
  await clock.pass(2_999);
  assert.deepEqual(acks, [120]);
  await clock.pass(1);
  assert.deepEqual(acks, [120, 125]);
  await clock.pass(60_000);
  assert.deepEqual(acks, [120, 125], 'silence is not acknowledged');
});

test('the first ack does not wait as long: it says that the welcome has arrived', async () => {
  const clock = new FakeClock();
  const acks = [];
  const scheduler = new AckScheduler({ everyChars: 100, everyMessages: 100, clock, ack: (characters) => acks.push(characters) });
  scheduler.onReceived(60);
  await clock.pass(1_000);
  assert.deepEqual(acks, [60]);
});

test('an ack goes out for every so many messages, however small', () => {
  const clock = new FakeClock();
  const acks = [];
  const scheduler = new AckScheduler({ everyChars: 100, everyMessages: 3, clock, ack: (characters) => acks.push(characters) });
  for (let i = 0; i < 7; i++) scheduler.onReceived(2);
  assert.deepEqual(acks, [6, 12]);
});

test('while acks are paused nothing is acknowledged, and everything after that', async () => {
  const clock = new FakeClock();
  const acks = [];
  const scheduler = new AckScheduler({ everyChars: 100, everyMessages: 100, clock, ack: (characters) => acks.push(characters) });
  scheduler.onReceived(60);
  scheduler.pause(true);
  scheduler.onReceived(500);
  await clock.pass(5_000);
  assert.deepEqual(acks, []);
  scheduler.pause(false);
  assert.deepEqual(acks, [560]);
  scheduler.pause(true);
  scheduler.onReceived(5);
  scheduler.pause(false);
  await clock.pass(3_000);
  assert.deepEqual(acks, [560, 565]);
});

test('after stop nothing is acknowledged', async () => {
  const clock = new FakeClock();
  const scheduler = new AckScheduler({ everyChars: 100, everyMessages: 100, clock, ack: () => assert.fail() });
  scheduler.onReceived(5);
  scheduler.stop();
  await clock.pass(5_000);
});
