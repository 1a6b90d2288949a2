/** Topics without a hub: the test plays the server and the tabs. */
import { LineError } from '../../../../main/webapp/partyline/shared/errors.js';
import { Topics } from '../../../../main/webapp/partyline/worker/topics/topics.js';
import { FakeClock, FakePort } from '../../fakes.js';

/** A tab that posts frames to its topics, and reads their logs as a `TabConnection` without a window does. */
class FakeTab extends FakePort {
  cursors = new Map();
  #queue = [];

  constructor(id, fixture) {
    super();
    this.id = id;
    this.fixture = fixture;
  }

  enqueue(frame) {
    this.#queue.push(structuredClone(frame));
  }

  post({ type, topic, since, n }) {
    if (type === '$join') this.fixture.topics.join(this, topic, since ?? null, n);
    else if (type === '$leave') this.fixture.topics.leave(this, topic);
    this.fixture.flush();
  }

  flush() {
    this.frames.push(...this.#queue.splice(0));
    for (const [topic, cursor] of this.cursors) {
      const log = this.fixture.topics.logOf(topic);
      if (!log) continue;
      let at = cursor;
      if (!log.contains(at)) {
        at = log.start;
        this.frames.push({ type: '$gap', topic, at });
      }
      for (const { frame } of log.after(at)) {
        this.frames.push(frame);
        at = frame.at;
      }
      this.cursors.set(topic, at);
    }
  }
}

/** The `server` of topics, on a connection that a test opens and drops. Ids of requests start at 1. */
export class TopicsFixture {
  clock = new FakeClock();
  isOpen = false;
  #sent = [];
  #tabs = [];
  #lastId = 0;
  #replies = new Map();

  constructor({ limits } = {}) {
    this.topics = new Topics({ server: this, clock: this.clock, scheduleFlush: () => {}, limits });
  }

  join(topic, at) {
    return this.#send('$join', topic, at, ({ value, error }) => {
      if (error) this.topics.onJoinFailed(topic, LineError.from(error));
      else this.topics.onJoined(topic, value);
    });
  }

  replay(topic, at) {
    return this.#send('$join', topic, at, (reply) => this.topics.onReplayed(topic, reply));
  }

  leave(topic) {
    return this.#send('$leave', topic, null, ({ error }) => this.topics.onLeft(topic, error));
  }

  /** A tab; `topics` are those that it was subscribed to before, with its positions. */
  tab(id, topics = {}) {
    const tab = new FakeTab(id, this);
    this.#tabs.push(tab);
    for (const [topic, since] of Object.entries(topics)) this.topics.join(tab, topic, since);
    this.flush();
    return tab;
  }

  removeTab(tab) {
    this.topics.removeTab(tab);
    this.#tabs = this.#tabs.filter((other) => other !== tab);
  }

  /** The topics of a `$hello`. */
  hello(minimal = false) {
    this.drop();
    return this.topics.helloTopics(minimal);
  }

  /** The server accepts the hello. */
  welcome(topics = {}, limits = {}) {
    this.isOpen = true;
    this.topics.onWelcome(topics, limits);
    for (const [name, joined] of Object.entries(topics)) {
      if (joined.error) this.topics.onJoinFailed(name, LineError.from(joined.error));
      else this.topics.onJoined(name, joined);
    }
    this.flush();
  }

  open(topics, limits) {
    this.hello();
    this.welcome(topics, limits);
  }

  /** The connection is lost, with all that the server has not answered. */
  drop() {
    this.isOpen = false;
    this.#sent = [];
    this.#replies.clear();
    this.topics.onDisconnected();
    this.flush();
  }

  /** Frames of the server, in one message: replies, messages, gaps. */
  receive(...frames) {
    for (const frame of frames) {
      if (frame.re !== undefined) this.#replies.get(frame.re)?.(frame);
      else if (frame.type === '$gap') this.topics.onGap(frame.topic, frame.at);
      else this.topics.onMessage(frame, JSON.stringify(frame));
    }
    this.flush();
  }

  async pass(milliseconds) {
    await this.clock.pass(milliseconds);
    this.flush();
  }

  flush() {
    for (const tab of this.#tabs) tab.flush();
  }

  /** Frames of this type that were sent since the last call. */
  take(type) {
    const taken = this.#sent.filter((frame) => frame.type === type);
    this.#sent = this.#sent.filter((frame) => frame.type !== type);
    return taken;
  }

  #send(type, topic, at, onReply) {
    if (!this.isOpen) return false;
    const id = ++this.#lastId;
    this.#sent.push({ type, topic, ...(at && { at }), id });
    this.#replies.set(id, onReply);
    return true;
  }
}

export const join = (topic, n, since) => ({ type: '$join', topic, n, since });
export const leave = (topic) => ({ type: '$leave', topic });
export const message = (n, topic = 'chat') => ({ topic, at: ['c', n], value: n });
/** The reply to request `re`, or the position of a topic in a welcome. */
export const joined = (offset, gap = false, end = 99) => ({ at: ['c', offset], gap, end });

/** What a tab received: values of messages, and replies as text. */
export const values = (tab) =>
  tab
    .messages()
    .map(({ re, value, error }) =>
      re ? (error?.code ?? `${value.at} ${value.gap} ${value.replay.map((frame) => frame.value)}`) : value,
    );

/** The values that a resumed subscription was replayed. */
export const replayed = (tab) => tab.take('$replay').flatMap(({ frames }) => frames.map(({ value }) => value));
