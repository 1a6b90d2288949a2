/**
 * Random lives of one topic, compared with a simple model: whatever tabs, server and connection do in which order, no tab misses
 * a message without a gap, none gets one twice, and in the end the server has the topic joined exactly if a tab is subscribed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, leave, TopicsFixture } from './fixture.js';

/** Random numbers that are the same each time. */
function dice(seed) {
  return (sides) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * sides);
  };
}

/** The server's log of the topic, and its cursor for the line. It answers when a test says so, one request at a time. */
class Server extends TopicsFixture {
  start = 0;
  end = 0;
  /** @type {number | null} */
  cursor = null;
  #requests = [];
  /** What the last hello named, until it is welcomed. */
  #hello = null;

  constructor(keeps) {
    super({ limits: { maxFrames: 10 } });
    this.keeps = keeps;
  }

  publish() {
    this.start = Math.max(this.start, ++this.end - this.keeps);
  }

  answer(error) {
    this.#collect();
    const request = this.#requests.shift();
    if (!request) return;
    const { type, at, id } = request;
    if (type === '$leave') {
      this.cursor = null;
      this.receive({ re: id });
    } else if (error) this.receive({ re: id, error: { code: 'rate_limited', message: 'later' } });
    else this.receive({ re: id, value: this.#moveCursor(at) });
  }

  bring(most) {
    if (this.cursor === null || !this.isOpen) return;
    if (this.cursor < this.start) {
      this.cursor = this.start;
      this.receive({ type: '$gap', topic: 'chat', at: ['c', this.start] });
    }
    for (; most > 0 && this.cursor < this.end; most--) {
      this.cursor++;
      this.receive({ topic: 'chat', at: ['c', this.cursor] });
    }
  }

  lose() {
    this.drop();
    this.cursor = null;
    this.#requests = [];
    this.#hello = null;
  }

  greet(minimal) {
    if (!this.isOpen) this.#hello ??= this.hello(minimal);
  }

  accept() {
    if (!this.#hello) return;
    const topics = 'chat' in this.#hello ? { chat: this.#moveCursor(this.#hello.chat) } : {};
    this.#hello = null;
    this.welcome(topics);
  }

  get isQuiet() {
    this.#collect();
    return this.isOpen && this.#requests.length === 0 && (this.cursor === null || this.cursor === this.end);
  }

  #collect() {
    this.#requests.push(...[...this.take('$join'), ...this.take('$leave')].sort((a, b) => a.id - b.id));
  }

  #moveCursor(at) {
    if (!at) this.cursor = this.end;
    else if (at[0] !== 'c' || at[1] > this.end) this.cursor = this.start;
    else this.cursor = Math.max(at[1], this.start);
    return { at: ['c', this.cursor], gap: at ? at[0] !== 'c' || this.cursor !== at[1] : false, end: this.end };
  }
}

/** One subscription of one tab, as an application sees it. */
class Reader {
  /** @type {number | null} the last offset received, or at which a gap ended */
  at = null;
  /** @type {number | null} the request that is not answered yet */
  n = null;
  lastN = 0;

  constructor(server, id) {
    this.server = server;
    this.id = id;
    this.tab = server.tab(id);
  }

  get isSubscribed() {
    return this.n !== null || this.at !== null;
  }

  join(since) {
    this.since = since;
    this.n = ++this.lastN;
    this.tab.post(join('chat', this.n, since));
  }

  leave() {
    this.tab.post(leave('chat'));
    this.at = this.n = null;
  }

  /** As after the back/forward cache: the page continues where it was, on a new port. */
  comeBack() {
    this.read();
    this.server.removeTab(this.tab);
    this.tab = this.server.tab(this.id, { chat: ['c', this.at] });
  }

  read() {
    for (const { type, re, value, error, at, frames } of this.tab.frames.splice(0)) {
      if (re !== undefined) this.#onReply(re, value, error);
      else if (type === '$joinFailed') this.at = this.n = null;
      else if (type === '$gap') this.#onGap(at);
      else for (const one of frames ?? [{ at }]) this.#onMessage(one.at);
    }
  }

  #onReply(re, value, error) {
    if (re !== this.n) return;
    this.n = null;
    if (error) return;
    if (Array.isArray(this.since) && !value.gap) assert.deepEqual(value.at, this.since, 'another position without a gap');
    this.at = value.gap ? Math.max(this.at ?? 0, value.at[1]) : value.at[1];
    for (const { at } of value.replay) this.#onMessage(at);
  }

  #onGap([, offset]) {
    if (this.isSubscribed) this.at = Math.max(this.at ?? 0, offset);
  }

  #onMessage([, offset]) {
    if (!this.isSubscribed) return;
    assert.notEqual(this.at, null, 'a message before the answer');
    assert.equal(offset, this.at + 1);
    this.at = offset;
  }
}

async function life(seed, keeps) {
  const roll = dice(seed * 7_919 + keeps);
  const server = new Server(keeps);
  const readers = Array.from({ length: 4 }, (_, n) => new Reader(server, `t${n}`));
  const any = () => readers[roll(readers.length)];
  const acts = [
    () => server.publish(),
    () => server.publish(),
    () => server.answer(roll(12) === 0),
    () => server.answer(false),
    () => server.bring(1 + roll(4)),
    () => server.bring(1 + roll(4)),
    () => server.greet(roll(4) === 0),
    () => server.accept(),
    () => roll(6) === 0 && server.lose(),
    () => {
      const reader = any();
      if (!reader.isSubscribed) reader.join([null, 'start', ['c', roll(server.end + 1)], ['alien', 1]][roll(4)]);
    },
    () => {
      const reader = any();
      if (reader.isSubscribed && roll(2) === 0) reader.leave();
    },
    () => {
      const reader = any();
      if (reader.at !== null && reader.n === null) reader.comeBack();
    },
    async () => {
      if (roll(3) > 0) return;
      // A server that has more to send does not pause for 10 s.
      server.bring(1);
      await server.pass(5_000);
    },
  ];
  try {
    for (let step = 0; step < 120; step++) {
      await acts[roll(acts.length)]();
      for (const reader of readers) reader.read();
    }
    for (let round = 0; round < 12 || !server.isQuiet; round++) {
      assert.ok(round < 60, 'it does not come to rest');
      server.greet(false);
      server.accept();
      server.answer(false);
      server.bring(100);
      if (round % 4 === 3) await server.pass(5_000);
      for (const reader of readers) reader.read();
    }
    const subscribed = readers.filter(({ at }) => at !== null);
    for (const { at, n } of subscribed) assert.deepEqual([at, n], [server.end, null]);
    for (const { n } of readers) assert.equal(n, null, 'a join without an answer');
    assert.equal(server.cursor !== null, subscribed.length > 0, 'joined at the server');
    assert.equal(server.topics.describe().length, subscribed.length > 0 ? 1 : 0);
    assert.equal(server.clock.waiting, 0, 'timers');
  } catch (error) {
    error.message = `seed ${seed}, ${keeps} retained: ${error.message}`;
    throw error;
  }
}

for (const keeps of [3, 20, 1_000]) {
  test(`three hundred lives of a topic of which the server retains ${keeps} messages`, async () => {
    for (let seed = 1; seed <= 300; seed++) await life(seed, keeps);
  });
}
