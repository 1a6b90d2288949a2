import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { Replay } from './replay.js';
import { TopicLog } from './topic-log.js';

/**
 * A position in no log: the server answers it with everything it keeps.
 * @type {Position}
 */
export const FROM_START = ['0', 0];

/**
 * One topic in the worker: its log, the tabs that are subscribed, and the joins that wait for the server.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {Position | 'start' | null} Since  after this position; everything that is kept; from now on
 * @typedef {{ tab: TabConnection, since: Since, n: number | undefined }} PendingJoin  `n` is the number
 *   of the tab's request; undefined for a tab that attached again and continues at its position
 *
 * @typedef {object} TopicDeps
 * @property {import('../../shared/clock.js').Clock} clock
 * @property {(topic: string, at: Position) => void} requestReplay  asks the server to replay the topic from there; answered by `onReplayed`
 * @property {(tab: TabConnection) => void} scheduleFlush  the tab has something to read
 * @property {{ maxFrames?: number, maxChars?: number }} [limits]  of the log
 */
export class Topic {
  /** Null until the topic's position is known. @type {TopicLog | null} */
  log = null;
  /** @type {Set<TabConnection>} */
  tabs = new Set();
  /** The position that the server was last asked to continue from. @type {Position | null} */
  requestedFrom = null;
  /** Where the log began, if that was with everything the server kept. @type {Position | null} */
  historyStart = null;
  /** Cancels the scheduled leave. @type {(() => void) | null} */
  cancelLeave = null;
  /** Joins that wait for the server's answer. @type {PendingJoin[]} */
  #pendingJoins = [];
  /** Of messages older than the log. @type {Replay | null} */
  #replay = null;
  /** Joins that wait for the next replay. @type {PendingJoin[]} */
  #awaitingReplay = [];
  #deps;

  /**
   * @param {string} name
   * @param {TopicDeps} deps
   */
  constructor(name, deps) {
    this.name = name;
    this.#deps = deps;
  }

  /** Where the line continues or begins in this topic. */
  get position() {
    return this.log?.end ?? this.requestedFrom;
  }

  /** The earliest position that a pending join asks for. */
  get earliestWanted() {
    return earliestPosition(this.#pendingJoins);
  }

  /** @param {PendingJoin} one */
  subscribe(one) {
    this.cancelLeave?.();
    this.cancelLeave = null;
    this.tabs.add(one.tab);
    if (!this.log) this.#pendingJoins.push(one);
    else if (isImplicitTopic(this.name) || (hasHistory(this, one.since) && !this.#isCatchingUp(one.tab)))
      this.#setCursor(this.log, one);
    else {
      this.#awaitingReplay.push(one);
      this.#startReplay();
    }
  }

  /**
   * @param {TabConnection} tab
   * @returns {boolean} whether it was subscribed
   */
  unsubscribe(tab) {
    tab.cursors.delete(this.name);
    if (!this.tabs.delete(tab)) return false;
    const stays = (/** @type {PendingJoin} */ one) => one.tab !== tab;
    this.#pendingJoins = this.#pendingJoins.filter(stays);
    this.#awaitingReplay = this.#awaitingReplay.filter(stays);
    if (this.#replay) this.#replay.pendingJoins = this.#replay.pendingJoins.filter(stays);
    return true;
  }

  /**
   * The topic's position is known: from `$welcome`, or from the answer to a `$join`.
   * @param {{ at: Position, gap: boolean }} place
   */
  onJoined({ at, gap }) {
    if (this.log) this.log.continueAt({ at, gap });
    else {
      this.log = new TopicLog(at, this.#deps.limits);
      // A position of another epoch is answered with everything that is kept.
      if (this.requestedFrom && this.requestedFrom[0] !== at[0]) this.historyStart = at;
    }
    for (const one of this.#pendingJoins.splice(0)) {
      // A tab that joined before the answer arrived may need more than was requested.
      if (!isImplicitTopic(this.name) && !alreadyRequested(this, one.since) && !hasHistory(this, one.since)) {
        this.#awaitingReplay.push(one);
        continue;
      }
      // Without a gap the server skipped only superseded messages, as in a topic that keeps only its latest message.
      const skipped = !gap && Array.isArray(one.since) && one.since[0] === at[0] && !this.log.contains(one.since);
      this.#setCursor(this.log, skipped ? { ...one, since: this.log.start } : one);
    }
    this.#startReplay();
  }

  /**
   * The server answers from where it replays the topic, or rejects the replay.
   * @param {Frame} reply  with `value` or `error`
   * @returns {TabConnection[]} the tabs that failed to join and must be removed from the topic
   */
  onReplayed({ value, error }) {
    const { log } = this;
    const replay = this.#replay;
    if (!log || !replay) return [];
    if (error) return this.#failReplay(log, replay, error);
    log.continueAt(value);
    for (const tab of this.tabs) this.#deps.scheduleFlush(tab);
    replay.start(value);
    this.#checkReplay();
    return [];
  }

  /**
   * @param {TopicLog} log
   * @param {Replay} replay
   * @param {Frame['error']} error
   */
  #failReplay(log, replay, error) {
    const pendingJoins = [...replay.pendingJoins, ...this.#awaitingReplay.splice(0)];
    replay.stop();
    this.#replay = null;
    for (const one of pendingJoins) {
      // A tab that attached again stays subscribed, and gets the gap that remains.
      if (one.n === undefined) this.#setCursor(log, one);
      else one.tab.enqueue({ re: one.n, error: LineError.from(error).toJSON() });
      this.#deps.scheduleFlush(one.tab);
    }
    return pendingJoins.map(({ tab }) => tab).filter((tab) => !tab.cursors.has(this.name));
  }

  /** The connection is lost, and the replay with it: its timeout must not fire. */
  onDisconnected() {
    this.#replay?.reset();
  }

  /** The line is connected again: requests the replay again. */
  onResumed() {
    if (this.#replay) this.#deps.requestReplay(this.name, this.#replay.from);
  }

  /** @param {LineError} error  of the server */
  onJoinFailed(error) {
    this.stop();
    const all = [...this.#pendingJoins, ...this.#awaitingReplay, ...(this.#replay?.pendingJoins ?? [])];
    for (const tab of this.tabs) {
      tab.cursors.delete(this.name);
      const asked = all.filter((one) => one.tab === tab && one.n !== undefined);
      for (const { n } of asked) tab.enqueue({ re: /** @type {number} */ (n), error: error.toJSON() });
      if (asked.length === 0) tab.enqueue({ type: '$joinFailed', topic: this.name, error: error.toJSON() });
    }
  }

  /**
   * @param {Position} at
   * @param {string} text  the message as received
   * @returns {Set<TabConnection> | null} the subscribed tabs; null for a duplicate
   */
  onMessage(at, text) {
    const { log } = this;
    if (!log) return null;
    if (this.#replay?.answered) {
      if (isBefore(at, log)) this.#replay.append(at, text);
      // A message after the log's end comes after everything that was replayed.
      else this.#finishReplay();
      this.#checkReplay();
    }
    return log.append(at, text) ? this.tabs : null;
  }

  /**
   * @param {Position} at  messages before it are lost
   * @returns {Iterable<TabConnection>} the tabs that get the gap
   */
  onGap(at) {
    if (this.log && isBefore(at, this.log)) {
      // The gap is in the replay; the other tabs are past it.
      if (this.#replay?.answered) this.#replay.skip(at);
      this.#checkReplay();
      return [];
    }
    if (this.log) this.log.reset(at);
    else this.log = new TopicLog(at, this.#deps.limits);
    if (this.#replay?.answered) this.#finishReplay();
    return this.tabs;
  }

  /** Stops all timers. */
  stop() {
    this.cancelLeave?.();
    this.#replay?.stop();
  }

  /**
   * Whether a subscribed tab still waits for messages it missed: everything else must come after them.
   * @param {TabConnection} tab
   */
  #isCatchingUp(tab) {
    return [...this.#awaitingReplay, ...(this.#replay?.pendingJoins ?? [])].some((one) => one.tab === tab && one.n === undefined);
  }

  /** Requests the messages older than the log, one replay at a time. */
  #startReplay() {
    if (this.#replay || this.#awaitingReplay.length === 0) return;
    const pendingJoins = this.#awaitingReplay.splice(0);
    const from = earliestPosition(pendingJoins) ?? FROM_START;
    this.#replay = new Replay({ from, pendingJoins, clock: this.#deps.clock, onTimeout: () => this.#finishReplay() });
    this.#deps.requestReplay(this.name, from);
  }

  #checkReplay() {
    if (this.log && this.#replay?.isContiguousWith(this.log)) this.#finishReplay();
  }

  /** Delivers the replay to the tabs that requested it; their cursors continue after it. */
  #finishReplay() {
    const { log } = this;
    const replay = this.#replay;
    if (!replay || !log) return;
    replay.stop();
    this.#replay = null;
    for (const { tab, since, n } of replay.pendingJoins) {
      const { at, gap, frames, next } = replay.sliceFor(since, log);
      const before = tab.cursors.get(this.name);
      // A tab that is subscribed already wants this for one more subscription: all of it comes with the reply.
      const rest = before ? framesUpTo(before, log.after(next)) : [];
      if (!before) tab.cursors.set(this.name, next);
      if (gap) tab.enqueue({ type: '$gap', topic: this.name, at });
      tab.enqueue(n === undefined ? { type: '$replay', frames } : { re: n, value: { at, gap, replay: [...frames, ...rest] } });
      this.#deps.scheduleFlush(tab);
    }
    this.#startReplay();
  }

  /**
   * @param {TopicLog} log
   * @param {PendingJoin} one
   */
  #setCursor(log, { tab, since, n }) {
    const at = since === 'start' ? log.start : (since ?? log.end);
    const gap = !log.contains(at);
    const before = tab.cursors.get(this.name);
    /** @type {import('../../shared/port-protocol.js').TopicFrame[]} */
    let replay = [];
    if (before && since) {
      // The tab is subscribed already and wants older messages for one more subscription: they come with the reply.
      replay = framesUpTo(before, log.after(gap ? log.start : at));
    }
    if (!before) tab.cursors.set(this.name, at);
    if (n !== undefined) tab.enqueue({ re: n, value: { at: gap ? log.start : at, gap, replay } });
  }
}

/**
 * Whether this position is not after the log's end.
 * @param {Position} at
 * @param {TopicLog} log
 */
const isBefore = (at, log) => at[0] === log.end[0] && at[1] <= log.end[1];

/**
 * The earliest position that pending joins ask for. Tabs that asked for a later one skip the first messages.
 * @param {Pick<PendingJoin, 'since'>[]} pendingJoins
 * @returns {Position | null}
 */
function earliestPosition(pendingJoins) {
  const positions = pendingJoins.flatMap(({ since }) => (since === null ? [] : [since === 'start' ? FROM_START : since]));
  if (positions.length === 0) return null;
  // Positions of different epochs have no order: then everything is requested.
  if (positions.some(([epoch]) => epoch !== positions[0][0])) return FROM_START;
  return positions.reduce((first, position) => (position[1] < first[1] ? position : first));
}

/**
 * Whether the worker's log contains what is asked for.
 * @param {Topic} topic
 * @param {Since} since
 */
function hasHistory({ log, historyStart }, since) {
  if (!log || since === null) return true;
  return since === 'start' ? log.start[0] === historyStart?.[0] && log.start[1] === historyStart[1] : log.contains(since);
}

/**
 * Whether the server was asked for as much when the topic was joined: then it has no more.
 * @param {Topic} topic
 * @param {Since} since
 */
function alreadyRequested({ requestedFrom, log, historyStart }, since) {
  if (since === null || historyStart) return true;
  return (
    requestedFrom !== null &&
    since !== 'start' &&
    since[0] === requestedFrom[0] &&
    since[0] === log?.end[0] &&
    since[1] >= requestedFrom[1]
  );
}

/**
 * Those frames that a tab at this position has received.
 * @param {Position} position
 * @param {{ frame: import('../../shared/port-protocol.js').TopicFrame }[]} entries
 */
function framesUpTo([epoch, offset], entries) {
  return entries.map(({ frame }) => frame).filter(({ at }) => at?.[0] === epoch && at[1] <= offset);
}
