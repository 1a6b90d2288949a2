/** What tabs receive of a topic whenever they join it, over drops and trimmed logs: everything once, in order, or a gap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeClock, FakeNetwork, FakePort, settled, welcome } from '../fakes.js';

const EPOCH = 'c';

/** A server with one topic, as PROTOCOL.md describes it: a log that is trimmed, and one cursor of one line in it. */
class OneTopic {
  end = 0;
  start = 0;
  /** @type {number | null} */
  cursor = null;
  inbox = 0;
  heard = 0;

  constructor(network, keeps) {
    this.network = network;
    this.keeps = keeps;
  }

  publish() {
    this.start = Math.max(this.start, ++this.end - this.keeps);
  }

  /** Where a reader that was at this place goes on. */
  join(at) {
    if (!at) this.cursor = this.end;
    else if (at[0] !== EPOCH || at[1] > this.end) this.cursor = this.start;
    else this.cursor = Math.max(at[1], this.start);
    const gap = at ? at[0] !== EPOCH || this.cursor !== at[1] : false;
    return { at: [EPOCH, this.cursor], gap, end: this.end };
  }

  answer() {
    for (const { type, at, id, topics, line } of this.network.last.take()) {
      if (type === '$hello') {
        const place = 'chat' in topics ? { chat: this.join(topics.chat) } : {};
        if (!('chat' in topics)) this.cursor = null;
        if (!line) this.heard = this.inbox = 0;
        this.network.last.receive(
          welcome({
            resumed: this.heard > 0,
            heard: this.heard,
            inbox: this.inbox,
            topics: { '*': { at: ['e', 0], gap: false }, ...place },
          }),
        );
      } else if (type === '$join') {
        this.heard = id;
        this.inbox++;
        this.network.last.receive({ re: id, value: this.join(at) });
      } else if (type === '$leave') {
        this.cursor = null;
        this.heard = id;
        this.inbox++;
        this.network.last.receive({ re: id });
      }
    }
  }

  /** Brings at most so many of the messages after the cursor. */
  bring(most) {
    if (this.cursor === null) return;
    if (this.cursor < this.start) {
      this.cursor = this.start;
      this.network.last.receive({ type: '$gap', topic: 'chat', at: [EPOCH, this.start] });
    }
    for (; most > 0 && this.cursor < this.end; most--) {
      this.cursor++;
      this.network.last.receive({ topic: 'chat', at: [EPOCH, this.cursor], value: this.cursor });
    }
  }
}

/** Random numbers that are the same each time. */
function dice(seed) {
  return (sides) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * sides);
  };
}

/** What one tab received, compared with what is promised. */
class Reader {
  port = new FakePort();
  /** @type {number | null} the last offset received, or where a gap continues */
  at = null;
  joined = false;

  read() {
    for (const frame of this.port.frames.splice(0)) {
      if (frame.type === '$ping') this.port.post({ type: '$pong' });
      if (frame.type === '$gap' && frame.topic === 'chat') this.#jump(frame.at);
      if (frame.re === 1) {
        assert.equal(frame.error, undefined);
        this.joined = true;
        const [, offset] = frame.value.at;
        if (Array.isArray(this.since) && !frame.value.gap)
          assert.deepEqual(frame.value.at, this.since, 'no gap, but another place');
        if (!frame.value.gap || this.at === null) this.at = offset;
        for (const { at } of frame.value.replay) this.#onMessage(at);
      }
      if (frame.topic === 'chat' && frame.type === undefined) this.#onMessage(frame.at);
      if (frame.type === '$replay') for (const { at } of frame.frames) this.#onMessage(at);
    }
  }

  #jump([, offset]) {
    if (this.keepsAll && this.since?.[0] !== 'alien') assert.fail('a gap, though the server has it all');
    this.at = Math.max(this.at ?? 0, offset);
  }

  #onMessage([, offset]) {
    assert.ok(this.joined, 'a message before the answer');
    // Told of a gap in its answer, it goes on wherever the gap event says.
    assert.equal(offset, /** @type {number} */ (this.at) + 1);
    this.at = offset;
  }
}

for (const keeps of [3, 20, 1_000]) {
  test(`two hundred lives of a topic of which the server keeps ${keeps} messages`, async () => {
    for (let seed = 1; seed <= 200; seed++) await life(seed, keeps);
  });
}

async function life(seed, keeps) {
  const roll = dice(seed * 7_919 + keeps);
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const hub = new TabHub({
    instance: 'W',
    mode: 'shared',
    url: 'ws://host/line',
    WebSocket: network.WebSocket,
    clock,
    random: () => 0,
  });
  const server = new OneTopic(network, keeps);
  const readers = [];
  const post = (reader, frame) => reader.port.post(frame);
  const hello = (reader, topics) => {
    hub.connect(reader.port.port);
    post(reader, { type: '$attach', v: 2, tab: reader.name, url: 'ws://host/line', topics, requests: [] });
  };
  const comeBack = (reader) => {
    reader.port = new FakePort();
    hello(reader, { chat: [EPOCH, reader.at] });
  };
  const accept = () => {
    // Nothing is brought on a new socket before the welcome.
    server.cursor = null;
    network.last.open();
  };
  const isOpen = () => network.last?.readyState === 1;
  const acts = [
    () => server.publish(),
    () => server.publish(),
    () => isOpen() && server.answer(),
    () => isOpen() && server.bring(1 + roll(4)),
    () => {
      const reader = new Reader();
      reader.name = `t${readers.length}`;
      reader.keepsAll = keeps === 1_000;
      hello(reader, {});
      readers.push(reader);
    },
    () => {
      const reader = readers[roll(readers.length || 1)];
      if (!reader || reader.since !== undefined) return;
      reader.since = [null, 'start', [EPOCH, roll(server.end + 1)], ['alien', 1]][roll(4)];
      post(reader, { type: '$join', topic: 'chat', n: 1, ...(reader.since && { since: reader.since }) });
    },
    () => {
      // Into the back/forward cache, and out of it.
      const reader = readers[roll(readers.length || 1)];
      if (!reader?.joined) return;
      if (!reader.parked) post(reader, { type: '$detach' });
      else comeBack(reader);
      reader.parked = !reader.parked;
    },
    async () => {
      if (roll(3) > 0) return;
      // No server pauses for 10 s while it has more to bring.
      if (isOpen()) server.bring(1);
      await clock.pass(5_500);
    },
    async () => {
      if (!isOpen() || roll(4) > 0) return;
      network.last.end(1006);
      await clock.pass(0);
    },
    () => network.last?.readyState === 0 && accept(),
  ];
  const settle = async () => {
    await settled();
    for (const reader of readers) reader.read();
  };
  try {
    for (let step = 0; step < 80; step++) {
      await acts[roll(acts.length)]();
      await settle();
    }
    for (const reader of readers) if (reader.parked) comeBack(reader);
    for (let turn = 0; turn < 40; turn++) {
      await clock.pass(1);
      if (network.last?.readyState === 0) accept();
      if (isOpen()) server.answer();
      if (isOpen()) server.bring(100);
      await settle();
    }
    for (const { since, joined, at } of readers) if (since !== undefined) assert.deepEqual([joined, at], [true, server.end]);
  } catch (error) {
    error.message = `seed ${seed}, ${keeps} kept: ${error.message}`;
    throw error;
  }
}
