import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { Replay } from './replay.js';
import { TopicLog } from './topic-log.js';
import { BEFORE_ALL, earliest, moveOn, reaches, sufficed, upTo } from './since.js';

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
 * @property {(topic: string, at: Position) => void} replay  asks the server to play the topic again from there; answered by `replayed`
 * @property {(tab: TabConnection) => void} due  the tab has something new to read
 * @property {{ maxFrames?: number, maxChars?: number }} [limits]  of the ring
 */
export class Topic {
  /** Null until the server has said where the topic stands. @type {TopicLog | null} */
  ring = null;
  /** @type {Set<TabConnection>} */
  tabs = new Set();
  /** From which place the server was last asked to go on. @type {Position | null} */
  asked = null;
  /** Where the ring began, if that was with all that the server kept. @type {Position | null} */
  origin = null;
  /** Undoes the leave that is to come. @type {(() => void) | null} */
  leaving = null;
  /** For the server's answer. @type {PendingJoin[]} */
  #waiting = [];
  /** Of what lies before the ring, for those who asked for it. @type {Replay | null} */
  #replay = null;
  /** For the next replay. @type {PendingJoin[]} */
  #older = [];
  #means;

  /**
   * @param {string} name
   * @param {TopicDeps} means
   */
  constructor(name, means) {
    this.name = name;
    this.#means = means;
  }

  /** Where the line goes on in it, or begins. */
  get place() {
    return this.ring?.end ?? this.asked;
  }

  /** What those want who wait for the server's answer. */
  get wanted() {
    return earliest(this.#waiting);
  }

  /** @param {PendingJoin} one  a tab that joins */
  admit(one) {
    this.leaving?.();
    this.leaving = null;
    this.tabs.add(one.tab);
    if (!this.ring) this.#waiting.push(one);
    else if (isImplicitTopic(this.name) || (reaches(this, one.since) && !this.#isBehind(one.tab))) this.#seat(this.ring, one);
    else {
      this.#older.push(one);
      this.#playAgain();
    }
  }

  /**
   * @param {TabConnection} tab  that leaves
   * @returns {boolean} whether it was here
   */
  dismiss(tab) {
    tab.cursors.delete(this.name);
    if (!this.tabs.delete(tab)) return false;
    const stays = (/** @type {PendingJoin} */ one) => one.tab !== tab;
    this.#waiting = this.#waiting.filter(stays);
    this.#older = this.#older.filter(stays);
    if (this.#replay) this.#replay.waiting = this.#replay.waiting.filter(stays);
    return true;
  }

  /**
   * The server said where the topic stands: in its welcome, or in answer to a join.
   * @param {{ at: Position, gap: boolean }} place
   */
  stands({ at, gap }) {
    if (this.ring) moveOn(this.ring, { at, gap });
    else {
      this.ring = new TopicLog(at, this.#means.limits);
      // Whoever asks from a place that is not of this log is given all that is kept.
      if (this.asked && this.asked[0] !== at[0]) this.origin = at;
    }
    for (const one of this.#waiting.splice(0)) {
      // Who came while the answer was under way may want more than was asked for.
      if (!isImplicitTopic(this.name) && !sufficed(this, one.since) && !reaches(this, one.since)) {
        this.#older.push(one);
        continue;
      }
      // Without a gap the server skipped nothing that counts: a topic that keeps its latest message only skips older ones.
      const skipped = !gap && Array.isArray(one.since) && one.since[0] === at[0] && !this.ring.covers(one.since);
      this.#seat(this.ring, skipped ? { ...one, since: this.ring.start } : one);
    }
    this.#playAgain();
  }

  /**
   * The server said from where it plays the topic again; or refused to.
   * @param {Frame} answer  with `value` or `error`
   * @returns {TabConnection[]} those who hear nothing of it now, and whom nobody must take for listeners
   */
  replayed({ value, error }) {
    const { ring } = this;
    const replay = this.#replay;
    if (!ring || !replay) return [];
    if (error) return this.#giveUp(ring, replay, error);
    moveOn(ring, value);
    for (const tab of this.tabs) this.#means.due(tab);
    replay.start(value);
    this.#meet();
    return [];
  }

  /**
   * @param {TopicLog} ring
   * @param {Replay} replay
   * @param {Frame['error']} error
   */
  #giveUp(ring, replay, error) {
    const waiting = [...replay.waiting, ...this.#older.splice(0)];
    replay.stop();
    this.#replay = null;
    for (const one of waiting) {
      // Who was in the topic stays in it, and is told of the gap that remains.
      if (one.n === undefined) this.#seat(ring, one);
      else one.tab.tell({ re: one.n, error: LineError.from(error).toJSON() });
      this.#means.due(one.tab);
    }
    return waiting.map(({ tab }) => tab).filter((tab) => !tab.cursors.has(this.name));
  }

  /** The socket is gone: nothing more comes of what was to be played again on it, and nobody must lose patience over that. */
  dropped() {
    this.#replay?.reset();
  }

  /** The line goes on on another socket: what was to be played again on the old one is asked for anew. */
  resumed() {
    if (this.#replay) this.#means.replay(this.name, this.#replay.from);
  }

  /** @param {LineError} error  with which the server refused the join */
  refused(error) {
    this.stop();
    const all = [...this.#waiting, ...this.#older, ...(this.#replay?.waiting ?? [])];
    for (const tab of this.tabs) {
      tab.cursors.delete(this.name);
      const asked = all.filter((one) => one.tab === tab && one.n !== undefined);
      for (const { n } of asked) tab.tell({ re: n, error: error.toJSON() });
      if (asked.length === 0) tab.tell({ type: '$refused', topic: this.name, error: error.toJSON() });
    }
  }

  /**
   * @param {Position} at
   * @param {string} text  the message there, as it came
   * @returns {Set<TabConnection> | null} the tabs that listen; null when it was here before
   */
  heard(at, text) {
    const { ring } = this;
    if (!ring) return null;
    if (this.#replay?.answered) {
      if (isBefore(at, ring)) this.#replay.push(at, text);
      // What comes after the ring's end comes after all that was to be played again.
      else this.#finish();
      this.#meet();
    }
    return ring.push(at, text) ? this.tabs : null;
  }

  /**
   * @param {Position} at  what lay before this is gone
   * @returns {Iterable<TabConnection>} the tabs that miss it
   */
  gap(at) {
    if (this.ring && isBefore(at, this.ring)) {
      // It lies before what the others have heard: in what is played again for somebody who may have it by now.
      if (this.#replay?.answered) this.#replay.skip(at);
      this.#meet();
      return [];
    }
    if (this.ring) this.ring.reset(at);
    else this.ring = new TopicLog(at, this.#means.limits);
    if (this.#replay?.answered) this.#finish();
    return this.tabs;
  }

  /** Nothing is to come of it any more. */
  stop() {
    this.leaving?.();
    this.#replay?.stop();
  }

  /**
   * Whether a tab that is in the topic still waits for what it missed: then all else comes after that.
   * @param {TabConnection} tab
   */
  #isBehind(tab) {
    return [...this.#older, ...(this.#replay?.waiting ?? [])].some((one) => one.tab === tab && one.n === undefined);
  }

  /** Asks the server for what lies before the ring, one replay at a time. */
  #playAgain() {
    if (this.#replay || this.#older.length === 0) return;
    const waiting = this.#older.splice(0);
    const from = earliest(waiting) ?? BEFORE_ALL;
    this.#replay = new Replay({ from, waiting, clock: this.#means.clock, late: () => this.#finish() });
    this.#means.replay(this.name, from);
  }

  #meet() {
    if (this.ring && this.#replay?.meets(this.ring)) this.#finish();
  }

  /** Everybody who asked for a replay gets it, and hears the topic from there on. */
  #finish() {
    const { ring } = this;
    const replay = this.#replay;
    if (!replay || !ring) return;
    replay.stop();
    this.#replay = null;
    for (const { tab, since, n } of replay.waiting) {
      const { at, gap, frames, next } = replay.share(since, ring);
      const before = tab.cursors.get(this.name);
      // A tab that hears the topic already has this for one more listener: all of it comes with the answer.
      const rest = before ? upTo(before, ring.after(next)) : [];
      if (!before) tab.cursors.set(this.name, next);
      if (gap) tab.tell({ type: '$gap', topic: this.name, at });
      tab.tell(n === undefined ? { type: '$replay', frames } : { re: n, value: { at, gap, replay: [...frames, ...rest] } });
      this.#means.due(tab);
    }
    this.#playAgain();
  }

  /**
   * @param {TopicLog} ring
   * @param {PendingJoin} one
   */
  #seat(ring, { tab, since, n }) {
    const at = since === 'start' ? ring.start : (since ?? ring.end);
    const gap = !ring.covers(at);
    const before = tab.cursors.get(this.name);
    /** @type {Frame[]} */
    let replay = [];
    if (before && since) {
      // The tab hears this topic already and wants older messages for one more listener: those come with the answer.
      replay = upTo(before, ring.after(gap ? ring.start : at));
    }
    if (!before) tab.cursors.set(this.name, at);
    if (n !== undefined) tab.tell({ re: n, value: { at: gap ? ring.start : at, gap, replay } });
  }
}

/**
 * Whether the ring's end has passed this place.
 * @param {Position} at
 * @param {TopicLog} ring
 */
const isBefore = (at, ring) => at[0] === ring.end[0] && at[1] <= ring.end[1];
