import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../../main/webapp/partyline/shared/errors.js';
import { Replay } from '../../../../main/webapp/partyline/worker/topics/replay.js';
import { Subscribers } from '../../../../main/webapp/partyline/worker/topics/subscribers.js';
import { TopicLog } from '../../../../main/webapp/partyline/worker/topics/topic-log.js';
import { FakeClock } from '../../fakes.js';

class FakeTab {
  cursors = new Map();
  frames = [];
  enqueue(frame) {
    this.frames.push(frame);
  }
}

/** Subscribers of topic `t`, and a log that starts after 5 and has 6 to 8. */
function start() {
  const scheduled = [];
  const subscribers = new Subscribers('t', (tab) => scheduled.push(tab));
  const log = new TopicLog(['c', 5]);
  for (const n of [6, 7, 8]) log.append(['c', n], JSON.stringify({ at: ['c', n], value: n }));
  const tab = (cursor) => {
    const one = new FakeTab();
    subscribers.tabs.add(one);
    if (cursor) one.cursors.set('t', cursor);
    return one;
  };
  return { subscribers, log, tab, scheduled };
}
const offsets = (frames) => frames.map(({ value }) => value);

test('a reply out of the log sets the cursor, from which the tab reads on', () => {
  const table = [
    // since, at, gap, cursor
    [null, ['c', 8], false, ['c', 8]],
    ['start', ['c', 5], false, ['c', 5]],
    [['c', 6], ['c', 6], false, ['c', 6]],
    [['c', 2], ['c', 5], true, ['c', 2]],
    [['old', 6], ['c', 5], true, ['old', 6]],
  ];
  for (const [since, at, gap, cursor] of table) {
    const { subscribers, log, tab } = start();
    const one = tab();
    subscribers.answerFromLog(log, { tab: one, since, n: 1 });
    assert.deepEqual(one.frames, [{ re: 1, value: { at, gap, replay: [] } }]);
    assert.deepEqual(one.cursors.get('t'), cursor);
  }
});

test('a tab that reads the topic gets what it had already with the reply, and keeps its cursor', () => {
  const { subscribers, log, tab } = start();
  const one = tab(['c', 7]);
  subscribers.answerFromLog(log, { tab: one, since: ['c', 5], n: 1 });
  assert.deepEqual(offsets(one.frames[0].value.replay), [6, 7]);
  assert.deepEqual(one.cursors.get('t'), ['c', 7]);
});

test('a resumed subscription gets no reply', () => {
  const { subscribers, log, tab } = start();
  const one = tab();
  subscribers.answerFromLog(log, { tab: one, since: ['c', 6], n: undefined });
  assert.deepEqual([one.frames, one.cursors.get('t')], [[], ['c', 6]]);
});

test('the earliest wanted position is that of all waiting joins, or the start if they have no order', () => {
  const { subscribers, tab } = start();
  const wait = (since) => subscribers.wait({ tab: tab(), since, n: 1 });
  assert.equal(subscribers.earliestWanted, null);
  wait(null);
  assert.equal(subscribers.earliestWanted, null);
  wait(['c', 6]);
  wait(['c', 4]);
  wait(['c', 5]);
  assert.deepEqual(subscribers.earliestWanted, ['c', 4]);
  wait(['old', 9]);
  assert.deepEqual(subscribers.earliestWanted, ['0', 0]);
  assert.equal(subscribers.takeWaiting().length, 5);
  wait('start');
  assert.deepEqual(subscribers.earliestWanted, ['0', 0]);
});

/** A replay of 3 to 5, requested by `joins`. */
function replayFor(subscribers, joins) {
  for (const join of joins) subscribers.wait(join);
  subscribers.beginReplay();
  const replay = new Replay({ joined: { at: ['c', 2], gap: false }, clock: new FakeClock(), onTimeout() {} });
  for (const n of [3, 4, 5]) replay.append(['c', n], JSON.stringify({ at: ['c', n], value: n }));
  return replay;
}

test('a replay answers its joins, each in its own way, and those that came later wait', () => {
  const { subscribers, log, tab, scheduled } = start();
  const [asking, resumed, reading, later] = [tab(), tab(), tab(['c', 7]), tab()];
  const replay = replayFor(subscribers, [
    { tab: asking, since: ['c', 3], n: 1 },
    { tab: resumed, since: ['c', 1], n: undefined },
    { tab: reading, since: ['c', 4], n: 2 },
  ]);
  subscribers.wait({ tab: later, since: ['c', 0], n: 3 });
  subscribers.answerFromReplay(log, replay);
  assert.deepEqual(offsets(asking.frames[0].value.replay), [4, 5]);
  assert.deepEqual(asking.cursors.get('t'), ['c', 5]);
  assert.deepEqual(
    resumed.frames.map(({ type, at, frames }) => [type, at ?? offsets(frames)]),
    [['$replay', [3, 4, 5]]],
  );
  assert.deepEqual(offsets(reading.frames[0].value.replay), [5, 6, 7]);
  assert.deepEqual(reading.cursors.get('t'), ['c', 7]);
  assert.deepEqual([later.frames, subscribers.hasWaiting, scheduled], [[], true, [asking, resumed, reading]]);
});

test('a tab waits for its resumed subscription until that is answered, over interruptions too', () => {
  const { subscribers, log, tab } = start();
  const one = tab();
  const replay = replayFor(subscribers, [{ tab: one, since: ['c', 3], n: undefined }]);
  assert.equal(subscribers.isCatchingUp(one), true);
  subscribers.interruptReplay();
  assert.deepEqual([subscribers.isCatchingUp(one), subscribers.hasWaiting], [true, true]);
  subscribers.beginReplay();
  subscribers.answerFromReplay(log, replay);
  assert.equal(subscribers.isCatchingUp(one), false);
});

test('after a rejected replay resumed subscriptions read the log, and the others have an error and no subscription', () => {
  const { subscribers, log, tab } = start();
  const [asking, resumed, reading] = [tab(), tab(), tab(['c', 7])];
  replayFor(subscribers, [
    { tab: asking, since: ['c', 3], n: 1 },
    { tab: resumed, since: ['c', 1], n: undefined },
  ]);
  subscribers.wait({ tab: reading, since: ['c', 1], n: 2 });
  assert.deepEqual(subscribers.failReplay(log, new LineError('rate_limited', 'later')), [asking]);
  assert.deepEqual([asking.frames[0].error.code, reading.frames[0].error.code], ['rate_limited', 'rate_limited']);
  assert.deepEqual(resumed.cursors.get('t'), ['c', 1]);
});

test('a topic that cannot be joined is an error for each request, and an event for a tab without one', () => {
  const { subscribers, tab } = start();
  const [asking, reading] = [tab(), tab(['c', 7])];
  for (const n of [1, 2]) subscribers.wait({ tab: asking, since: null, n });
  subscribers.reject(new LineError('forbidden', 'no'));
  assert.deepEqual(
    asking.frames.map(({ re, error }) => [re, error.code]),
    [
      [1, 'forbidden'],
      [2, 'forbidden'],
    ],
  );
  assert.deepEqual(
    reading.frames.map(({ type, topic }) => [type, topic]),
    [['$joinFailed', 't']],
  );
  assert.equal(reading.cursors.size, 0);
});

test('a tab that leaves gets nothing any more', () => {
  const { subscribers, log, tab } = start();
  const one = tab(['c', 6]);
  const replay = replayFor(subscribers, [{ tab: one, since: ['c', 3], n: 1 }]);
  subscribers.wait({ tab: one, since: ['c', 0], n: 2 });
  assert.equal(subscribers.remove(one), true);
  assert.equal(subscribers.remove(one), false);
  subscribers.answerFromReplay(log, replay);
  assert.deepEqual([one.frames, one.cursors.size, subscribers.hasWaiting], [[], 0, false]);
});
