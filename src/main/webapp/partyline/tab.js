import { isEverybodys } from './frames.js';

/** After how many frames the tab is asked to say that it has them. */
const SYNC_FRAMES = 64;
/** How many frames, and characters of them, may be on their way to a tab that has not said so. */
const WINDOW_FRAMES = 1024;
const WINDOW_CHARS = 1 << 20;
/** How many addressed messages wait for a tab that takes nothing. */
const MAX_ADDRESSED = 512;

/**
 * The worker's view of one tab: its port, what it listens to, and how far it is in each topic.
 *
 * Everything for a tab goes over its port, in order, one array per burst. A frozen tab takes nothing, and a port queues
 * without limit; so every few frames the tab is asked for a sign, and without one we stop posting. What a topic brings
 * meanwhile waits in its ring, where the tab is no more than a cursor. What is addressed to the tab waits in a queue that
 * has a bound, beyond which the tab is told of a gap.
 *
 * @typedef {import('./frames.js').Frame} Frame
 * @typedef {import('./frames.js').Position} Position
 */
export class Tab {
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
    // Only the newest status is of interest.
    if (frame.type === '$status') this.#remove(({ type }) => type === '$status');
    if (this.#addressed.length >= MAX_ADDRESSED || this.#addressedChars + chars > WINDOW_CHARS) {
      // Replies are bounded by what the tab itself asked; messages are not, and make room.
      if (this.#remove(({ re, type }) => re === undefined && !type?.startsWith('$'))) this.#missed++;
    }
    this.#addressed.push({ frame, chars });
    this.#addressedChars += chars;
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
    return this.#posted.frames - this.#synced.frames >= WINDOW_FRAMES || this.#posted.chars - this.#synced.chars >= WINDOW_CHARS;
  }

  /**
   * Posts what is new for this tab, as one array.
   * @param {(topic: string) => import('./ring.js').Ring | undefined} ring
   */
  flush(ring) {
    if (this.stuck) return;
    const burst = this.#addressed.splice(0).map(({ frame }) => frame);
    let chars = this.#addressedChars;
    this.#addressedChars = 0;
    if (this.#missed > 0) burst.unshift({ type: '$gap', topic: '@tab', missed: this.#missed });
    this.#missed = 0;
    for (const [topic, cursor] of this.cursors) {
      const read = ring(topic);
      if (!read) continue;
      let at = cursor;
      if (!read.covers(at)) {
        at = read.start;
        burst.push({ type: '$gap', topic, at });
      }
      for (const { frame, offset, chars: size } of read.after(at, WINDOW_FRAMES)) {
        // The rest waits for the tab's sign.
        if (chars >= WINDOW_CHARS || burst.length >= WINDOW_FRAMES) break;
        burst.push(frame);
        chars += size;
        at = [read.end[0], offset];
      }
      this.cursors.set(topic, at);
    }
    if (burst.length > 0) this.#post(burst, chars);
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
      topics: [...this.cursors.keys()].filter((topic) => !isEverybodys(topic)),
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
   * @param {Frame[]} burst
   * @param {number} chars
   */
  #post(burst, chars) {
    this.#posted = { frames: this.#posted.frames + burst.length, chars: this.#posted.chars + chars };
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
