/**
 * Random pages against random servers, with a clock of the test: whatever happens, nothing throws, every promise settles once the server is sane again, no tab hears
 * what is for another one or a topic that it has not joined, and nothing is left over.
 *
 *     FUZZ_SECONDS=3600 node --test src/test/js/fuzz/fuzz.test.js
 *     FUZZ_SEED=17 FUZZ_RUNS=1 node --test src/test/js/fuzz/fuzz.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, FakeNetwork, settled } from '../fakes.js';
import { Browser } from './browser.js';
import { Random } from './random.js';
import { RandomServer } from './random-server.js';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 4);
const RUNS = Number(process.env.FUZZ_RUNS ?? Infinity);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1e9);

const TOPICS = ['chat', 'news', 'a.b', '__proto__', 'constructor', 'toString'];
const MODES = /** @type {const} */ (['locks', 'pings', 'direct']);
const KINDS = /** @type {const} */ (['sane', 'babbling', 'lying']);
const MAX_PAGES = 6;
/** What a hub and a page may have of timers, besides one for each promise that is awaited. */
const TIMERS = 12;

class Run {
  failures = [];
  /** Positions that messages had, by topic. @type {Map<string, [string, number][]>} */
  positions = new Map();
  clock = new FakeClock();
  network = new FakeNetwork();

  constructor(seed) {
    this.random = new Random(seed);
    this.kind = this.random.pick([...KINDS]);
    const mode = this.random.pick([...MODES]);
    this.name = `FUZZ_SEED=${seed} (${this.kind}, ${mode})`;
    this.server = new RandomServer(this.random, this.network, this.kind, TOPICS);
    const report = (error) => this.fail(`threw ${error?.stack ?? error}`);
    this.browser = new Browser({ random: this.random, clock: this.clock, network: this.network, mode, report });
  }

  fail(what) {
    this.failures.push(what);
  }

  async play() {
    const { random, clock, browser, server } = this;
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    for (let count = 3; count > 0; count--) this.openPage();
    await settled();
    for (let step = 120 + random.integer(200); step > 0; step--) {
      server.step();
      if (browser.pages.size < MAX_PAGES && random.chance(browser.pages.size === 0 ? 0.5 : 0.02)) this.openPage();
      if (browser.pages.size > 0) this.act(random.pick([...browser.pages]));
      if (random.chance(0.6)) await clock.pass(random.pick([0, 1, 10, 100, 1_000, 5_000]));
      else await settled();
      this.checkBounds();
    }
    server.cure();
    // Longer than any timeout: that of a send is 75 s.
    for (let count = 100; count > 0; count--) {
      server.step();
      await clock.pass(2_000);
    }
    this.checkSettled();
    for (const page of browser.pages) page.line.close();
    for (let count = 20; count > 0; count--) {
      server.step();
      await clock.pass(10_000);
    }
    if (clock.waiting > 0) this.fail(`${clock.waiting} timers are left after the last tab was closed`);
    if (Object.getOwnPropertyNames(Object.prototype).length !== before || 'polluted' in {})
      this.fail('Object.prototype is polluted');
  }

  openPage(session) {
    const page = this.browser.open(session);
    const { line } = page;
    line.on('note', (value, { from }) => {
      if (value !== line.id && value !== 'all' && this.kind !== 'lying') this.fail(`${line.id} heard what is for ${value}`);
      if (from !== undefined && from !== line.id) this.fail(`${line.id} heard what is for ${from}`);
    });
    line.on('*', (_value, { topic }) => {
      if (topic !== undefined) this.fail(`a message of topic ${topic} as one for the tab`);
    });
    line.on('gap', ({ topic }) => {
      for (const subscription of page.subscriptions) if (subscription.topic === topic) subscription.gap = true;
    });
    return page;
  }

  /** One random thing that a page, its user or the system does. */
  act(page) {
    if (page.asleep) return;
    const { random, browser, clock } = this;
    const { line } = page;
    const value = random.pick([
      1,
      'x',
      null,
      { a: [1] },
      { __proto__: null, __proto__x: 1 },
      'y'.repeat(random.integer(300)),
      undefined,
    ]);
    const topic = random.pick(TOPICS);
    const actions = [
      [6, () => page.track('request', this.request(line, value))],
      [2, () => page.track('send', line.send('x', value, { drop: random.chance(0.3) }))],
      [2, () => page.track('publish', line.publish(topic, value))],
      [5, () => this.join(page, topic)],
      [3, () => page.subscriptions.splice(random.integer(page.subscriptions.length), 1)[0]?.close()],
      [2, () => line.setHidden(random.chance(0.5))],
      [1, () => line.wake()],
      [1, () => page.track('inspect', line.inspect())],
      [1, () => page.track('ready', line.ready())],
      [0.3, () => page.track('resume', this.sleep(page))],
      [0.3, () => this.reload(page)],
      [0.2, () => browser.kill(page)],
      [0.2, () => browser.killWorker()],
      [0.1, () => line.close({ everywhere: random.chance(0.2) })],
      [0.1, () => clock.sleep(random.pick([10_000, 100_000]))],
    ];
    const action = random.pickWeighted(actions);
    page.process.run(() => {
      try {
        action();
      } catch (error) {
        if (error?.code !== 'closed') throw error;
      }
    });
  }

  async request(line, value) {
    const { random } = this;
    const sent = value === undefined ? undefined : JSON.stringify(value);
    const signal = random.chance(0.1) ? AbortSignal.abort() : undefined;
    const answer = await line.request('echo', value, { timeout: random.pick([100, 5_000, 10_000, Infinity]), signal });
    if (this.kind !== 'lying' && (answer === undefined ? undefined : JSON.stringify(answer)) !== sent)
      this.fail(`the answer to ${sent} was ${JSON.stringify(answer)}`);
  }

  join(page, topic) {
    const { random } = this;
    const since = random.pick([undefined, undefined, 'start', ['e0', 5], ...(this.positions.get(topic) ?? []).slice(-3)]);
    const one = page.line.join(topic, (value, { topic: from, at }) => this.onMessage(subscription, from, at, value), { since });
    const subscription = { topic, gap: true, at: ['', 0], close: () => one.close() };
    page.track('join', one.ready);
    page.subscriptions.push(subscription);
  }

  /** In order and without a hole that was not told, as far as the server tells the truth. */
  onMessage(subscription, topic, at, value) {
    if (topic !== subscription.topic) this.fail(`a message of ${topic} came to a listener of ${subscription.topic}`);
    if (this.kind === 'lying') return;
    const [epoch, offset] = subscription.at;
    const inOrder = at[0] === epoch ? at[1] === offset + 1 || (subscription.gap && at[1] > offset) : subscription.gap;
    if (!inOrder) this.fail(`${at} of ${topic} came after ${subscription.at}, without a gap`);
    if (value !== undefined && value !== RandomServer.valueAt(topic, at)) this.fail(`${topic} has ${value} at ${at}`);
    subscription.at = at;
    subscription.gap = false;
    const known = this.positions.get(topic) ?? [];
    this.positions.set(topic, known);
    known.push(at);
  }

  /** Into the back/forward cache, and back. */
  async sleep(page) {
    page.line.suspend();
    page.asleep = true;
    await settled();
    page.asleep = false;
    page.line.resume();
  }

  async reload(page) {
    const { session } = page.line;
    page.line.suspend();
    page.asleep = true;
    this.browser.pages.delete(page);
    await settled();
    page.process.die();
    for (const hub of page.hubs) hub.die();
    this.openPage(this.random.chance(0.8) ? session : null);
  }

  checkBounds() {
    const { pages, hubs } = this.browser;
    const waiting = [...pages].reduce((sum, page) => sum + page.waiting.size, 0);
    const processes = pages.size + hubs.length;
    if (this.clock.waiting > 2 * waiting + TIMERS * (processes + 2))
      this.fail(`${this.clock.waiting} timers for ${waiting} promises of ${pages.size} pages`);
    const topics = pages.size * (TOPICS.length + 3);
    for (const { sender } of hubs)
      if (sender.queueLength + sender.inFlightCount > waiting + topics + 50)
        this.fail(`${sender.queueLength} messages wait for ${waiting} promises`);
  }

  checkSettled() {
    const { pages, hubs } = this.browser;
    for (const { line, waiting } of pages) {
      for (const { what, since } of waiting)
        this.fail(`${what} has not settled after ${(this.clock.now() - since) / 1_000} s; the line is ${line.status.state}`);
      if (line.status.state !== 'open') this.fail(`a line is ${line.status.state}, though the server is there`);
    }
    for (const { sender } of hubs)
      if (sender.queueLength + sender.inFlightCount > 0)
        this.fail(`${sender.queueLength} wait, ${sender.inFlightCount} have no answer`);
  }
}

test(`random pages and servers, FUZZ_SEED=${SEED}`, async (context) => {
  const { reportError } = globalThis;
  const end = Date.now() + SECONDS * 1_000;
  let runs = 0;
  let malformed = 0;
  /** @type {Run} */
  let run;
  const onRejection = (error) => run.fail(`unhandled rejection: ${error?.stack ?? error}`);
  process.on('unhandledRejection', onRejection);
  globalThis.reportError = (error) => run.fail(`reported ${error?.stack ?? error}`);
  try {
    for (; runs < RUNS && Date.now() < end; runs++) {
      run = new Run(SEED + runs);
      await run.play();
      malformed += run.server.malformed;
      assert.deepEqual([...new Set(run.failures)].slice(0, 5), [], run.name);
    }
  } finally {
    process.off('unhandledRejection', onRejection);
    globalThis.reportError = reportError;
  }
  context.diagnostic(`fuzz.test.js: FUZZ_SEED=${SEED}, ${runs} runs, ${malformed} malformed frames`);
});
