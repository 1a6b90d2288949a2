/**
 * The worker's own memory of one topic: its latest messages, so that a late tab or one that was frozen catches up
 * without a trip to the server.
 *
 * A tab is a cursor in it, as a line is a cursor in the server's log, and like that log it keeps messages as the text
 * they came as. What fell off the end is a gap for a tab that had not read it. The newest message is always kept,
 * however large: late tabs get at least the present state.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class TopicLog {
  #maxFrames;
  #maxChars;
  /** @type {Entry[]} */
  #entries = [];
  #chars = 0;
  /** @type {Position} the place before the oldest message kept */
  #start;
  /** @type {Position} */
  #end;

  /**
   * @param {Position} at  where the topic goes on
   * @param {{ maxFrames?: number, maxChars?: number }} [limits]  by default more than a server has under way, see delivery/flush-scheduler.js
   */
  constructor(at, { maxFrames = 8_192, maxChars = 1 << 20 } = {}) {
    this.#maxFrames = maxFrames;
    this.#maxChars = maxChars;
    this.#start = this.#end = at;
  }

  /** The place before the oldest message kept. */
  get start() {
    return this.#start;
  }

  /** The place of the newest message. */
  get end() {
    return this.#end;
  }

  /** How many messages are kept. */
  get size() {
    return this.#entries.length;
  }

  /**
   * @param {Position} at
   * @param {string} text  the message there, as it came over the wire
   * @returns {boolean} false for a message that was here before
   */
  append(at, text) {
    const [epoch, offset] = at;
    if (epoch !== this.#end[0]) this.reset([epoch, offset - 1]);
    else if (offset <= this.#end[1]) return false;
    this.#entries.push(new Entry(offset, detach(text)));
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
   * Whether a reader at this place would miss nothing.
   * @param {Position} at
   */
  contains(at) {
    return at[0] === this.#start[0] && at[1] >= this.#start[1];
  }

  /**
   * What lies after a place that is covered.
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
   * The server goes on at this position: in another epoch of the topic, or after messages that are lost for everyone.
   * @param {{ at: Position, gap: boolean }} joined
   */
  continueAt({ at, gap }) {
    if (at[0] !== this.#end[0] || (gap && at[1] > this.#end[1])) this.reset(at);
  }

  /**
   * Forgets everything: the topic goes on after `at`, and what lay before is a gap for everyone.
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

  /** Read anew each time: few ever ask for more than the text. @returns {import('../../shared/port-protocol.js').TopicFrame} */
  get frame() {
    return JSON.parse(this.text);
  }
}

/**
 * The same text, not as a part of a larger one: engines cut strings without copying, and a short message would keep in
 * memory the whole WebSocket message that brought it.
 * @param {string} text
 */
const detach = (text) => ` ${text}`.slice(1);
