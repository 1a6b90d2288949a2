/**
 * The worker's log of one topic: its latest messages, so that a tab that joins late or was frozen catches up without a
 * request to the server.
 *
 * A tab is a cursor in it, as a line is a cursor in the server's log, and like that log it keeps messages as text. A message
 * that was evicted is a gap for a tab that had not read it. The newest message is always kept, however large: a tab that
 * joins late gets at least the current state.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class TopicLog {
  #maxFrames;
  #maxChars;
  /** @type {Entry[]} */
  #entries = [];
  #chars = 0;
  /** @type {Position} the position before the oldest message */
  #start;
  /** @type {Position} */
  #end;

  /**
   * @param {Position} at  where the topic continues
   * @param {{ maxFrames?: number, maxChars?: number }} [limits]  by default more than a server has in flight, see delivery/flush-scheduler.js
   */
  constructor(at, { maxFrames = 8_192, maxChars = 1 << 20 } = {}) {
    this.#maxFrames = maxFrames;
    this.#maxChars = maxChars;
    this.#start = this.#end = at;
  }

  /** The position before the oldest message. */
  get start() {
    return this.#start;
  }

  /** The position of the newest message. */
  get end() {
    return this.#end;
  }

  /** Number of messages. */
  get size() {
    return this.#entries.length;
  }

  /**
   * @param {Position} at
   * @param {string} text  the message as received
   * @returns {boolean} false for a duplicate
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
   * The server continues at this position: in another epoch of the topic, or after messages that are lost for everyone.
   * @param {{ at: Position, gap: boolean }} joined
   */
  continueAt({ at, gap }) {
    if (at[0] !== this.#end[0] || (gap && at[1] > this.#end[1])) this.reset(at);
  }

  /**
   * Removes all messages: the topic continues after `at`, and what was before it is a gap for every reader.
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

  /** Parsed at each call: most readers need only the text. @returns {import('../../shared/port-protocol.js').TopicFrame} */
  get frame() {
    return JSON.parse(this.text);
  }
}

/**
 * A copy that is not a slice of a larger string: engines slice strings without copying, so a short message would keep the
 * whole WebSocket message in memory.
 * @param {string} text
 */
const copyOf = (text) => ` ${text}`.slice(1);
