import { TopicLog } from './topic-log.js';

/** How long the server may pause during a replay, in milliseconds. */
const IDLE_TIMEOUT = 10_000;
/** How much one replay may hold: more than a server keeps of a topic by default. */
const LIMITS = { maxFrames: 4_096, maxChars: 1 << 23 };

/**
 * Messages of a topic that are older than the worker's log, fetched again from the server for the tabs that asked for them.
 *
 * The line has one cursor in a topic, and joining again at an older position moves it back: the server answers with the
 * position and then sends everything after it once more, in order. Messages that the log contains are ignored, so other tabs
 * do not notice; older ones are collected here until they are contiguous with the log.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('./topic.js').PendingJoin} PendingJoin
 */
export class Replay {
  #clock;
  #onTimeout;
  /** @type {TopicLog | null} null until the server answers */
  #log = null;
  #gap = false;
  #truncated = false;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {Position} options.from  the requested position
   * @param {PendingJoin[]} options.pendingJoins  the joins that requested it
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => void} options.onTimeout  the server paused too long
   */
  constructor({ from, pendingJoins, clock, onTimeout }) {
    this.from = from;
    this.pendingJoins = pendingJoins;
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** Whether the server answered: the topic's messages now come after that position. */
  get answered() {
    return this.#log !== null;
  }

  /** @param {{ at: Position, gap: boolean }} place  where the server continues */
  start({ at, gap }) {
    this.#log = new TopicLog(at, LIMITS);
    this.#gap = gap;
    this.#truncated = false;
    this.#restartTimer();
  }

  /**
   * @param {Position} at  not after the end of the log
   * @param {string} text  the message as received
   */
  append(at, text) {
    const before = this.#log?.start;
    this.#log?.append(at, text);
    if (this.#log?.start !== before) this.#truncated = true;
    this.#restartTimer();
  }

  /** @param {Position} at  messages before it are lost */
  skip(at) {
    this.#log?.reset(at);
    this.#truncated = true;
    this.#restartTimer();
  }

  /**
   * Whether no message is missing between what was collected and the log.
   * @param {TopicLog} log
   */
  isContiguousWith(log) {
    return this.#log !== null && log.start[0] === this.#log.end[0] && this.#log.end[1] >= log.start[1];
  }

  /**
   * The result for a join with this `since`: the position where it begins, whether messages before that are lost, the
   * messages older than the log, and the cursor in the log.
   * @param {PendingJoin['since']} since
   * @param {TopicLog} log
   * @returns {{ at: Position, gap: boolean, frames: import('../../shared/port-protocol.js').TopicFrame[], next: Position }}
   */
  sliceFor(since, log) {
    const older = this.#log;
    // If messages are missing in between, the older ones are not delivered: the tab starts where the log does.
    if (!older || !this.isContiguousWith(log)) return { at: log.start, gap: true, frames: [], next: log.start };
    const { start } = older;
    const contained = Array.isArray(since) && older.contains(since);
    // The log may contain more than the server keeps.
    const first = since !== 'start' && log.start[1] < start[1] ? log.start : start;
    const at = contained ? /** @type {Position} */ (since) : first;
    const otherEpoch = Array.isArray(since) && since[0] !== start[0];
    const gap = !contained && (this.#truncated || otherEpoch || (since !== 'start' && this.#gap));
    const frames = older.after(at).filter(({ offset }) => offset <= log.start[1]);
    const next = at[1] > log.start[1] ? at : log.start;
    return { at, gap, frames: frames.map(({ frame }) => frame), next };
  }

  /** The connection was lost before the replay was complete: it starts again. */
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
