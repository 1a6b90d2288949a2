import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { findNameViolation } from '../../shared/json-limits.js';
import { FROM_START, Topic } from './topic.js';

/** How long a topic that no tab listens to any more stays joined, in milliseconds, so that a reload fits inside. */
const LEAVE_DELAY = 5_000;

/**
 * What a server usually takes in one message: what this one takes it tells us. And what a greeting has in it besides
 * topics: tabs, a token, a dozen members.
 */
const DEFAULT_LIMITS = { message: 65_536, members: 1_000 };
const HELLO_RESERVE = { message: 8_192, members: 16 };

/**
 * Which topics the line is in: ten tabs that join one are one join on the wire, and the last to leave ends it.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {import('./topic.js').Since} Since
 *
 * @typedef {object} Server  how topics talk to it
 * @property {(topic: string, at: Position | null) => boolean} join  if the wire is open; else the next greeting does, and this is false
 * @property {(topic: string, at: Position) => void} replay  the same for a topic that is joined; answered by `replayed`
 * @property {(topic: string) => boolean} leave  whether it was said; then it is answered by `left`
 */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  /** Those that the server was asked to leave and may bring more of until it has answered. @type {Set<string>} */
  #leaving = new Set();
  /** What the greeting said that is not answered yet. @type {Map<string, Position | null>} */
  #requestedInHello = new Map();
  /** What the server takes, as it said in its last welcome. @type {Record<string, number>} */
  #serverLimits = {};
  #server;
  #clock;
  #deps;

  /**
   * @param {object} options
   * @param {Server} options.server
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection) => void} options.scheduleFlush  the tab has something new to read
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each ring
   */
  constructor({ server, clock, scheduleFlush, limits }) {
    this.#server = server;
    this.#clock = clock;
    this.#deps = { clock, scheduleFlush, limits, requestReplay: server.replay };
  }

  /** @param {string} topic */
  logOf = (topic) => this.#topics.get(topic)?.log ?? undefined;

  /**
   * @param {TabConnection} tab
   * @param {string} name
   * @param {Since} since
   * @param {number} [n]  the tab's number of this call, when it wants an answer
   */
  join(tab, name, since, n) {
    const violation = this.#nameViolation(name);
    if (violation) {
      const error = violation.toJSON();
      tab.enqueue(n === undefined ? { type: '$joinFailed', topic: name, error } : { re: n, error });
      return;
    }
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = this.#add(name);
      topic.requestedFrom = since === 'start' ? FROM_START : since;
      const sent = !isImplicitTopic(name) && !this.#leaving.has(name) && this.#server.join(name, topic.requestedFrom);
      // The welcome that is under way answers what was greeted with.
      const requestedFrom = this.#requestedInHello.get(name);
      if (!sent && requestedFrom !== undefined) topic.requestedFrom = requestedFrom;
    }
    topic.subscribe({ tab, since, n });
  }

  /**
   * @param {TabConnection} tab
   * @param {string} name
   */
  leave(tab, name) {
    tab.cursors.delete(name);
    const topic = this.#topics.get(name);
    if (!topic?.unsubscribe(tab) || topic.tabs.size > 0 || isImplicitTopic(name)) return;
    topic.cancelLeave = this.#clock.after(LEAVE_DELAY, () => {
      topic.stop();
      this.#topics.delete(name);
      // While an earlier leave is not answered, nothing was joined that could be left.
      if (!this.#leaving.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    });
  }

  /** @param {string} name  that the server has left; whoever came meanwhile is joined now */
  onLeft(name) {
    this.#leaving.delete(name);
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.requestedFrom = topic.earliestWanted;
    this.#server.join(name, topic.requestedFrom);
  }

  /** @param {TabConnection} tab  that is gone */
  removeTab(tab) {
    for (const name of [...this.#topics.keys()]) this.leave(tab, name);
  }

  /** The topics that every tab hears. */
  implicitTopics() {
    return [...this.#topics.keys()].filter(isImplicitTopic);
  }

  /**
   * What to greet the server with. What everybody hears is joined by the server itself, at our place. Of the others no
   * more are named than go into one message: who greets is to join the rest after the welcome.
   * @param {boolean} minimal  none of the others
   */
  helloTopics(minimal) {
    const { message, members } = { ...DEFAULT_LIMITS, ...this.#serverLimits };
    let names = minimal ? 0 : members - HELLO_RESERVE.members;
    let chars = message - HELLO_RESERVE.message;
    this.#requestedInHello.clear();
    for (const [name, at] of this.positions()) {
      if (!isImplicitTopic(name)) {
        names--;
        chars -= JSON.stringify([name, at]).length;
        if (names < 0 || chars < 0) continue;
      }
      this.#requestedInHello.set(name, at);
    }
    return Object.fromEntries(this.#requestedInHello);
  }

  /**
   * Where each topic goes on, which is where it is joined next.
   * @param {object} [others]  has those that are joined already
   */
  positions(others = {}) {
    /** @type {Map<string, Position | null>} */
    const positions = new Map();
    for (const [name, topic] of this.#topics) {
      if (Object.hasOwn(others, name)) continue;
      if (!topic.log) topic.requestedFrom = topic.earliestWanted;
      positions.set(name, topic.position);
    }
    return positions;
  }

  /**
   * The server said where a topic stands: in its welcome, or in answer to a join.
   * @param {string} name
   * @param {{ at: Position, gap: boolean }} position
   */
  onJoined(name, position) {
    // An answer to the join before our leave, while somebody is here who waits for another.
    if (this.#leaving.has(name)) return;
    // Nobody asked for it: it is everybody's, or was left while the answer was under way.
    const topic = this.#topics.get(name) ?? (isImplicitTopic(name) ? this.#add(name) : null);
    topic?.onJoined(position);
  }

  /**
   * The server said from where it plays a topic again; or refused to.
   * @param {string} name
   * @param {import('../../shared/frames.js').Frame} answer  with `value` or `error`
   */
  onReplayed(name, answer) {
    for (const tab of this.#topics.get(name)?.onReplayed(answer) ?? []) this.leave(tab, name);
  }

  /** The socket is gone. */
  onDisconnected() {
    for (const topic of this.#topics.values()) topic.onDisconnected();
  }

  /**
   * The line is welcomed on another socket: nothing of what was asked for on the old one is answered any more.
   * @param {Record<string, import('../../shared/frames.js').JoinResult>} joined  of the welcome
   * @param {Record<string, number>} limits  what the server takes
   */
  onWelcome(joined, limits) {
    this.#serverLimits = limits;
    this.#leaving.clear();
    this.#requestedInHello.clear();
    // A topic that the welcome does not name was not joined: our greeting had no room for it, or asking for it alone tells why.
    for (const [name, at] of this.positions(joined)) {
      const fault = this.#nameViolation(name);
      if (fault) this.onJoinFailed(name, fault);
      else if (!isImplicitTopic(name)) this.#server.join(name, at);
    }
    // Its last tab left it while the greeting was under way.
    for (const [name, { error }] of Object.entries(joined)) {
      if (!error && !isImplicitTopic(name) && !this.#topics.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    }
    // Not before: the line has one place in a topic, which the last to join it chooses.
    for (const topic of this.#topics.values()) topic.onResumed();
  }

  /**
   * The server refused a join.
   * @param {string} name
   * @param {import('../../shared/errors.js').LineError} error
   */
  onJoinFailed(name, error) {
    if (this.#leaving.has(name)) return;
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    topic?.onJoinFailed(error);
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame  of a topic
   * @param {string} text  the same as it came
   * @returns {Set<TabConnection> | null} the tabs that listen; null when it was here before, or nobody joined
   */
  onMessage(frame, text) {
    const name = /** @type {string} */ (frame.topic);
    const at = frame.at;
    // What comes between our leave and its answer is of the old join, and would be taken for the beginning of a new one.
    if (!at || this.#leaving.has(name)) return null;
    // The first message may overtake the answer to the join: they come out of different logs.
    if (!this.logOf(name)) this.onJoined(name, { at: [at[0], at[1] - 1], gap: false });
    return this.#topics.get(name)?.onMessage(at, text) ?? null;
  }

  /**
   * @param {string} name
   * @param {Position} at
   * @returns {Iterable<TabConnection>}
   */
  onGap(name, at) {
    return (!this.#leaving.has(name) && this.#topics.get(name)?.onGap(at)) || [];
  }

  /**
   * Somebody else is logged in: what was kept was heard with the rights of another, and is kept no longer.
   * @param {Record<string, import('../../shared/frames.js').JoinResult>} joined  of the new welcome
   */
  resetAll(joined) {
    for (const [name, topic] of [...this.#topics]) {
      if (joined[name]?.at) topic.log?.reset(joined[name].at);
      else if (isImplicitTopic(name)) {
        for (const tab of topic.tabs) tab.cursors.delete(name);
        this.#topics.delete(name);
      } else topic.log?.reset(topic.log.end);
    }
  }

  /** The line is gone, and with it every place in its topics. */
  clear() {
    for (const topic of this.#topics.values()) topic.stop();
    this.#topics.clear();
    this.#leaving.clear();
  }

  /** What `line.inspect()` says of them. */
  describe() {
    return [...this.#topics].map(([topic, { log, tabs }]) => ({
      topic,
      at: log?.end ?? null,
      kept: log?.size ?? 0,
      tabs: [...tabs].map(({ id }) => id),
    }));
  }

  /**
   * Why the server would not take this name, if it would not. A few such would end the line for every tab.
   * @param {string} name
   */
  #nameViolation(name) {
    const violation = isImplicitTopic(name) ? undefined : findNameViolation(name, this.#serverLimits);
    return violation === undefined ? undefined : new LineError('bad_value', violation);
  }

  /** @param {string} name */
  #add(name) {
    const topic = new Topic(name, this.#deps);
    this.#topics.set(name, topic);
    return topic;
  }
}
