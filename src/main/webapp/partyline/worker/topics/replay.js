import { TopicLog } from './topic-log.js';

/** How long the server may pause while it plays a topic again, in milliseconds. */
const PATIENCE = 10_000;
/** What one replay may hold: more than a server keeps of a topic, unless it was set to keep a lot. */
const LIMITS = { maxFrames: 4_096, maxChars: 1 << 23 };

/**
 * What lies before the worker's own memory of a topic, got from the server for the tabs that asked for it.
 *
 * The line has one cursor in a topic, and joining again at an older place moves it back: the server answers with the place
 * and then brings everything after it once more, in order. What the ring has already is nobody's news, so the other tabs
 * do not notice; what lies before the ring gathers here until the two meet.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('./topic.js').PendingJoin} PendingJoin
 */
export class Replay {
  #clock;
  #late;
  /** @type {TopicLog | null} null until the server has answered */
  #kept = null;
  #gap = false;
  #lost = false;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {Position} options.from  the place that was asked for
   * @param {PendingJoin[]} options.waiting  who asked
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => void} options.late  the server has paused too long
   */
  constructor({ from, waiting, clock, late }) {
    this.from = from;
    this.waiting = waiting;
    this.#clock = clock;
    this.#late = late;
  }

  /** Whether the server has answered: whatever comes of the topic now comes after that place. */
  get answered() {
    return this.#kept !== null;
  }

  /** @param {{ at: Position, gap: boolean }} place  where the server goes on */
  start({ at, gap }) {
    this.#kept = new TopicLog(at, LIMITS);
    this.#gap = gap;
    this.#lost = false;
    this.#wait();
  }

  /**
   * @param {Position} at  before the end of the ring
   * @param {string} text  the message there, as it came
   */
  push(at, text) {
    const before = this.#kept?.start;
    this.#kept?.push(at, text);
    if (this.#kept?.start !== before) this.#lost = true;
    this.#wait();
  }

  /** @param {Position} at  what lay before this is gone, for those who asked for it */
  skip(at) {
    this.#kept?.reset(at);
    this.#lost = true;
    this.#wait();
  }

  /**
   * Whether nothing is missing between what was gathered and the ring.
   * @param {TopicLog} ring
   */
  meets(ring) {
    return this.#kept !== null && ring.start[0] === this.#kept.end[0] && this.#kept.end[1] >= ring.start[1];
  }

  /**
   * What somebody gets who asked for this: the place where it begins, whether something before that is missed, the
   * messages that lie before the ring, and where to go on in the ring.
   * @param {PendingJoin['since']} since
   * @param {TopicLog} ring
   * @returns {{ at: Position, gap: boolean, frames: Frame[], next: Position }}
   */
  share(since, ring) {
    const kept = this.#kept;
    // Where a hole would remain, what lies before it is worth nothing: the tab starts where the ring does.
    if (!kept || !this.meets(ring)) return { at: ring.start, gap: true, frames: [], next: ring.start };
    const { start } = kept;
    const covered = Array.isArray(since) && kept.covers(since);
    // The ring may remember more than the server does.
    const first = since !== 'start' && ring.start[1] < start[1] ? ring.start : start;
    const at = covered ? /** @type {Position} */ (since) : first;
    const alien = Array.isArray(since) && since[0] !== start[0];
    const gap = !covered && (this.#lost || alien || (since !== 'start' && this.#gap));
    const frames = kept.after(at).filter(({ offset }) => offset <= ring.start[1]);
    const next = at[1] > ring.start[1] ? at : ring.start;
    return { at, gap, frames: frames.map(({ frame }) => frame), next };
  }

  /** The socket dropped before it was complete: it begins anew. */
  reset() {
    this.#cancel();
    this.#kept = null;
  }

  stop() {
    this.#cancel();
  }

  #wait() {
    this.#cancel();
    this.#cancel = this.#clock.after(PATIENCE, () => this.#late());
  }
}
