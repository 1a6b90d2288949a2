/**
 * A position of no log. The server answers it with everything that it retains.
 * @type {import('../../shared/frames.js').Position}
 */
export const FROM_START = ['0', 0];

/**
 * The worker's log of one topic: its newest messages, so that a tab that joins late or was frozen catches up without a
 * round trip to the server.
 *
 * A tab is a cursor in this log, as a line is a cursor in the server's log, and like that log it keeps messages as the
 * text that was received. It is bounded in messages and characters; the oldest are removed first, and a tab whose cursor
 * lies before the start gets a gap. The newest message is always kept, however large: a late tab gets at least the
 * current state of the topic.
 *
 * @typedef {import('../../shared/port-protocol.js').TopicFrame} TopicFrame
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {Position | 'start' | null} Since  what a reader wants: messages after this position; all that are retained; only new ones
 */
export class TopicLog {
  #maxFrames;
  #maxChars;
  /** Removed at the front with `shift`, which copies nothing in arrays of this size. @type {Entry[]} */
  #entries = [];
  #chars = 0;
  /** @type {Position} */
  #start;
  /** @type {Position} */
  #end;
  /** Where the log started, if nothing that the server retained lay before that. @type {Position | null} */
  #historyStart;

  /**
   * @param {Position} at  the position after which the topic goes on
   * @param {object} [options]
   * @param {number} [options.maxFrames]
   * @param {number} [options.maxChars]  by default more than the server sends before it waits for an ack, see flush-scheduler.js
   * @param {boolean} [options.isWhole]  whether the server sends all that it retains, so that there is nothing before `at`
   */
  constructor(at, { maxFrames = 8_192, maxChars = 1 << 20, isWhole = false } = {}) {
    this.#maxFrames = maxFrames;
    this.#maxChars = maxChars;
    this.#start = this.#end = at;
    this.#historyStart = isWhole ? at : null;
  }

  /** The position before the oldest message kept. */
  get start() {
    return this.#start;
  }

  /** The position of the newest message. */
  get end() {
    return this.#end;
  }

  /** How many messages are kept. */
  get size() {
    return this.#entries.length;
  }

  /**
   * @param {Position} at
   * @param {string} text  the message, as it was received
   * @returns {boolean} false for a message that the log had before
   */
  append(at, text) {
    const [epoch, offset] = at;
    if (epoch !== this.#end[0]) this.reset([epoch, offset - 1]);
    else if (offset <= this.#end[1]) return false;
    this.#entries.push(new Entry(offset, copyOf(text)));
    this.#chars += text.length;
    this.#end = at;
    while (this.#entries.length > 1 && (this.#entries.length > this.#maxFrames || this.#chars > this.#maxChars)) {
      const oldest = /** @type {Entry} */ (this.#entries.shift());
      this.#chars -= oldest.text.length;
      this.#start = [epoch, oldest.offset];
    }
    return true;
  }

  /**
   * Whether a reader at this position misses nothing.
   * @param {Position} at
   */
  contains(at) {
    return at[0] === this.#start[0] && at[1] >= this.#start[1];
  }

  /**
   * Whether the log has not reached this position yet, if it ever will.
   * @param {Position} at
   */
  isBefore(at) {
    return at[0] === this.#end[0] && at[1] > this.#end[1];
  }

  /**
   * Whether the log has all that a reader wants.
   * @param {Since} since
   */
  hasSince(since) {
    if (since === null) return true;
    if (since !== 'start') return this.contains(since);
    return this.#historyStart !== null && isSamePosition(this.#historyStart, this.#start);
  }

  /**
   * Whether the log already has the message at this position, or had it.
   * @param {Position} at
   */
  isPast(at) {
    return at[0] === this.#end[0] && at[1] <= this.#end[1];
  }

  /**
   * The messages after a position that the log contains.
   * @param {Position} at
   * @param {number} [limit]
   */
  after(at, limit = Infinity) {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].offset > at[1]) high = middle;
      else low = middle + 1;
    }
    return this.#entries.slice(low, limit === Infinity ? undefined : low + limit);
  }

  /**
   * The messages after one position, up to and including another; none if that one is of another epoch.
   * @param {Position} from  a position that the log contains
   * @param {Position} to
   * @returns {TopicFrame[]}
   */
  framesBetween(from, [epoch, offset]) {
    if (epoch !== this.#end[0]) return [];
    return this.after(from)
      .filter((entry) => entry.offset <= offset)
      .map(({ frame }) => frame);
  }

  /**
   * The server continues the topic at this position: perhaps in another epoch, or after messages that it no longer retains.
   * @param {{ at: Position, gap: boolean }} joined
   */
  continueAt({ at, gap }) {
    if (at[0] !== this.#end[0] || (gap && at[1] > this.#end[1])) this.reset(at);
  }

  /**
   * Removes all messages. The topic goes on after `at`; every reader that was before it gets a gap.
   * @param {Position} at
   */
  reset(at) {
    this.#entries = [];
    this.#chars = 0;
    this.#start = this.#end = at;
  }
}

/** One message of a topic. */
class Entry {
  /**
   * @param {number} offset
   * @param {string} text
   */
  constructor(offset, text) {
    this.offset = offset;
    this.text = text;
  }

  /** Parsed at each call and not kept: most readers only need the text. @returns {TopicFrame} */
  get frame() {
    return JSON.parse(this.text);
  }
}

/**
 * @param {Position} position
 * @param {Position} other
 */
export const isSamePosition = (position, other) => position[1] === other[1] && position[0] === other[0];

/**
 * The same text as a string of its own. Engines make substrings without copying, so a short message would keep the whole
 * WebSocket message in memory that brought it.
 * @param {string} text
 */
const copyOf = (text) => ` ${text}`.slice(1);
