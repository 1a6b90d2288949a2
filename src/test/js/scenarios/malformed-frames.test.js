/** A server whose frames are partly garbage: what is sane between them arrives as if they were not there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findFrameViolation } from '../../../main/webapp/partyline/worker/connection/frame-violation.js';
import { isFromInbox } from '../../../main/webapp/partyline/shared/frames.js';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeClock, FakeNetwork, FakePort, settled } from '../fakes.js';

const { down } = JSON.parse(readFileSync(new URL('../../resources/frames.json', import.meta.url), 'utf8'));
const JUNK = [null, 0, -1, 1.5, '', 'x', [], {}, [1], ['e'], ['e', -1], true, 2 ** 53, { at: [] }, [null, null]];

/** The same numbers for the same seed (mulberry32). @param {number} seed */
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A frame of the protocol in which one member, or a member of a member, is something else; undefined if it is still valid. */
function malformed(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const frame = JSON.parse(pick(down).text);
  let object = frame;
  while (random() < 0.4) {
    const inner = Object.values(object).filter((value) => value !== null && typeof value === 'object');
    if (inner.length === 0) break;
    object = pick(inner);
  }
  object[pick(Object.keys(object)) ?? 0] = pick(JUNK);
  return findFrameViolation(frame) === undefined ? undefined : frame;
}

for (let seed = 1; seed <= 20; seed++) {
  test(`malformed frames between sane ones leave no trace, seed ${seed}`, async () => {
    const random = randomOf(seed);
    const clock = new FakeClock();
    const network = new FakeNetwork();
    const channel = { postMessage() {} };
    const hub = new TabHub({ instance: 'W1', mode: 'shared', named: true, channel, WebSocket: network.WebSocket, clock, random });
    const tab = new FakePort();
    hub.connect(tab.port);
    tab.post({ type: '$attach', v: 2, tab: 'tab-1', url: 'ws://host/line', topics: {}, requests: [] });
    await settled();
    const server = network.last;
    server.welcome();
    tab.post({ type: '$join', topic: 'chat', n: 1 });
    server.receive({ re: 1, value: { at: ['c', 0], gap: false } });
    let inbox = 1;
    const expected = [];
    for (let n = 1; n <= 50; n++) {
      // A malformed reply settles the request that it answers, and that is not the sane one that follows.
      const garbage = [1, 2, 3]
        .map(() => malformed(random))
        .filter((frame) => frame !== undefined && !Number.isSafeInteger(frame.re));
      inbox += garbage.filter(isFromInbox).length + 1;
      tab.post({ type: '$send', name: 'echo', n: n + 1, value: '1' });
      await clock.pass(20);
      const [{ id }] = server.take('echo');
      server.receive(...garbage, { topic: 'chat', at: ['c', n], value: n }, '{"cut":', { from: 'tab-1', re: id, value: -n });
      expected.push(n, -n);
      await clock.pass(20);
    }
    const values = tab.messages().map(({ value }) => value);
    assert.deepEqual(new Set(values.slice(1)), new Set(expected));
    assert.deepEqual(
      values.filter((value) => value > 0),
      expected.filter((value) => value > 0),
    );
    assert.deepEqual([network.sockets.length, hub.connection.inbox, hub.tabs.size], [1, inbox, 1]);
  });
}
