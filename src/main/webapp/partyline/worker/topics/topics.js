import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { findNameViolation } from '../../shared/json-limits.js';
import { Topic } from './topic.js';

/** Default server limits, used until `$welcome` brings the real ones. */
const DEFAULT_LIMITS = { message: 65_536, members: 1_000 };
/** The part of them that is reserved for the other members of `$hello`: tabs, token and a dozen more. */
const HELLO_RESERVE = { message: 8_192, members: 16 };

/**
 * The topics of the line. Ten tabs that join a topic are one join on the connection, and the last to leave it ends that.
 *
 * A topic's own life is in topic.js; here is what concerns all of them: which are named in a `$hello`, what a welcome means
 * for each, and which topic a frame belongs to. A `$hello` must fit into one message of the server, so if there are too many
 * topics, the rest is joined one by one after the welcome.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').JoinResult} JoinResult
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  /** Of the last welcome. @type {Record<string, number>} */
  #serverLimits = {};
  #deps;

  /**
   * @param {object} options
   * @param {import('./topic.js').Server} options.server
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection) => void} options.scheduleFlush  the tab has something new to read
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each topic's log
   */
  constructor({ server, clock, scheduleFlush, limits }) {
    const onRemoved = (/** @type {Topic} */ { name }) => this.#topics.delete(name);
    this.#deps = { server, clock, scheduleFlush, limits, onRemoved };
  }

  /** @param {string} name */
  logOf = (name) => this.#topics.get(name)?.log ?? undefined;

  /**
   * @param {TabConnection} tab
   * @param {string} name
   * @param {import('./topic-log.js').Since} since
   * @param {number} [n]  the tab's number of this request, if it wants a reply
   */
  join(tab, name, since, n) {
    const violation = this.#nameViolation(name);
    if (violation) {
      const error = violation.toJSON();
      tab.enqueue(n === undefined ? { type: '$joinFailed', topic: name, error } : { re: n, error });
      return;
    }
    const topic = this.#topics.get(name) ?? this.#add(name);
    topic.subscribe({ tab, since, n });
  }

  /**
   * @param {TabConnection} tab
   * @param {string} name
   */
  leave(tab, name) {
    this.#topics.get(name)?.unsubscribe(tab);
  }

  /** @param {TabConnection} tab */
  removeTab(tab) {
    for (const topic of this.#topics.values()) topic.unsubscribe(tab);
  }

  /**
   * Whether a tab is in this topic, or was just now.
   * @param {string} name
   */
  has(name) {
    return this.#topics.has(name);
  }

  /** The topics that every tab gets without joining them. */
  implicitTopics() {
    return [...this.#topics.keys()].filter(isImplicitTopic);
  }

  /**
   * The topics for a `$hello`, each with the position at which it is resumed. Implicit topics are always named: the server
   * joins them in any case, and needs the position.
   * @param {boolean} minimal  no others than those
   */
  helloTopics(minimal) {
    const { message, members } = { ...DEFAULT_LIMITS, ...this.#serverLimits };
    let names = minimal ? 0 : members - HELLO_RESERVE.members;
    let chars = message - HELLO_RESERVE.message;
    /** @type {[string, Position | null][]} */
    const entries = [];
    for (const [name, topic] of this.#topics) {
      const { position } = topic;
      if (!topic.isImplicit) {
        names--;
        chars -= JSON.stringify([name, position]).length;
        if (names < 0 || chars < 0) continue;
      }
      topic.onRequested(position);
      entries.push([name, position]);
    }
    return Object.fromEntries(entries);
  }

  /**
   * The line is welcomed on a new connection. What the welcome says of each topic follows by `onJoined` and `onJoinFailed`.
   * @param {Record<string, JoinResult>} joined  of the welcome
   * @param {Record<string, number>} limits  of the server
   */
  onWelcome(joined, limits) {
    this.#serverLimits = limits;
    // The hello had no room for these, or they came after it; and if the server left one out, its answer to a join says why.
    for (const [name, topic] of this.#topics) {
      if (Object.hasOwn(joined, name)) continue;
      const violation = this.#nameViolation(name);
      if (violation) topic.onJoinFailed(violation);
      else topic.rejoin();
    }
    // The last tab left these after the hello.
    for (const [name, { error }] of Object.entries(joined)) {
      const topic = this.#topics.get(name);
      if (topic?.isAbandoned) error ? topic.remove() : topic.leave();
    }
    // Replays come last: the line has one cursor in a topic, and the last join decides where it is.
    for (const [name, topic] of this.#topics) if (!joined[name]?.error) topic.onResumed();
  }

  /** The connection is lost. */
  onDisconnected() {
    for (const topic of this.#topics.values()) topic.onDisconnected();
  }

  /**
   * The server has joined a topic: by its welcome or by its answer to a `$join`.
   * @param {string} name
   * @param {{ at: Position, gap: boolean }} joined
   */
  onJoined(name, joined) {
    this.#ofServer(name)?.onJoined(joined);
  }

  /**
   * The server has joined a topic that no tab is in. Until it has left that, what it sends must not be taken for the answer to the
   * next join.
   * @param {string} name
   */
  leaveUnknown(name) {
    this.#add(name).leave();
  }

  /**
   * The server rejected a join.
   * @param {string} name
   * @param {LineError} error
   */
  onJoinFailed(name, error) {
    this.#topics.get(name)?.onJoinFailed(error);
  }

  /**
   * The server has taken the line off a topic. For its tabs this is as if it had rejected them now.
   * @param {string} name
   * @param {LineError} error
   */
  onTakenOff(name, error) {
    this.#topics.get(name)?.onJoinFailed(error);
  }

  /**
   * The server has moved the cursor back for a replay, or has rejected that.
   * @param {string} name
   * @param {Frame} answer  with `value` or `error`
   */
  onReplayed(name, answer) {
    this.#topics.get(name)?.onReplayed(answer);
  }

  /**
   * The server has left a topic, or has rejected that.
   * @param {string} name
   * @param {Frame['error']} error
   */
  onLeft(name, error) {
    this.#topics.get(name)?.onLeft(error);
  }

  /**
   * @param {Frame} frame  of a topic
   * @param {string} text  the same, as it was received
   * @returns {Set<TabConnection> | null} the tabs that listen; null if the message is not new, or no tab has joined
   */
  onMessage(frame, text) {
    if (!frame.at) return null;
    return this.#ofServer(/** @type {string} */ (frame.topic))?.onMessage(frame.at, text) ?? null;
  }

  /**
   * @param {string} name
   * @param {Position} at
   * @returns {Iterable<TabConnection>} the tabs that miss messages
   */
  onGap(name, at) {
    return this.#topics.get(name)?.onGap(at) ?? [];
  }

  /**
   * Another user is logged in. Messages that were received with the rights of the one before are removed.
   * @param {Record<string, JoinResult>} joined  of the new welcome
   */
  resetAll(joined) {
    for (const [name, topic] of this.#topics) {
      if (joined[name]?.at) topic.log?.reset(joined[name].at);
      else if (topic.isImplicit) {
        for (const tab of topic.tabs) tab.cursors.delete(name);
        topic.remove();
      } else topic.log?.reset(topic.log.end);
    }
  }

  /** The line is closed, and no position in its topics is valid any more. */
  clear() {
    for (const topic of this.#topics.values()) topic.remove();
  }

  /** The part of `line.inspect()` about topics. */
  describe() {
    const topics = [...this.#topics.values()].filter((topic) => !topic.isAbandoned);
    return topics.map(({ name, log, tabs }) => ({
      topic: name,
      at: log?.end ?? null,
      kept: log?.size ?? 0,
      tabs: [...tabs].map(({ id }) => id),
    }));
  }

  /**
   * Why the server would reject this name. Three malformed frames end the line for every tab, so it is not asked.
   * @param {string} name
   */
  #nameViolation(name) {
    const violation = isImplicitTopic(name) ? undefined : findNameViolation(name, this.#serverLimits);
    return violation === undefined ? undefined : new LineError('bad_value', violation);
  }

  /**
   * The topic of a frame. Implicit topics are known from the server; others that no tab has joined were just left.
   * @param {string} name
   */
  #ofServer(name) {
    return this.#topics.get(name) ?? (isImplicitTopic(name) ? this.#add(name) : undefined);
  }

  /** @param {string} name */
  #add(name) {
    const topic = new Topic(name, this.#deps);
    this.#topics.set(name, topic);
    return topic;
  }
}
