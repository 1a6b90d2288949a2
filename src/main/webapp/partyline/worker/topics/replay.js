import { TopicLog } from './topic-log.js';

/** How long the server may pause within a replay, in milliseconds. */
const IDLE_TIMEOUT = 10_000;
/** Bound of one replay: more than a server retains of a topic, unless it is configured to retain a lot. */
const LIMITS = { maxFrames: 4_096, maxChars: 1 << 23 };

/**
 * Messages older than the worker's log, which the server sends again for the tabs that asked for them.
 *
 * A line has one cursor in a topic, and a `$join` at an older position moves it back: the server answers with the position
 * and then sends everything after it again, in order. Messages that the worker's log already has are ignored there, so the
 * other tabs notice nothing; the ones before the log's start are collected here, until they reach it.
 *
 * It is bounded as a log is: of a replay that is larger, the oldest messages are dropped and the tabs that asked get a gap.
 * A server that pauses for longer than 10 s ends the replay early, with a gap too.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class Replay {
  #clock;
  #onTimeout;
  #older;
  #gap;
  #truncated = false;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {{ at: Position, gap: boolean }} options.joined  the server's answer: messages after `at` follow
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => void} options.onTimeout  the server has paused for too long
   */
  constructor({ joined: { at, gap }, clock, onTimeout }) {
    this.#older = new TopicLog(at, LIMITS);
    this.#gap = gap;
    this.#clock = clock;
    this.#onTimeout = onTimeout;
    this.#restartTimer();
  }

  /**
   * @param {Position} at  not after the end of the worker's log
   * @param {string} text  the message, as it was received
   */
  append(at, text) {
    const before = this.#older.start;
    this.#older.append(at, text);
    if (this.#older.start !== before) this.#truncated = true;
    this.#restartTimer();
  }

  /** @param {Position} at  the server no longer retains what lies before */
  skip(at) {
    this.#older.reset(at);
    this.#truncated = true;
    this.#restartTimer();
  }

  /**
   * Whether no message is missing between the replay and the worker's log.
   * @param {TopicLog} log
   */
  isContiguousWith(log) {
    return log.start[0] === this.#older.end[0] && this.#older.end[1] >= log.start[1];
  }

  /**
   * The part of the replay for one join: where it begins, whether messages before that are missing, the messages up to the
   * start of the worker's log, and the cursor from which the tab then reads that log.
   * @param {import('./topic-log.js').Since} since
   * @param {TopicLog} log
   * @returns {{ at: Position, gap: boolean, frames: import('../../shared/port-protocol.js').TopicFrame[], next: Position }}
   */
  sliceFor(since, log) {
    const older = this.#older;
    // A hole would remain before the log. Messages from before the hole are of no use, so the tab begins with the log.
    if (!this.isContiguousWith(log)) return { at: log.start, gap: true, frames: [], next: log.start };
    const { start } = older;
    const contained = Array.isArray(since) && older.contains(since);
    // The worker's log may go back further than the server's.
    const first = since !== 'start' && log.start[1] < start[1] ? log.start : start;
    const at = contained ? /** @type {Position} */ (since) : first;
    const isOtherEpoch = Array.isArray(since) && since[0] !== start[0];
    const gap = !contained && (this.#truncated || isOtherEpoch || (since !== 'start' && this.#gap));
    const next = at[1] > log.start[1] ? at : log.start;
    return { at, gap, frames: older.framesBetween(at, log.start), next };
  }

  stop() {
    this.#cancel();
  }

  #restartTimer() {
    this.#cancel();
    this.#cancel = this.#clock.after(IDLE_TIMEOUT, () => this.#onTimeout());
  }
}
