/** The smaller parts: tokens, pace, diary, listeners, presence, tabs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Diary } from '../../main/webapp/partyline/diary.js';
import { Listeners } from '../../main/webapp/partyline/listeners.js';
import { Pace } from '../../main/webapp/partyline/pace.js';
import { Pass } from '../../main/webapp/partyline/pass.js';
import { PostPages } from '../../main/webapp/partyline/postpages.js';
import { Tab } from '../../main/webapp/partyline/tab.js';
import { Tokens } from '../../main/webapp/partyline/tokens.js';
import { VERSION } from '../../main/webapp/partyline/version.js';
import { FakeClock, FakePort, settled } from './fakes.js';

test('tokens are asked of visible tabs first, and of another when one dies or is silent', async () => {
  const clock = new FakeClock();
  const tokens = new Tokens(clock);
  const tab = (id, hidden, givesTokens = true) => ({ id, hidden, givesTokens });
  const tabs = [tab('hidden', true), tab('mute', false, false), tab('dies', false), tab('silent', false), tab('good', true)];
  const asked = [];
  const token = tokens.get(
    () => tabs,
    'connect',
    (one, frame) => asked.push([one.id, frame]),
  );
  await settled();
  tokens.forget(tabs[2]);
  await settled();
  await clock.pass(10_000);
  tokens.answered({ n: asked[1][1].n, token: 'too late' });
  assert.deepEqual(
    asked.map(([id]) => id),
    ['dies', 'silent', 'hidden'],
  );
  tokens.answered({ n: asked[2][1].n, token: 'T' });
  assert.equal(await token, 'T');
});

test('a tab that says that nobody is logged in settles it', async () => {
  const tokens = new Tokens(new FakeClock());
  const tabs = [
    { id: 'a', givesTokens: true, hidden: false },
    { id: 'b', givesTokens: true, hidden: false },
  ];
  const asked = [];
  const token = tokens.get(
    () => tabs,
    'connect',
    (_tab, { n }) => asked.push(n),
  );
  await settled();
  tokens.answered({ n: asked[0], error: { code: 'unauthenticated', message: 'log in' } });
  await assert.rejects(token, ({ code, retryable }) => code === 'unauthenticated' && !retryable);
  assert.equal(asked.length, 1);
});

test('tabs that fail for now leave an error that is worth a retry; no tabs with tokens mean none', async () => {
  const tokens = new Tokens(new FakeClock());
  assert.equal(
    await tokens.get(
      () => [],
      'connect',
      () => {},
    ),
    undefined,
  );
  const token = tokens.get(
    () => [tabA],
    'connect',
    (_tab, { n }) => tokens.answered({ n, error: { code: 'failed', message: 'x' } }),
  );
  await assert.rejects(token, ({ retryable }) => retryable);
});
const tabA = { id: 'a', givesTokens: true, hidden: false };

test('a pace does not wait for a clock that was set back', () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  pace.set(50, 10);
  clock.sleep(-3_600_000);
  assert.equal(pace.free, true);
});

test('a pace lets a burst through and then so many a second', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  pace.set(50, 10);
  let sent = 0;
  const send = () => {
    while (pace.free) {
      pace.spend();
      sent++;
    }
  };
  send();
  assert.equal(sent, 9, 'a little less than allowed');
  assert.ok(pace.wait > 0 && pace.wait < 50);
  await clock.pass(1_000);
  send();
  assert.ok(sent >= 9 + 9 && sent <= 9 + 50);
});

test('no limit known, no limit kept', () => {
  const pace = new Pace(new FakeClock());
  for (let n = 0; n < 1_000; n++) pace.spend();
  assert.equal(pace.free, true);
});

test('a diary keeps the last hundred, with their times', async () => {
  const clock = new FakeClock();
  const diary = new Diary(clock);
  for (let n = 0; n < 150; n++) {
    diary.note(`entry ${n}`);
    await clock.pass(1);
  }
  assert.equal(diary.entries().length, 100);
  assert.deepEqual(diary.entries()[0].what, 'entry 50');
  assert.equal(diary.entries()[1].at - diary.entries()[0].at, 1);
});

test('the same function twice is two listeners, each with an undo of its own', () => {
  const listeners = new Listeners(assert.fail);
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
  const listeners = new Listeners(assert.fail);
  const heard = [];
  listeners.on('x', () => off());
  const off = listeners.on('x', () => heard.push('second'));
  listeners.emit('x');
  listeners.emit('x');
  assert.deepEqual(heard, ['second']);
});

test('pages of the post that never say goodbye are bounded, and known again when they speak', () => {
  const pages = new PostPages({ postMessage() {} });
  const ports = Array.from({ length: 300 }, () => new FakePort());
  for (const [n, { port }] of ports.entries()) pages.spoke(port, `p${n}`);
  assert.equal(pages.size, 256);
  assert.equal(pages.deliver({ from: 'p0' }), false);
  pages.spoke(ports[0].port, 'p0');
  assert.equal(pages.deliver({ from: 'p0' }), true);
});

test('one page of the post goes by a bounded number of ids, and takes none from another', () => {
  const pages = new PostPages({ postMessage() {} });
  const [chameleon, other] = [new FakePort(), new FakePort()];
  pages.spoke(chameleon.port, 'shared');
  pages.spoke(other.port, 'shared');
  for (let n = 0; n < 1_000; n++) pages.spoke(chameleon.port, `p${n}`);
  pages.spoke(chameleon.port, '<b>');
  assert.equal(pages.size, 65);
  assert.equal(pages.deliver({ from: 'p0' }), false);
  assert.equal(pages.deliver({ from: 'p999' }), true);
  assert.equal(pages.deliver({ from: 'shared' }), true);
  assert.equal(other.plain.length, 1);
  pages.remove(chameleon.port);
  assert.deepEqual(pages.ids(), ['shared']);
});

test('the version is the same wherever it is written: here, in the worker’s URL, in package.json and in the pom', () => {
  const read = (/** @type {string} */ path) => readFileSync(new URL(`../../main/webapp/${path}`, import.meta.url), 'utf8');
  assert.ok(read('partyline/connect.js').includes(`'../worker.js?v=${VERSION}'`));
  assert.equal(JSON.parse(read('package.json')).version, VERSION);
  const [, pom] = /<artifactId>partyline<\/artifactId>\s*<version>([^<]+)</.exec(read('../../../pom.xml')) ?? [];
  assert.equal(pom?.replace('-SNAPSHOT', ''), VERSION);
});

test('a tab hears the newest status only, and that its line has ended whatever comes after that', () => {
  const port = new FakePort();
  const tab = new Tab({ id: 'a', port: port.port, hidden: false, givesTokens: false, now: 0 });
  for (const state of ['connecting', 'open', 'closed', 'connecting', 'open']) tab.tell({ type: '$status', status: { state } });
  tab.flush(new Pass(() => undefined));
  assert.deepEqual(
    port.take('$status').map(({ status }) => status.state),
    ['closed', 'open'],
  );
});
