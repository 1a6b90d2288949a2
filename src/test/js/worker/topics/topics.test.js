/** All topics of a line: which of them a hello names, what a welcome means for each, and how tabs share them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, joined, leave, message, TopicsFixture, values } from './fixture.js';

const topicsOf = (frames) => frames.map(({ topic, at }) => [topic, at]);

test('ten tabs that join a topic are one $join, and the last to leave ends it after a delay', async () => {
  const server = new TopicsFixture();
  server.open();
  const tabs = Array.from({ length: 10 }, (_, n) => server.tab(`t${n}`));
  for (const tab of tabs) tab.post(join('chat', 1));
  assert.equal(server.take('$join').length, 1);
  server.receive({ re: 1, value: joined(4) }, message(5));
  for (const tab of tabs) assert.deepEqual(values(tab), ['c,4 false ', 5]);
  for (const tab of tabs.slice(1)) tab.post(leave('chat'));
  await server.pass(10_000);
  assert.equal(server.take('$leave').length, 0);
  tabs[0].post(leave('chat'));
  await server.pass(4_000);
  assert.equal(server.take('$leave').length, 0, 'a reload fits inside');
  await server.pass(1_000);
  assert.equal(server.take('$leave').length, 1);
});

test('a tab that comes back within the delay keeps the topic joined', async () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a', { chat: null });
  server.receive({ re: 1, value: joined(4) });
  tab.post(leave('chat'));
  await server.pass(4_000);
  server.tab('b', { chat: ['c', 4] });
  await server.pass(10_000);
  assert.deepEqual(server.take('$leave'), []);
  assert.equal(server.take('$join').length, 1);
});

test('a removed tab leaves all its topics', async () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a', { chat: null, news: null });
  server.removeTab(tab);
  assert.equal(tab.cursors.size, 0);
  await server.pass(5_000);
  assert.deepEqual(
    server.take('$leave').map(({ topic }) => topic),
    ['chat', 'news'],
  );
});

test('a hello names each topic with the position at which it goes on', () => {
  const server = new TopicsFixture();
  server.tab('a', { chat: ['c', 4], news: null });
  server.tab('b', { chat: ['c', 2] });
  server.tab('c').post(join('all', 1, 'start'));
  assert.deepEqual(server.hello(), { chat: ['c', 2], news: null, all: ['0', 0] });
  server.welcome({ chat: joined(2), news: joined(7), all: joined(5, true) });
  server.receive(message(3), message(8, 'news'));
  assert.deepEqual(server.hello(), { chat: ['c', 3], news: ['c', 8], all: ['c', 5] });
});

test('topics that do not fit into a hello are joined after the welcome, with their positions; implicit ones always fit', () => {
  const names = Array.from({ length: 12 }, (_, n) => `t${n}`);
  const server = new TopicsFixture();
  server.tab('a', Object.fromEntries(names.map((name) => [name, ['c', 7]])));
  const first = Object.fromEntries(names.map((name) => [name, joined(7)]));
  server.open({ ...first, '@user:ann': joined(3) }, { message: 65_536, members: 26 });
  const hello = server.hello();
  assert.deepEqual(Object.keys(hello), [...names.slice(0, 10), '@user:ann']);
  server.welcome(Object.fromEntries(Object.keys(hello).map((name) => [name, joined(7)])));
  assert.deepEqual(
    topicsOf(server.take('$join')),
    names.slice(10).map((name) => [name, ['c', 7]]),
  );
  assert.deepEqual(Object.keys(server.hello(true)), ['@user:ann'], 'a minimal hello');
});

test('a hello is no longer than the server accepts', () => {
  const server = new TopicsFixture();
  server.open({}, { message: 8_192 + 300 });
  server.tab('a', Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`topic-${n}`, ['c', 7]])));
  const named = Object.entries(server.hello());
  const chars = named.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
  assert.ok(chars > 250 && chars <= 300, `${chars} characters`);
});

test('a topic that came after the hello, or that the welcome does not name, is joined after it', () => {
  const server = new TopicsFixture();
  server.tab('a', { named: null });
  assert.deepEqual(Object.keys(server.hello()), ['named']);
  server.tab('b', { later: ['c', 3] });
  server.welcome({});
  assert.deepEqual(topicsOf(server.take('$join')), [
    ['named', undefined],
    ['later', ['c', 3]],
  ]);
});

test('a topic that loses its last tab between hello and welcome is left after the welcome', async () => {
  const server = new TopicsFixture();
  const tab = server.tab('a', { chat: null, news: null, secret: null });
  server.hello();
  for (const topic of ['chat', 'news', 'secret']) tab.post(leave(topic));
  await server.pass(5_000);
  server.welcome({ chat: joined(4), secret: { error: { code: 'forbidden', message: 'no' } } });
  assert.deepEqual(topicsOf(server.take('$leave')), [['chat', undefined]]);
  assert.deepEqual(server.take('$join'), []);
  assert.deepEqual(server.topics.describe(), []);
});

test('a topic that loses its last tab while there is no connection is not named any more', async () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a', { chat: null });
  server.receive({ re: 1, value: joined(4) });
  tab.post(leave('chat'));
  server.drop();
  await server.pass(5_000);
  assert.deepEqual(server.hello(), {});
});

test('a topic that is left when the connection drops is not resumed', async () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a', { chat: null });
  server.receive({ re: 1, value: joined(4) });
  tab.post(leave('chat'));
  await server.pass(5_000);
  assert.equal(server.take('$leave').length, 1);
  assert.deepEqual(server.hello(), {});
});

test('a join that the server rejects is rejected in every tab that asked, and in those that were subscribed before', () => {
  const server = new TopicsFixture();
  server.open();
  const [a, b] = [server.tab('a'), server.tab('b')];
  for (const tab of [a, b]) tab.post(join('secret', 5));
  const back = server.tab('back', { secret: ['c', 4] });
  server.receive({ re: 1, error: { code: 'forbidden', message: 'no', retryable: false } });
  for (const tab of [a, b]) assert.deepEqual(values(tab), ['forbidden']);
  assert.deepEqual(
    back.take('$joinFailed').map(({ topic, error }) => [topic, error.code]),
    [['secret', 'forbidden']],
  );
  assert.deepEqual(server.hello(), {});
});

test('a topic that a welcome rejects is rejected in the tabs', () => {
  const server = new TopicsFixture();
  const tab = server.tab('a', { secret: null });
  server.open({ secret: { error: { code: 'forbidden', message: 'no' } } });
  assert.equal(tab.take('$joinFailed')[0].topic, 'secret');
});

test('a name that is longer than the server accepts is rejected in its tab, and not sent', () => {
  const server = new TopicsFixture();
  const early = server.tab('early', { ninechars: null });
  server.hello();
  server.welcome({}, { message: 500, name: 8 });
  const late = server.tab('late');
  late.post(join('ninechars', 4));
  late.post(join('@user:longname', 5));
  assert.equal(early.take('$joinFailed')[0].error.code, 'bad_value');
  assert.deepEqual(values(late), ['bad_value'], 'implicit topics have any name');
  assert.deepEqual(server.take('$join'), []);
});

test('implicit topics begin with the welcome or a message, and are neither joined nor left', async () => {
  const server = new TopicsFixture();
  const tab = server.tab('a', { '*': null });
  server.open({ '*': joined(3) });
  server.receive(message(4, '*'), message(1, '@user:ann'));
  assert.deepEqual(server.topics.implicitTopics(), ['*', '@user:ann']);
  assert.deepEqual(values(tab), [4]);
  server.removeTab(tab);
  await server.pass(10_000);
  assert.deepEqual([server.take('$join'), server.take('$leave')], [[], []]);
  assert.deepEqual(Object.keys(server.hello()), ['*', '@user:ann']);
});

test('messages of a topic without tabs are for no tab', () => {
  const server = new TopicsFixture();
  server.open();
  assert.equal(server.topics.onMessage(message(4), '{}'), null);
  assert.deepEqual([...server.topics.onGap('chat', ['c', 4])], []);
  assert.equal(server.topics.onMessage({ topic: 'chat' }, '{}'), null, 'without a position');
});

test('after a user change no message of before is kept', () => {
  const server = new TopicsFixture();
  const tab = server.tab('a', { chat: null, news: null });
  server.open({ chat: joined(1), news: joined(1), '@user:ann': joined(1) });
  server.topics.join(tab, '@user:ann', null);
  server.receive(message(2), message(2, 'news'), message(2, '@user:ann'));
  server.topics.resetAll({ chat: joined(9) });
  assert.deepEqual(
    server.topics.describe().map(({ topic, at, kept }) => [topic, at, kept]),
    [
      ['chat', ['c', 9], 0],
      ['news', ['c', 2], 0],
    ],
  );
  assert.deepEqual([...tab.cursors.keys()], ['chat', 'news']);
});

test('a closed line leaves no topic and no timer', async () => {
  const server = new TopicsFixture();
  server.open();
  const tab = server.tab('a', { chat: null });
  server.receive({ re: 1, value: joined(4) });
  tab.post(leave('chat'));
  server.drop();
  server.topics.clear();
  assert.deepEqual([server.topics.describe(), server.clock.waiting, server.hello()], [[], 0, {}]);
});
