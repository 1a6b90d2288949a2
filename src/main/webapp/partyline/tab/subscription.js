import { LineError } from '../shared/errors.js';
import { onAbort } from '../shared/on-abort.js';

/** How many messages are buffered for a `for await` loop that is slower than its topic, unless `join` says otherwise. */
export const DEFAULT_BUFFER = 1_024;

/**
 * One listener of a topic: what `line.join` returns.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {{ at: Position, gap: boolean }} Joined  where the subscription starts, and whether messages before that are missing
 *
 * @typedef {object} Tab  this tab
 * @property {string} id
 * @property {string} publicName  what the server tells of it as the publisher of a message
 */
export class Subscription {
  #topic;
  #tab;
  #fn;
  #onClose;
  /** @type {(joined: Joined) => void} */
  #resolve = () => {};
  /** @type {(error: LineError) => void} */
  #reject = () => {};
  /** @type {(error: LineError | undefined) => void} */
  #onEnded = () => {};
  /** Whether messages are delivered: a subscription with `since` receives the older ones first. */
  #active = false;
  /** @type {Position | null} */
  #position = null;
  #closed = false;
  /** @type {LineError | null} */
  #error = null;
  /** For `for await`. @type {Frame[]} */
  #buffer = [];
  #maxBuffered;
  /** How many of the messages at the head of the buffer are older ones that `since` asked for. */
  #replayed = 0;
  /** The messages of the buffer before which others were dropped, with the position of the last of those. @type {Map<Frame, Position>} */
  #gaps = new Map();
  #iterated = false;
  #onOverfull;
  #onGap;
  #removeAbortListener = () => {};
  #wake = () => {};

  /**
   * @param {object} options
   * @param {string} options.topic
   * @param {Tab} options.tab
   * @param {((frame: Frame) => void) | undefined} options.fn  never throws
   * @param {AbortSignal} [options.signal]
   * @param {(subscription: Subscription) => void} options.onClose
   * @param {number} [options.buffer]  how many messages wait for a `for await` loop
   * @param {() => void} options.onOverfull  more messages wait for a loop: `trim` is to be called once the loop could read
   * @param {(at: Position) => void} options.onGap  the loop has come to a place where messages were dropped, up to this position
   */
  constructor({ topic, tab, fn, signal, onClose, buffer = DEFAULT_BUFFER, onOverfull, onGap }) {
    this.#topic = topic;
    this.#tab = tab;
    this.#fn = fn;
    this.#onClose = onClose;
    this.#maxBuffered = buffer;
    this.#onOverfull = onOverfull;
    this.#onGap = onGap;
    this.#removeAbortListener = onAbort(signal, () => this.close());
    /** Resolves when the server has confirmed the subscription; rejects with its error. @type {Promise<Joined>} */
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // An unhandled rejection would be reported twice: the line emits `error`, too.
    this.ready.catch(() => {});
    /** Resolves when the subscription has ended: with the error, or undefined after `close`. @type {Promise<LineError | undefined>} */
    this.closed = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
  }

  /** The name of the topic. */
  get topic() {
    return this.#topic;
  }

  /** The position of the last message received or lost, to be passed as `since` later. Null before `ready`. */
  get position() {
    return this.#position;
  }

  /** Ends the subscription. When the last one of all tabs ends, the line leaves the topic. */
  close() {
    if (this.#closed) return;
    this.#onEnded(undefined);
    this.#end(new LineError('closed', 'the subscription was closed'));
    this.#error = null;
    this.#onClose(this);
  }

  /** Also ends with `using`. */
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.close();
  }

  /**
   * The messages, one by one. Ends when the subscription is closed; throws the error of the join, or with which the server ends the
   * subscription. One loop only: two would take messages from each other.
   * @returns {AsyncGenerator<Frame & { topic: string, at: Position }, void, void>}
   */
  async *[Symbol.asyncIterator]() {
    if (this.#iterated) throw new TypeError(`messages of ${this.#topic} are read by a loop already: join once more for another`);
    this.#iterated = true;
    try {
      for (;;) {
        const frame = this.#read();
        if (frame) yield frame;
        else if (this.#error) throw this.#error;
        else if (this.#closed) return;
        else await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
      }
    } finally {
      this.close();
    }
  }

  /**
   * @param {Joined & { replay?: Frame[] }} joined
   */
  onJoined({ at, gap, replay = [] }) {
    this.#active = true;
    this.#position ??= at;
    for (const frame of replay) this.deliver(frame);
    this.#replayed = this.#buffer.length;
    this.#resolve({ at, gap });
  }

  /** @param {Position} at  messages up to there are lost */
  skip(at) {
    const isBehind = this.#position && (at[0] !== this.#position[0] || at[1] > this.#position[1]);
    if (this.#active && isBehind) this.#position = at;
  }

  /** @param {Frame} received */
  deliver(received) {
    if (this.#closed || !this.#active) return;
    const { at } = received;
    // A worker repeats messages if another listener of this tab has not received them.
    if (at && at[0] === this.#position?.[0] && at[1] <= this.#position[1]) return;
    this.#position = at ?? null;
    // Of others a page knows the public name only, of itself it knows the id.
    const { id, publicName } = this.#tab;
    const frame = received.from === publicName ? { ...received, from: id } : received;
    this.#fn?.(frame);
    if (this.#fn && !this.#iterated) return;
    this.#buffer.push(frame);
    if (this.#buffer.length - this.#replayed > this.#maxBuffered) this.#onOverfull();
    this.#wake();
  }

  /**
   * Drops the oldest messages that are too many. What arrives at once is not too much, since the loop cannot read before all of it
   * is there; nor is a history that `since` asked for.
   */
  trim() {
    const tooMany = this.#buffer.length - this.#replayed - this.#maxBuffered;
    if (tooMany <= 0) return;
    const dropped = this.#buffer.splice(this.#replayed, tooMany);
    for (const frame of dropped) this.#gaps.delete(frame);
    const { at } = dropped[dropped.length - 1];
    if (at) this.#gaps.set(this.#buffer[this.#replayed], at);
  }

  /** The next message for the loop. */
  #read() {
    const frame = /** @type {(Frame & { topic: string, at: Position }) | undefined} */ (this.#buffer.shift());
    if (!frame) return undefined;
    this.#replayed = Math.max(0, this.#replayed - 1);
    const gap = this.#gaps.get(frame);
    this.#gaps.delete(frame);
    // A run of losses is one gap, at the place in the loop where it is.
    if (gap) this.#onGap(gap);
    return frame;
  }

  /** @param {LineError} error  of the join, or because the server has ended the subscription, or the line is closed */
  fail(error) {
    this.#end(error);
  }

  /** @param {LineError} error */
  #end(error) {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#removeAbortListener();
    this.#reject(error);
    this.#onEnded(error);
    this.#wake();
  }
}
