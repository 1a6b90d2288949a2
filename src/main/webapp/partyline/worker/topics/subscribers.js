import { FROM_START } from './topic-log.js';

/**
 * The tabs of one topic: which are subscribed, which of their joins still wait, and what each join is answered with.
 *
 * Once its join is answered, a tab is a cursor in the log and reads that at its own speed (tabs/tab-connection.js). Before
 * that, its join waits: for the log, while the server has not answered yet; or for a replay, if it wants messages older than
 * the log. A join waits until the server answers or pauses for too long (see replay.js); over a lost connection, for the next
 * replay.
 *
 * @typedef {import('../../shared/errors.js').LineError} LineError
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {import('./topic-log.js').Since} Since
 * @typedef {import('./topic-log.js').TopicLog} TopicLog
 *
 * @typedef {object} Join
 * @property {TabConnection} tab
 * @property {Since} since
 * @property {boolean} [isLost]  whether it has asked for messages after a position that the topic never had
 * @property {number} [n]  the tab's number of the request. A join without one resumes a subscription that the tab had before (a
 *   page out of the back/forward cache, or a new worker), and gets no reply
 */
export class Subscribers {
  /** @type {Set<TabConnection>} */
  tabs = new Set();
  /** Joins that wait for the log; once it exists, for the next replay. @type {Join[]} */
  #waiting = [];
  /** Joins for which the present replay was requested. @type {Join[]} */
  #inReplay = [];
  #topic;
  #scheduleFlush;

  /**
   * @param {string} topic
   * @param {(tab: TabConnection) => void} scheduleFlush  the tab has something new to read
   */
  constructor(topic, scheduleFlush) {
    this.#topic = topic;
    this.#scheduleFlush = scheduleFlush;
  }

  get hasWaiting() {
    return this.#waiting.length > 0;
  }

  /**
   * The earliest position that a waiting join wants: the others skip what comes first.
   * @returns {Position | null}
   */
  get earliestWanted() {
    const positions = this.#waiting.flatMap(({ since }) => (since === null ? [] : [since === 'start' ? FROM_START : since]));
    if (positions.length === 0) return null;
    // Positions of several epochs have no order.
    if (positions.some(([epoch]) => epoch !== positions[0][0])) return FROM_START;
    return positions.reduce((first, position) => (position[1] < first[1] ? position : first));
  }

  /** @param {Join} join */
  wait(join) {
    this.#waiting.push(join);
  }

  /** The waiting joins, which wait no longer. */
  takeWaiting() {
    return this.#waiting.splice(0);
  }

  /**
   * The waiting joins for which the log has all by now, which wait no longer: those at a position that was ahead of the log.
   * @param {TopicLog} log
   */
  takeComplete(log) {
    const complete = this.#waiting.filter((join) => this.isComplete(log, join));
    this.#waiting = this.#waiting.filter((join) => !complete.includes(join));
    return complete;
  }

  /**
   * Whether a join can be answered from the log. A resumed subscription may be ahead of the log, since it has its position from the
   * server. Any other position ahead of the log may be one that the topic never had, so the server is asked.
   * @param {TopicLog} log
   * @param {Join} join
   */
  isComplete(log, { tab, since, n }) {
    if (!log.hasSince(since)) return false;
    return n === undefined || !(this.isCatchingUp(tab) || (Array.isArray(since) && log.isBefore(since)));
  }

  /**
   * @param {TabConnection} tab
   * @returns {boolean} whether it was subscribed
   */
  remove(tab) {
    tab.cursors.delete(this.#topic);
    const isOfOther = (/** @type {Join} */ join) => join.tab !== tab;
    this.#waiting = this.#waiting.filter(isOfOther);
    this.#inReplay = this.#inReplay.filter(isOfOther);
    return this.tabs.delete(tab);
  }

  /**
   * Whether a resumed subscription of this tab still waits for its replay: what else the tab wants comes after that.
   * @param {TabConnection} tab
   */
  isCatchingUp(tab) {
    return [...this.#waiting, ...this.#inReplay].some((join) => join.tab === tab && join.n === undefined);
  }

  /**
   * The tab reads the log from now on.
   * @param {TopicLog} log
   * @param {Join} join
   */
  answerFromLog(log, { tab, since, n }) {
    const at = since === 'start' ? log.start : (since ?? log.end);
    const gap = !log.contains(at);
    const from = gap ? log.start : at;
    const cursor = tab.cursors.get(this.#topic);
    // A tab that reads the topic already wants older messages for one more listener: they are part of the reply.
    const replay = cursor && since ? log.framesBetween(from, cursor) : [];
    if (!cursor) tab.cursors.set(this.#topic, at);
    else if (since) this.#waitForLog(tab, cursor, log);
    if (n !== undefined) tab.enqueue({ re: n, value: { at: from, gap, replay } });
  }

  /** A replay was requested for all joins that wait. */
  beginReplay() {
    this.#inReplay = this.takeWaiting();
  }

  /**
   * The server has answered the request for a replay. Joins at a position beyond the end of the topic wait for one of all messages.
   * @param {Position} end  of the topic on the server
   */
  checkEnd(end) {
    const isBeyond = (/** @type {Join} */ { since }) => Array.isArray(since) && since[0] === end[0] && since[1] > end[1];
    const lost = this.#inReplay.filter(isBeyond);
    this.#inReplay = this.#inReplay.filter((join) => !isBeyond(join));
    this.#waiting.push(...lost.map((join) => ({ ...join, since: /** @type {const} */ ('start'), isLost: true })));
  }

  /** The connection was lost during the replay: its joins wait for another one. */
  interruptReplay() {
    this.#waiting.unshift(...this.#inReplay.splice(0));
  }

  /**
   * The replay is complete. Each of its joins is answered with its part, and its tab reads the log from there on.
   * @param {TopicLog} log
   * @param {import('./replay.js').Replay} replay
   */
  answerFromReplay(log, replay) {
    for (const { tab, since, n, isLost } of this.#inReplay.splice(0)) {
      const { at, gap: isMissing, frames, next } = replay.sliceFor(since, log);
      const gap = isMissing || isLost === true;
      const cursor = tab.cursors.get(this.#topic);
      // A tab that reads the topic already wants this for one more listener: all of it is part of the reply.
      const rest = cursor ? log.framesBetween(next, cursor) : [];
      if (!cursor) tab.cursors.set(this.#topic, next);
      else this.#waitForLog(tab, cursor, log);
      if (gap) tab.enqueue({ type: '$gap', topic: this.#topic, at });
      tab.enqueue(n === undefined ? { type: '$replay', frames } : { re: n, value: { at, gap, replay: [...frames, ...rest] } });
      this.#scheduleFlush(tab);
    }
  }

  /**
   * The server rejected the replay. A tab that was subscribed before stays so, with a gap; the others get the error.
   * @param {TopicLog} log
   * @param {LineError} error
   * @returns {TabConnection[]} tabs that are not subscribed now
   */
  failReplay(log, error) {
    const joins = [...this.#inReplay.splice(0), ...this.takeWaiting()];
    for (const join of joins) {
      const { tab, n } = join;
      if (n === undefined) this.answerFromLog(log, join);
      else tab.enqueue({ re: n, error: error.toJSON() });
      this.#scheduleFlush(tab);
    }
    return joins.map(({ tab }) => tab).filter((tab) => !tab.cursors.has(this.#topic));
  }

  /**
   * A tab that attached at a position ahead of the log has one more listener, which has not received what lies between: the tab
   * reads it again, and its other listeners ignore it.
   * @param {TabConnection} tab
   * @param {Position} cursor
   * @param {TopicLog} log
   */
  #waitForLog(tab, cursor, log) {
    if (cursor[0] === log.end[0] && cursor[1] > log.end[1]) tab.cursors.set(this.#topic, log.end);
  }

  /**
   * No tab can be subscribed: a reply to each join, and an event for tabs that have no join or were subscribed already.
   * @param {LineError} error
   */
  reject(error) {
    const joins = [...this.#waiting, ...this.#inReplay];
    for (const tab of this.tabs) {
      const own = joins.filter((join) => join.tab === tab);
      for (const { n } of own) if (n !== undefined) tab.enqueue({ re: n, error: error.toJSON() });
      const wasSubscribed = tab.cursors.delete(this.#topic) || own.some(({ n }) => n === undefined);
      if (wasSubscribed || own.length === 0) tab.enqueue({ type: '$joinFailed', topic: this.#topic, error: error.toJSON() });
    }
  }
}
