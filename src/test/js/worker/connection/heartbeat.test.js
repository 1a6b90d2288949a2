import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heartbeat } from '../../../../main/webapp/partyline/worker/connection/heartbeat.js';
import { FakeClock } from '../../fakes.js';

function start() {
  const clock = new FakeClock();
  const seen = [];
  const heartbeat = new Heartbeat({
    clock,
    idleInterval: 20_000,
    ping: () => seen.push('ask'),
    onTimeout: () => seen.push('dead'),
  });
  return { clock, seen, heartbeat };
}

test('after 20 s of silence it asks, and 10 s later it is dead', async () => {
  const { clock, seen } = start();
  await clock.pass(19_999);
  assert.deepEqual(seen, []);
  await clock.pass(1);
  assert.deepEqual(seen, ['ask']);
  await clock.pass(9_999);
  assert.deepEqual(seen, ['ask']);
  await clock.pass(1);
  assert.deepEqual(seen, ['ask', 'dead']);
});

test('an answer keeps it alive', async () => {
  const { clock, seen, heartbeat } = start();
  await clock.pass(20_000);
  heartbeat.onReceived();
  heartbeat.onSent();
  await clock.pass(19_000);
  assert.deepEqual(seen, ['ask']);
});

test('the client’s silence counts too: the server expects frames', async () => {
  const { clock, seen, heartbeat } = start();
  for (let second = 0; second < 20; second++) {
    await clock.pass(1_000);
    heartbeat.onReceived();
  }
  assert.deepEqual(seen, ['ask']);
});

test('pings again in time after an answer, however short the interval is', async () => {
  const clock = new FakeClock();
  const asked = [];
  const heartbeat = new Heartbeat({
    clock,
    idleInterval: 3_000,
    ping: () => {
      asked.push(clock.now());
      heartbeat.onSent();
      clock.after(10, () => heartbeat.onReceived());
    },
    onTimeout: () => assert.fail('the other end answered'),
  });
  const began = clock.now();
  await clock.pass(12_500);
  assert.deepEqual(
    asked.map((at) => at - began),
    [3_000, 6_010, 9_020, 12_030],
  );
});

test('a machine that slept for an hour pings before the timeout', async () => {
  const { clock, seen } = start();
  clock.sleep(3_600_000);
  await clock.pass(0);
  assert.deepEqual(seen, ['ask']);
  await clock.pass(10_000);
  assert.deepEqual(seen, ['ask', 'dead']);
});

test('asking twice at once asks once', () => {
  const { seen, heartbeat } = start();
  heartbeat.probe();
  heartbeat.probe();
  assert.deepEqual(seen, ['ask']);
});
