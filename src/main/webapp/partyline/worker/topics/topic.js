import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { Replay } from './replay.js';
import { TopicLog } from './topic-log.js';

/**
 * A place in no log: the server answers it with all that it still keeps.
 * @type {Position}
 */
export const FROM_START = ['0', 0];

/**
 * One topic as the worker has it: what it remembers, which tabs listen, and which still wait for what they asked for.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {Position | 'start' | null} Since  after this place; all that is kept; from now on
 * @typedef {{ tab: TabConnection, since: Since, n: number | undefined }} PendingJoin  a tab's join; `n` is its number, when it wants an answer; one that comes
 *   back from the back/forward cache or to a new worker wants none, and hears on from its place
 *
 * @typedef {object} TopicDeps
 * @property {import('../../shared/clock.js').Clock} clock
 * @property {(topic: string, at: Position) => void} requestReplay  asks the server to play the topic again from there; answered by `replayed`
 * @property {(tab: TabConnection) => void} scheduleFlush  the tab has something new to read
 * @property {{ maxFrames?: number, maxChars?: number }} [limits]  of the ring
 */
export class Topic {
  /** Null until the server has said where the topic stands. @type {TopicLog | null} */
  log = null;
  /** @type {Set<TabConnection>} */
  tabs = new Set();
  /** From which place the server was last asked to go on. @type {Position | null} */
  requestedFrom = null;
  /** Where the ring began, if that was with all that the server kept. @type {Position | null} */
  historyStart = null;
  /** Undoes the leave that is to come. @type {(() => void) | null} */
  cancelLeave = null;
  /** For the server's answer. @type {PendingJoin[]} */
  #pendingJoins = [];
  /** Of what lies before the ring, for those who asked for it. @type {Replay | null} */
  #replay = null;
  /** For the next replay. @type {PendingJoin[]} */
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

  /** Where the line goes on in it, or begins. */
  get position() {
    return this.log?.end ?? this.requestedFrom;
  }

  /** What those want who wait for the server's answer. */
  get earliestWanted() {
    return earliestPosition(this.#pendingJoins);
  }

  /** @param {PendingJoin} one  a tab that joins */
  subscribe(one) {
    this.cancelLeave?.();
    this.cancelLeave = null;
    this.tabs.add(one.tab);
    if (!this.log) this.#pendingJoins.push(one);
    else if (isImplicitTopic(this.name) || (hasHistory(this, one.since) && !this.#isCatchingUp(one.tab)))
      this.#attach(this.log, one);
    else {
      this.#awaitingReplay.push(one);
      this.#startReplay();
    }
  }

  /**
   * @param {TabConnection} tab  that leaves
   * @returns {boolean} whether it was here
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
   * The server said where the topic stands: in its welcome, or in answer to a join.
   * @param {{ at: Position, gap: boolean }} place
   */
  onJoined({ at, gap }) {
    if (this.log) this.log.continueAt({ at, gap });
    else {
      this.log = new TopicLog(at, this.#deps.limits);
      // Whoever asks from a place that is not of this log is given all that is kept.
      if (this.requestedFrom && this.requestedFrom[0] !== at[0]) this.historyStart = at;
    }
    for (const one of this.#pendingJoins.splice(0)) {
      // Who came while the answer was under way may want more than was asked for.
      if (!isImplicitTopic(this.name) && !alreadyRequested(this, one.since) && !hasHistory(this, one.since)) {
        this.#awaitingReplay.push(one);
        continue;
      }
      // Without a gap the server skipped nothing that counts: a topic that keeps its latest message only skips older ones.
      const skipped = !gap && Array.isArray(one.since) && one.since[0] === at[0] && !this.log.contains(one.since);
      this.#attach(this.log, skipped ? { ...one, since: this.log.start } : one);
    }
    this.#startReplay();
  }

  /**
   * The server said from where it plays the topic again; or refused to.
   * @param {Frame} answer  with `value` or `error`
   * @returns {TabConnection[]} those who hear nothing of it now, and whom nobody must take for listeners
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
      // Who was in the topic stays in it, and is told of the gap that remains.
      if (one.n === undefined) this.#attach(log, one);
      else one.tab.enqueue({ re: one.n, error: LineError.from(error).toJSON() });
      this.#deps.scheduleFlush(one.tab);
    }
    return pendingJoins.map(({ tab }) => tab).filter((tab) => !tab.cursors.has(this.name));
  }

  /** The socket is gone: nothing more comes of what was to be played again on it, and nobody must lose patience over that. */
  onDisconnected() {
    this.#replay?.reset();
  }

  /** The line goes on on another socket: what was to be played again on the old one is asked for anew. */
  onResumed() {
    if (this.#replay) this.#deps.requestReplay(this.name, this.#replay.from);
  }

  /** @param {LineError} error  with which the server refused the join */
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
   * @param {string} text  the message there, as it came
   * @returns {Set<TabConnection> | null} the tabs that listen; null when it was here before
   */
  onMessage(at, text) {
    const { log } = this;
    if (!log) return null;
    if (this.#replay?.answered) {
      if (isBefore(at, log)) this.#replay.append(at, text);
      // What comes after the ring's end comes after all that was to be played again.
      else this.#finishReplay();
      this.#checkReplay();
    }
    return log.append(at, text) ? this.tabs : null;
  }

  /**
   * @param {Position} at  what lay before this is gone
   * @returns {Iterable<TabConnection>} the tabs that miss it
   */
  onGap(at) {
    if (this.log && isBefore(at, this.log)) {
      // It lies before what the others have heard: in what is played again for somebody who may have it by now.
      if (this.#replay?.answered) this.#replay.skip(at);
      this.#checkReplay();
      return [];
    }
    if (this.log) this.log.reset(at);
    else this.log = new TopicLog(at, this.#deps.limits);
    if (this.#replay?.answered) this.#finishReplay();
    return this.tabs;
  }

  /** Nothing is to come of it any more. */
  stop() {
    this.cancelLeave?.();
    this.#replay?.stop();
  }

  /**
   * Whether a tab that is in the topic still waits for what it missed: then all else comes after that.
   * @param {TabConnection} tab
   */
  #isCatchingUp(tab) {
    return [...this.#awaitingReplay, ...(this.#replay?.pendingJoins ?? [])].some((one) => one.tab === tab && one.n === undefined);
  }

  /** Asks the server for what lies before the ring, one replay at a time. */
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

  /** Everybody who asked for a replay gets it, and hears the topic from there on. */
  #finishReplay() {
    const { log } = this;
    const replay = this.#replay;
    if (!replay || !log) return;
    replay.stop();
    this.#replay = null;
    for (const { tab, since, n } of replay.pendingJoins) {
      const { at, gap, frames, next } = replay.sliceFor(since, log);
      const before = tab.cursors.get(this.name);
      // A tab that hears the topic already has this for one more listener: all of it comes with the answer.
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
  #attach(log, { tab, since, n }) {
    const at = since === 'start' ? log.start : (since ?? log.end);
    const gap = !log.contains(at);
    const before = tab.cursors.get(this.name);
    /** @type {import('../../shared/port-protocol.js').TopicFrame[]} */
    let replay = [];
    if (before && since) {
      // The tab hears this topic already and wants older messages for one more listener: those come with the answer.
      replay = framesUpTo(before, log.after(gap ? log.start : at));
    }
    if (!before) tab.cursors.set(this.name, at);
    if (n !== undefined) tab.enqueue({ re: n, value: { at: gap ? log.start : at, gap, replay } });
  }
}

/**
 * Whether the ring's end has passed this place.
 * @param {Position} at
 * @param {TopicLog} log
 */
const isBefore = (at, log) => at[0] === log.end[0] && at[1] <= log.end[1];

/**
 * Of the places that tabs ask from before the topic is joined, the earliest: who asked from later skips what comes first.
 * @param {Pick<PendingJoin, 'since'>[]} pendingJoins
 * @returns {Position | null}
 */
function earliestPosition(pendingJoins) {
  const positions = pendingJoins.flatMap(({ since }) => (since === null ? [] : [since === 'start' ? FROM_START : since]));
  if (positions.length === 0) return null;
  // Places of several lives of a topic have no order, and BEFORE_ALL is of none: then it is all or nothing.
  if (positions.some(([epoch]) => epoch !== positions[0][0])) return FROM_START;
  return positions.reduce((first, place) => (place[1] < first[1] ? place : first));
}

/**
 * Whether the worker itself has what is asked for.
 * @param {Topic} topic
 * @param {Since} since
 */
function hasHistory({ log, historyStart }, since) {
  if (!log || since === null) return true;
  return since === 'start' ? log.start[0] === historyStart?.[0] && log.start[1] === historyStart[1] : log.contains(since);
}

/**
 * Whether the server was asked for as much as this when the topic was joined: then there is no more to be had.
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
 * What a tab that is at this place has heard of these.
 * @param {Position} place
 * @param {{ frame: import('../../shared/port-protocol.js').TopicFrame }[]} entries
 */
function framesUpTo([epoch, offset], entries) {
  return entries.map(({ frame }) => frame).filter(({ at }) => at?.[0] === epoch && at[1] <= offset);
}
