import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { findNameViolation } from '../../shared/json-limits.js';
import { FROM_START, Topic } from './topic.js';

/** How long a topic without tabs stays joined, in milliseconds: long enough for a reload. */
const LEAVE_DELAY = 5_000;

/** Default server limits, used until `$welcome` brings the real ones. */
const DEFAULT_LIMITS = { message: 65_536, members: 1_000 };
/** The part of them that is reserved for the other members of `$hello`: tabs, token, a dozen more. */
const HELLO_RESERVE = { message: 8_192, members: 16 };

/**
 * The topics that the line is subscribed to, reference-counted: ten tabs that join one are one `$join`, and the line leaves
 * the topic after the last tab.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {import('./topic.js').Since} Since
 *
 * @typedef {object} Server  sends to the server
 * @property {(topic: string, at: Position | null) => boolean} join  false if there is no connection; then the next `$hello` joins
 * @property {(topic: string, at: Position) => void} replay  joins a joined topic again at an older position; answered by `onReplayed`
 * @property {(topic: string) => boolean} leave  false if there is no connection; else answered by `onLeft`
 */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  /** Topics with an unanswered `$leave`, of which messages may still arrive. @type {Set<string>} */
  #leaving = new Set();
  /** The topics of a `$hello` that is not answered yet. @type {Map<string, Position | null>} */
  #requestedInHello = new Map();
  /** The limits of the last `$welcome`. @type {Record<string, number>} */
  #serverLimits = {};
  #server;
  #clock;
  #deps;

  /**
   * @param {object} options
   * @param {Server} options.server
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection) => void} options.scheduleFlush  the tab has something to read
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each log
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
   * @param {number} [n]  the tab's number of the request, if it is answered
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
      // The `$welcome` to come answers what the `$hello` requested.
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
      // While an earlier `$leave` is unanswered, the topic is not joined.
      if (!this.#leaving.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    });
  }

  /** @param {string} name  of a `$leave` that is answered; tabs that subscribed meanwhile are joined now */
  onLeft(name) {
    this.#leaving.delete(name);
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.requestedFrom = topic.earliestWanted;
    this.#server.join(name, topic.requestedFrom);
  }

  /** @param {TabConnection} tab */
  removeTab(tab) {
    for (const name of [...this.#topics.keys()]) this.leave(tab, name);
  }

  /** The topics that every tab is subscribed to without a join. */
  implicitTopics() {
    return [...this.#topics.keys()].filter(isImplicitTopic);
  }

  /**
   * The topics for `$hello`, with their positions. The server joins implicit topics by itself, at the position given here. Of
   * the others only as many are named as fit into one message; the rest is joined after `$welcome`.
   * @param {boolean} minimal  implicit topics only
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
   * The position at which each topic is joined next.
   * @param {object} [others]  topics to leave out, by name
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
   * A topic's position is known: from `$welcome`, or from the answer to a `$join`.
   * @param {string} name
   * @param {{ at: Position, gap: boolean }} position
   */
  onJoined(name, position) {
    // This answers the join before the unanswered `$leave`; a new join follows.
    if (this.#leaving.has(name)) return;
    // An unknown topic is an implicit one, or was left before the answer arrived.
    const topic = this.#topics.get(name) ?? (isImplicitTopic(name) ? this.#add(name) : null);
    topic?.onJoined(position);
  }

  /**
   * The server answers from where it replays a topic, or rejects the replay.
   * @param {string} name
   * @param {import('../../shared/frames.js').Frame} reply  with `value` or `error`
   */
  onReplayed(name, reply) {
    for (const tab of this.#topics.get(name)?.onReplayed(reply) ?? []) this.leave(tab, name);
  }

  /** The connection is lost. */
  onDisconnected() {
    for (const topic of this.#topics.values()) topic.onDisconnected();
  }

  /**
   * The line is connected again: requests of the old connection are not answered any more.
   * @param {Record<string, import('../../shared/frames.js').JoinResult>} joined  of the welcome
   * @param {Record<string, number>} limits  of the server
   */
  onWelcome(joined, limits) {
    this.#serverLimits = limits;
    this.#leaving.clear();
    this.#requestedInHello.clear();
    // A topic that `$welcome` does not name was not joined: it did not fit into `$hello`, or the answer to a `$join` has the reason.
    for (const [name, at] of this.positions(joined)) {
      const violation = this.#nameViolation(name);
      if (violation) this.onJoinFailed(name, violation);
      else if (!isImplicitTopic(name)) this.#server.join(name, at);
    }
    // Its last tab left it before the `$welcome`.
    for (const [name, { error }] of Object.entries(joined)) {
      if (!error && !isImplicitTopic(name) && !this.#topics.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    }
    // Last, because the line has one cursor in a topic, and the last `$join` decides its position.
    for (const topic of this.#topics.values()) topic.onResumed();
  }

  /**
   * The server rejected a join.
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
   * @param {string} text  the frame as received
   * @returns {Set<TabConnection> | null} the subscribed tabs; null for a duplicate or an unknown topic
   */
  onMessage(frame, text) {
    const name = /** @type {string} */ (frame.topic);
    const at = frame.at;
    // Messages between a `$leave` and its answer belong to the old join and must not start a new log.
    if (!at || this.#leaving.has(name)) return null;
    // The first message may arrive before the answer to the join, because they come from different logs.
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
   * Another user is logged in: what was received with the rights of the previous one is removed.
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

  /** The line is closed, and every position is void. */
  clear() {
    for (const topic of this.#topics.values()) topic.stop();
    this.#topics.clear();
    this.#leaving.clear();
  }

  /** For `line.inspect()`. */
  describe() {
    return [...this.#topics].map(([topic, { log, tabs }]) => ({
      topic,
      at: log?.end ?? null,
      kept: log?.size ?? 0,
      tabs: [...tabs].map(({ id }) => id),
    }));
  }

  /**
   * Why the server would reject this name, if it would. Three such frames would close the line for every tab.
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
