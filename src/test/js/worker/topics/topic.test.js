/** One topic: what its tabs get while it is joined, resumed, replayed and left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, joined, leave, message, replayed, TopicsFixture, values } from './fixture.js';

/** A topic that `early` has joined from now on, at 7, with one message since, and a tab `late` that has not joined it yet. */
function late() {
  const server = new TopicsFixture();
  const early = server.tab('early');
  server.open();
  early.post(join('chat', 1));
  server.receive({ re: 1, value: joined(7) }, message(8));
  early.messages();
  server.take('$join');
  return { server, early, late: server.tab('late') };
}

test('messages older than the worker’s log are fetched from the server, only for the tab that asked', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 5]));
  assert.deepEqual(server.take('$join'), [{ type: '$join', topic: 'chat', at: ['c', 5], id: 2 }]);
  server.receive(message(9));
  assert.deepEqual(values(tab), [], 'the answer comes first');
  server.receive({ re: 2, value: joined(5) }, message(6), message(7), message(8), message(9), message(10));
  assert.deepEqual(values(tab), ['c,5 false 6,7', 8, 9, 10]);
  assert.deepEqual(values(early), [9, 10]);
  assert.deepEqual([tab.take('$gap'), early.take('$gap')], [[], []]);
});

test('since the start, though another tab joined from now on before: all that the server keeps', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, 'start'));
  assert.equal(server.take('$join').length, 1);
  server.receive({ re: 2, value: joined(5, true) }, message(6), message(7), message(8));
  assert.deepEqual(values(tab), ['c,5 false 6,7', 8]);
  assert.deepEqual([values(early), tab.take('$gap'), early.take('$gap')], [[], [], []]);
});

test('since the start of a topic that keeps its latest message: the present state', () => {
  const server = new TopicsFixture();
  const [early, tab2] = [server.tab('early'), server.tab('late')];
  server.open();
  early.post(join('chat', 1));
  tab2.post(join('chat', 1, 'start'));
  server.receive({ re: 1, value: joined(7) });
  server.receive({ re: 2, value: joined(6, true) }, message(7), message(8));
  assert.deepEqual(values(tab2), ['c,6 false 7', 8]);
  assert.deepEqual(values(early), ['c,7 false ', 8]);
});

test('a gap before the worker’s log is part of the reply, with the messages that remain', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 2]));
  server.receive(
    { re: 2, value: joined(5, true) },
    message(6),
    { type: '$gap', topic: 'chat', at: ['c', 6] },
    message(7),
    message(8),
  );
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 6] }]);
  assert.deepEqual(values(tab), ['c,6 true 7', 8]);
  assert.deepEqual([values(early), early.take('$gap')], [[], []]);
});

test('a tab back from the back/forward cache gets from the server what is older than the worker’s log', () => {
  const { server, early } = late();
  const back = server.tab('back', { chat: ['c', 4] });
  assert.deepEqual(server.take('$join'), [{ type: '$join', topic: 'chat', at: ['c', 4], id: 2 }]);
  server.receive(message(9));
  assert.deepEqual(back.messages(), [], 'what it missed comes first');
  server.receive({ re: 2, value: joined(4) }, message(5), message(6), message(7), message(8), message(9), message(10));
  assert.deepEqual(
    [replayed(back), values(back)],
    [
      [5, 6, 7],
      [8, 9, 10],
    ],
  );
  assert.deepEqual(values(early), [9, 10]);
  assert.deepEqual([back.take('$gap'), early.take('$gap')], [[], []]);
});

test('a tab that attaches again gets a gap if the server has no more, sends no more, or rejects the replay', async () => {
  for (const answer of [
    [{ re: 2, value: joined(6, true) }, message(7), message(8)],
    [{ re: 2, value: joined(4) }, message(5)],
    [{ re: 2, error: { code: 'forbidden', message: 'no' } }],
  ]) {
    const { server } = late();
    const back = server.tab('back', { chat: ['c', 4] });
    server.receive(...answer);
    await server.pass(10_000);
    server.receive(message(9));
    assert.equal(back.take('$gap').length, 1);
    const received = [...replayed(back), ...values(back)];
    assert.deepEqual(received.slice(-2), [8, 9]);
  }
});

test('a disconnect during a replay costs no timeout and no message', async () => {
  const { server, late: tab } = late();
  tab.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, value: joined(5) }, message(6));
  server.drop();
  await server.pass(15_000);
  server.open({ chat: joined(8) });
  const [{ id, at }] = server.take('$join');
  server.receive({ re: id, value: { at, gap: false } }, message(6), message(7), message(8), message(9));
  assert.deepEqual([values(tab), tab.take('$gap')], [['c,5 false 6,7', 8, 9], []]);
});

test('a tab that joins between $hello and $welcome misses nothing that the $hello did not request', async () => {
  const server = new TopicsFixture();
  const a = server.tab('a');
  a.post(join('chat', 1));
  server.hello();
  a.post(leave('chat'));
  await server.pass(5_500);
  const back = server.tab('back', { chat: ['c', 4] });
  server.welcome({ chat: joined(6) });
  const [{ id, at }] = server.take('$join');
  assert.deepEqual(at, ['c', 4]);
  server.receive({ re: id, value: { at, gap: false } }, message(5), message(6), message(7));
  assert.deepEqual([replayed(back), values(back), back.take('$gap')], [[5, 6], [7], []]);
});

test('what arrives after a $leave does not start the log of the next join', async () => {
  const { server, early, late: tab } = late();
  early.post(leave('chat'));
  await server.pass(6_000);
  const [left] = server.take('$leave');
  tab.post(join('chat', 1, ['c', 5]));
  server.receive(message(9));
  assert.deepEqual(server.take('$join'), [], 'before the leave is answered');
  server.receive({ re: left.id });
  const [{ id, at }] = server.take('$join');
  assert.deepEqual(at, ['c', 5]);
  server.receive({ re: id, value: { at, gap: false } }, message(6), message(7));
  assert.deepEqual(values(tab), ['c,5 false ', 6, 7]);
});

test('a $leave that the server rejects is sent again, and what arrives before does not start the log of the next join', async () => {
  const { server, early, late: tab } = late();
  early.post(leave('chat'));
  await server.pass(6_000);
  const [left] = server.take('$leave');
  tab.post(join('chat', 1, ['c', 5]));
  server.receive({ re: left.id, error: { code: 'rate_limited', message: '', retryable: true } }, message(9));
  await server.pass(1_000);
  assert.deepEqual(server.take('$join'), [], 'before the topic is left');
  const [again] = server.take('$leave');
  server.receive({ re: again.id });
  const [{ id, at }] = server.take('$join');
  assert.deepEqual(at, ['c', 5]);
  server.receive({ re: id, value: { at, gap: false } }, message(6), message(7));
  assert.deepEqual(values(tab), ['c,5 false ', 6, 7]);
});

test('a tab that attaches again and at once joins from later gets all of it in order', () => {
  const { server } = late();
  const back = server.tab('back', { chat: ['c', 4] });
  back.post(join('chat', 1, ['c', 7]));
  server.receive({ re: 2, value: joined(4) }, message(5), message(6), message(7), message(8), message(9));
  assert.deepEqual(
    [replayed(back), values(back)],
    [
      [5, 6, 7],
      ['c,7 false ', 8, 9],
    ],
  );
  assert.deepEqual(
    server.take('$join').map(({ at }) => at),
    [['c', 4]],
  );
});

test('a gap in a replay without tabs reaches no tab', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, 'start'));
  server.receive({ re: 2, value: joined(7, true) }, { type: '$gap', topic: 'chat', at: ['c', 8] }, message(9));
  assert.deepEqual([tab.take('$gap'), early.take('$gap')], [[], []]);
  assert.deepEqual([values(tab), values(early)], [['c,7 false ', 8, 9], [9]]);
});

test('tabs that ask from positions of two epochs: the one of the other epoch gets a gap', () => {
  const server = new TopicsFixture();
  const [now, alien, known] = [server.tab('now'), server.tab('alien'), server.tab('known')];
  server.open();
  now.post(join('chat', 1));
  alien.post(join('chat', 1, ['old', 3]));
  known.post(join('chat', 1, ['c', 6]));
  server.receive({ re: 1, value: joined(7) });
  assert.notEqual(server.take('$join').at(-1).at[0], 'c');
  server.receive({ re: 2, value: joined(5, true) }, message(6), message(7), message(8));
  assert.deepEqual(
    [values(alien), values(known)],
    [
      ['c,5 true 6,7', 8],
      ['c,6 false 7', 8],
    ],
  );
});

test('a subscribed tab gets older messages from the server for one more subscription, with the reply', () => {
  const { server, early } = late();
  early.post(join('chat', 2, ['c', 5]));
  server.receive({ re: 2, value: joined(5) }, message(6), message(7), message(8), message(9));
  assert.deepEqual(values(early), ['c,5 false 6,7,8', 9]);
});

test('two tabs that want different older messages get theirs one after the other', () => {
  const { server, late: tab } = late();
  const third = server.tab('third');
  tab.post(join('chat', 1, ['c', 6]));
  third.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, value: joined(6) }, message(7), message(8));
  server.receive({ re: 3, value: joined(5) }, message(6), message(7), message(8));
  assert.deepEqual(values(tab), ['c,6 false 7', 8]);
  assert.deepEqual(values(third), ['c,5 false 6,7', 8]);
});

test('a drop in the middle of a replay loses nothing', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, value: joined(5) }, message(6));
  server.drop();
  server.open({ chat: joined(8) });
  assert.deepEqual(
    server.take('$join').map(({ at }) => at),
    [['c', 5]],
  );
  server.receive({ re: 3, value: joined(5) }, message(6), message(7), message(8), message(9));
  assert.deepEqual(values(tab), ['c,5 false 6,7', 8, 9]);
  assert.deepEqual(values(early), [9]);
});

test('a replay that the server rejects, or never sends, leaves no join waiting', async () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, error: { code: 'rate_limited', message: 'later' } }, message(9));
  assert.deepEqual(values(tab), ['rate_limited']);
  tab.post(join('chat', 2, ['c', 5]));
  server.receive({ re: 3, value: joined(5) });
  await server.pass(10_000);
  assert.deepEqual(tab.take('$gap').length, 1);
  assert.deepEqual(values(tab), ['c,7 true ', 8, 9]);
  assert.deepEqual(values(early), [9]);
});

test('since the start: a tab gets all that is kept, and that is no gap', () => {
  const server = new TopicsFixture();
  const early = server.tab('early');
  server.open();
  early.post(join('state', 1, 'start'));
  const [{ at }] = server.take('$join');
  server.receive({ re: 1, value: { at: ['s', 8], gap: true } }, { topic: 'state', at: ['s', 9], value: 'now' });
  const late = server.tab('late');
  late.post(join('state', 1, 'start'));
  assert.notEqual(at[0], 's');
  for (const one of [early, late]) {
    assert.deepEqual(one.take('$gap'), []);
    assert.deepEqual(
      one.messages().map(({ re, value }) => (re ? value.at : value)),
      [['s', 8], 'now'],
    );
  }
});

test('a topic that keeps its latest message skips older ones without a gap', () => {
  const server = new TopicsFixture();
  const a = server.tab('a');
  server.open();
  a.post(join('state', 1, ['s', 2]));
  server.receive({ re: 1, value: { at: ['s', 8], gap: false } }, { topic: 'state', at: ['s', 9], value: 'now' });
  assert.deepEqual(a.take('$gap'), []);
  assert.equal(a.messages().at(-1).value, 'now');
});

test('a second subscription of a tab gets older messages with its reply, and the first gets none twice', () => {
  const server = new TopicsFixture();
  const a = server.tab('a');
  server.open();
  a.post(join('chat', 1));
  server.receive({ re: 1, value: joined(0) }, { topic: 'chat', at: ['c', 1], value: 1 });
  a.messages();
  a.post(join('chat', 2, ['c', 0]));
  const answers = a.messages();
  assert.equal(answers.length, 1);
  assert.deepEqual(
    answers[0].value.replay.map(({ value }) => value),
    [1],
  );
});

test('a gap of the server reaches every subscribed tab', () => {
  const server = new TopicsFixture();
  const [a, b, c] = [server.tab('a'), server.tab('b'), server.tab('c')];
  server.open();
  for (const one of [a, b]) one.post(join('chat', 1));
  server.receive({ re: 1, value: joined(0) });
  server.receive({ type: '$gap', topic: 'chat', at: ['c', 90] }, { topic: 'chat', at: ['c', 91], value: 91 });
  for (const one of [a, b]) {
    assert.deepEqual(one.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 90] }]);
    assert.equal(one.messages().at(-1).value, 91);
  }
  assert.deepEqual(c.take('$gap'), []);
});

test('a replay ends early when a message arrives that is new for the log: there are no older ones', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, value: joined(6) }, message(9));
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 7] }]);
  assert.deepEqual([values(tab), values(early)], [['c,7 true ', 8, 9], [9]]);
});

test('a replay that a drop has interrupted is requested again, for all joins that wait, right after the $join', () => {
  const { server, late: tab } = late();
  tab.post(join('chat', 1, ['c', 5]));
  server.tab('other').post(join('chat', 1, ['c', 3]));
  server.drop();
  server.tab('third').post(join('chat', 1, ['c', 4]));
  server.hello(true);
  server.welcome();
  assert.deepEqual(
    server.take('$join').map(({ at }) => at[1]),
    [8, 3],
  );
});

test('the first message may arrive before the answer to the join', () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a');
  tab.post(join('chat', 1));
  server.receive(message(8), { re: 1, value: joined(7) }, message(9));
  assert.deepEqual(values(tab), ['c,7 false ', 8, 9]);
});

test('a gap that arrives before the answer to the join is where the topic begins', () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a');
  tab.post(join('chat', 1, ['c', 2]));
  server.receive({ type: '$gap', topic: 'chat', at: ['c', 5] }, { re: 1, value: joined(5, true) }, message(6));
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 5] }]);
  assert.deepEqual(values(tab), ['c,5 true ', 6]);
});

test('a topic that tabs join and leave again before the server has heard of it is left once', async () => {
  const { server, early, late: tab } = late();
  early.post(leave('chat'));
  await server.pass(5_000);
  tab.post(join('chat', 1));
  tab.post(leave('chat'));
  await server.pass(5_000);
  const [left, ...more] = server.take('$leave');
  server.receive({ re: left.id });
  assert.deepEqual([more, server.take('$join'), server.topics.describe()], [[], [], []]);
});

test('a rejected join during a leave concerns the old subscription only', async () => {
  const server = new TopicsFixture();
  server.open();
  const a = server.tab('a', { chat: null });
  a.post(leave('chat'));
  await server.pass(5_000);
  const b = server.tab('b', { chat: null });
  server.receive({ re: 1, error: { code: 'forbidden', message: 'no' } });
  assert.deepEqual(b.take('$joinFailed'), []);
  server.receive({ re: 2 });
  assert.equal(server.take('$join').length, 2);
});

test('a tab that is ahead of the worker’s log reads on where one more listener needs it', () => {
  const { server, early } = late();
  const ahead = server.tab('ahead', { chat: ['c', 12] });
  ahead.post(join('chat', 1, ['c', 5]));
  server.receive({ re: 2, value: joined(5) }, message(6), message(7), message(8));
  assert.deepEqual(values(ahead), ['c,5 false 6,7,8']);
  server.receive(...[9, 10, 11, 12, 13].map((n) => message(n)));
  assert.deepEqual(values(ahead), [9, 10, 11, 12, 13]);
  assert.deepEqual([values(early), ahead.take('$gap')], [[9, 10, 11, 12, 13], []]);
});

test('a join at a position ahead of the topic makes the server skip nothing', () => {
  const server = new TopicsFixture();
  const tab = server.tab('tab', { chat: ['old', 2] });
  server.open({ chat: { at: ['old', 2], gap: false } });
  server.drop();
  tab.post(join('chat', 1, ['c', 8]));
  server.open({ chat: joined(0, true, 9) });
  const [{ at, id }] = server.take('$join');
  assert.deepEqual(at, ['c', 0]);
  server.receive({ re: id, value: joined(0, false, 9) }, ...[1, 2, 3].map((n) => message(n)));
  assert.deepEqual([server.take('$join'), tab.take('$gap').length], [[], 1]);
  assert.deepEqual(values(tab), ['c,8 false ', 1, 2, 3]);
});

test('a join beyond the end of a topic that another tab has joined is told a gap, and gets all messages', () => {
  const { server, late: tab, early } = late();
  tab.post(join('chat', 1, ['c', 1000]));
  server.receive({ re: 2, value: { at: ['c', 8], gap: false } });
  const [asked, all] = server.take('$join');
  assert.deepEqual(
    [asked.at, all.at],
    [
      ['c', 8],
      ['0', 0],
    ],
  );
  server.receive({ re: all.id, value: joined(5, true) }, message(6), message(7), message(8), message(9));
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 5] }]);
  assert.deepEqual(values(tab), ['c,5 true 6,7', 8, 9]);
  assert.deepEqual([values(early), early.take('$gap')], [[9], []]);
});

test('a position beyond the end of the topic is a gap, told once, and then all messages follow', () => {
  const server = new TopicsFixture();
  const tab = server.tab('tab');
  server.open();
  tab.post(join('chat', 1, ['c', 1000]));
  server.receive({ re: 1, value: joined(5, true) }, message(6), message(7));
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 5] }]);
  assert.deepEqual(values(tab), ['c,5 true ', 6, 7]);
});

test('a subscription that is resumed beyond the end of the topic gets a gap, and then all messages', () => {
  const server = new TopicsFixture();
  const tab = server.tab('tab', { chat: ['c', 1000] });
  server.open({ chat: joined(5, true) });
  server.receive(message(6), message(7));
  assert.deepEqual(tab.take('$gap'), [{ type: '$gap', topic: 'chat', at: ['c', 5] }]);
  assert.deepEqual(values(tab), [6, 7]);
});

test('a topic that the server refuses ends for a tab that was subscribed, though another join of it waits', () => {
  const server = new TopicsFixture();
  const tab = server.tab('tab', { chat: ['c', 2] });
  server.open({ chat: joined(2) });
  server.drop();
  tab.post(join('chat', 1, 'start'));
  server.open({ chat: { error: { code: 'overloaded', message: 'later' } } });
  assert.deepEqual([values(tab), tab.take('$joinFailed').length], [['overloaded'], 1]);
});

test('one more listener of a tab that waits for older messages does not make the tab skip them', () => {
  const server = new TopicsFixture();
  server.open({});
  server.tab('first', { chat: ['c', 20] });
  const back = server.tab('back', { chat: ['c', 17] });
  back.post(join('chat', 1, ['c', 20]));
  const [{ id }] = server.take('$join');
  server.receive({ re: id, value: joined(20) }, message(21));
  assert.deepEqual(values(back), []);
  const [replay] = server.take('$join');
  assert.deepEqual(replay.at, ['c', 17]);
  server.receive({ re: replay.id, value: joined(17) }, ...[18, 19, 20, 21, 22].map((n) => message(n)));
  assert.deepEqual([replayed(back), values(back), back.take('$gap')], [[18, 19, 20], ['c,20 false ', 21, 22], []]);
});
