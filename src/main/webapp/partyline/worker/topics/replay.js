import { TopicLog } from './topic-log.js';

/** How long the server may pause while it plays a topic again, in milliseconds. */
const IDLE_TIMEOUT = 10_000;
/** What one replay may hold: more than a server keeps of a topic, unless it was set to keep a lot. */
const LIMITS = { maxFrames: 4_096, maxChars: 1 << 23 };

/**
 * What lies before the worker's own memory of a topic, got from the server for the tabs that asked for it.
 *
 * The line has one cursor in a topic, and joining again at an older place moves it back: the server answers with the place
 * and then brings everything after it once more, in order. What the ring has already is nobody's news, so the other tabs
 * do not notice; what lies before the ring gathers here until the two meet.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('./topic.js').PendingJoin} PendingJoin
 */
export class Replay {
  #clock;
  #onTimeout;
  /** @type {TopicLog | null} null until the server has answered */
  #log = null;
  #gap = false;
  #truncated = false;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {Position} options.from  the place that was asked for
   * @param {PendingJoin[]} options.pendingJoins  who asked
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => void} options.onTimeout  the server has paused too long
   */
  constructor({ from, pendingJoins, clock, onTimeout }) {
    this.from = from;
    this.pendingJoins = pendingJoins;
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** Whether the server has answered: whatever comes of the topic now comes after that place. */
  get answered() {
    return this.#log !== null;
  }

  /** @param {{ at: Position, gap: boolean }} place  where the server goes on */
  start({ at, gap }) {
    this.#log = new TopicLog(at, LIMITS);
    this.#gap = gap;
    this.#truncated = false;
    this.#restartTimer();
  }

  /**
   * @param {Position} at  before the end of the ring
   * @param {string} text  the message there, as it came
   */
  append(at, text) {
    const before = this.#log?.start;
    this.#log?.append(at, text);
    if (this.#log?.start !== before) this.#truncated = true;
    this.#restartTimer();
  }

  /** @param {Position} at  what lay before this is gone, for those who asked for it */
  skip(at) {
    this.#log?.reset(at);
    this.#truncated = true;
    this.#restartTimer();
  }

  /**
   * Whether nothing is missing between what was gathered and the ring.
   * @param {TopicLog} log
   */
  isContiguousWith(log) {
    return this.#log !== null && log.start[0] === this.#log.end[0] && this.#log.end[1] >= log.start[1];
  }

  /**
   * What somebody gets who asked for this: the place where it begins, whether something before that is missed, the
   * messages that lie before the ring, and where to go on in the ring.
   * @param {PendingJoin['since']} since
   * @param {TopicLog} log
   * @returns {{ at: Position, gap: boolean, frames: import('../../shared/port-protocol.js').TopicFrame[], next: Position }}
   */
  sliceFor(since, log) {
    const older = this.#log;
    // Where a hole would remain, what lies before it is worth nothing: the tab starts where the ring does.
    if (!older || !this.isContiguousWith(log)) return { at: log.start, gap: true, frames: [], next: log.start };
    const { start } = older;
    const contained = Array.isArray(since) && older.contains(since);
    // The ring may remember more than the server does.
    const first = since !== 'start' && log.start[1] < start[1] ? log.start : start;
    const at = contained ? /** @type {Position} */ (since) : first;
    const otherEpoch = Array.isArray(since) && since[0] !== start[0];
    const gap = !contained && (this.#truncated || otherEpoch || (since !== 'start' && this.#gap));
    const frames = older.after(at).filter(({ offset }) => offset <= log.start[1]);
    const next = at[1] > log.start[1] ? at : log.start;
    return { at, gap, frames: frames.map(({ frame }) => frame), next };
  }

  /** The socket dropped before it was complete: it begins anew. */
  reset() {
    this.#cancel();
    this.#log = null;
  }

  stop() {
    this.#cancel();
  }

  #restartTimer() {
    this.#cancel();
    this.#cancel = this.#clock.after(IDLE_TIMEOUT, () => this.#onTimeout());
  }
}
