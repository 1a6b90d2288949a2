import { isImplicitTopic, isControlFrame } from '../../shared/frames.js';

/** After how many frames the tab is asked to say that it has them. */
const SYNC_FRAMES = 512;
/** How many frames, and characters of them, may be on their way to a tab that has not said so: what a topic's ring keeps. */
const WINDOW_FRAMES = 8_192;
const WINDOW_CHARS = 1 << 20;
/** How many addressed messages wait: as many as a server sends by default and hears nothing of. */
const MAX_ADDRESSED = 512;

/**
 * The worker's view of one tab: its port, what it listens to, and how far it is in each topic.
 *
 * Everything for a tab goes over its port, in order, one array per burst. A frozen tab takes nothing, and a port queues
 * without limit; so every few frames the tab is asked for a sign, and without one we stop posting. What a topic brings
 * meanwhile waits in its ring, where the tab is no more than a cursor. What is addressed to the tab waits in a queue that
 * has a bound, beyond which the tab is told of a gap.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class TabConnection {
  /** @type {Map<string, Position>} how far the tab is in each topic it listens to */
  cursors = new Map();
  /** @type {{ frame: Frame, chars: number }[]} */
  #addressed = [];
  #addressedChars = 0;
  #missed = 0;
  #posted = { frames: 0, chars: 0 };
  #synced = { frames: 0, chars: 0 };
  /** @type {{ n: number, frames: number, chars: number }[]} signs asked for and not given yet */
  #asked = [];
  #lastAsk = { frames: 0, chars: 0 };
  #asks = 0;

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {MessagePort} options.port
   * @param {boolean} options.hidden
   * @param {boolean} options.givesTokens  whether it can be asked for a token
   * @param {number} options.now
   */
  constructor({ id, port, hidden, givesTokens, now }) {
    this.id = id;
    this.port = port;
    this.hidden = hidden;
    this.givesTokens = givesTokens;
    /** When anything was last heard from the tab, in milliseconds since the epoch. */
    this.heardAt = now;
    /** Whether it wants the worker's diary. */
    this.debug = false;
  }

  /**
   * Something for this tab alone. It goes out with the next burst.
   * @param {Frame} frame
   * @param {number} [chars]  its length on the wire; none for the worker's own
   */
  tell(frame, chars = 0) {
    // Only the newest status is of interest, and one that ends the tab's line.
    if (frame.type === '$status') this.#remove(({ type, status }) => type === '$status' && status.state !== 'closed');
    // Replies are bounded by what the tab itself asked; messages are not, and make room for each other.
    if (isMessage(frame) && !this.hasRoom(chars) && this.#remove(isMessage)) this.#missed++;
    this.#addressed.push({ frame, chars });
    this.#addressedChars += chars;
  }

  /**
   * Whether one more can wait for this tab and none is lost.
   * @param {number} chars
   */
  hasRoom(chars) {
    return this.#addressed.length < MAX_ADDRESSED && this.#addressedChars + chars <= WINDOW_CHARS;
  }

  /** How many addressed frames wait for the tab. */
  get waiting() {
    return this.#addressed.length;
  }

  /** Whether so much waits for this tab that it is better taken for gone: when it speaks again, it starts anew. */
  get overdue() {
    return this.#addressed.length >= 2 * MAX_ADDRESSED;
  }

  /** Whether the tab has taken so little of what was posted that nothing more is. */
  get stuck() {
    const { frames, chars } = this.#room;
    return frames <= 0 || chars <= 0;
  }

  /** What may still be posted before the tab gives a sign. */
  get #room() {
    return {
      frames: WINDOW_FRAMES - this.#posted.frames + this.#synced.frames,
      chars: WINDOW_CHARS - this.#posted.chars + this.#synced.chars,
    };
  }

  /**
   * Posts what is new for this tab, as one array.
   * @param {import('../delivery/fan-out.js').FanOut} pass
   */
  flush(pass) {
    if (this.stuck) return;
    /** @type {(Frame | string)[]} */
    const burst = this.#addressed.splice(0).map(({ frame }) => frame);
    const room = this.#room;
    let chars = this.#addressedChars;
    let frames = burst.length;
    this.#addressedChars = 0;
    if (this.#missed > 0) burst.unshift({ type: '$gap', topic: '@tab', missed: this.#missed });
    this.#missed = 0;
    for (const [topic, cursor] of this.cursors) {
      if (!pass.goesOn(topic, cursor)) continue;
      // What there is no room for waits for the tab's sign.
      const share = pass.read(topic, cursor, { frames: Math.max(0, room.frames - frames), chars: room.chars - chars });
      if (share.from[0] !== cursor[0] || share.from[1] !== cursor[1]) burst.push({ type: '$gap', topic, at: share.from });
      burst.push(...share.texts);
      frames += share.frames;
      chars += share.chars;
      this.cursors.set(topic, share.to);
    }
    if (burst.length > 0) this.#post(burst, frames, chars);
  }

  /**
   * Whether it is to get more than it takes.
   * @param {import('../delivery/fan-out.js').FanOut} pass
   */
  isBehind(pass) {
    if (!this.stuck) return false;
    return (
      this.#addressed.some(({ frame }) => isMessage(frame)) || [...this.cursors].some(([topic, at]) => pass.goesOn(topic, at))
    );
  }

  /**
   * The tab says that it has everything up to a sign it was asked for.
   * @param {number} n
   */
  synced(n) {
    while (this.#asked.length > 0 && this.#asked[0].n <= n) {
      this.#synced = /** @type {{ n: number, frames: number, chars: number }} */ (this.#asked.shift());
    }
  }

  /** What `line.inspect()` says of it. */
  describe() {
    return {
      id: this.id,
      hidden: this.hidden,
      topics: [...this.cursors.keys()].filter((topic) => !isImplicitTopic(topic)),
      waiting: this.#addressed.length,
      unconfirmed: this.#posted.frames - this.#synced.frames,
    };
  }

  /** @param {(frame: Frame) => boolean} which  the oldest such frame goes */
  #remove(which) {
    const index = this.#addressed.findIndex(({ frame }) => which(frame));
    if (index < 0) return false;
    this.#addressedChars -= this.#addressed.splice(index, 1)[0].chars;
    return true;
  }

  /**
   * @param {(Frame | string)[]} burst
   * @param {number} count
   * @param {number} chars
   */
  #post(burst, count, chars) {
    this.#posted = { frames: this.#posted.frames + count, chars: this.#posted.chars + chars };
    const { frames, chars: total } = this.#posted;
    if (frames - this.#lastAsk.frames >= SYNC_FRAMES || total - this.#lastAsk.chars >= WINDOW_CHARS / 16) {
      const n = ++this.#asks;
      this.#lastAsk = { frames, chars: total };
      this.#asked.push({ n, frames, chars: total });
      burst.push({ type: '$sync', n });
    }
    this.port.postMessage(burst);
  }
}

/**
 * Whether it is an application's message, and not an answer or the worker's own.
 * @param {Frame} frame
 */
const isMessage = (frame) => frame.re === undefined && !isControlFrame(frame);
