/** The longest rest, in milliseconds: what comes in the meantime is acknowledged already. */
const LONGEST_REST = 8;
/** How many times as long as a burst took the worker rests after it. */
const RESTS = 4;
/**
 * How many frames of topics, or characters of them, end a rest. A topic's ring has room for these, for the rest of the text
 * that brought the last of them, and for all that the server may send when it hears no more of us: 65,536 and 262,144
 * characters by default, at 44 or more a frame.
 */
const ENOUGH = { frames: 512, chars: 1 << 18 };

/**
 * When the tabs get what is new for them: all of one event's doing in one burst, and at once while there is little.
 *
 * To post to a tab costs much the same however much is posted, and twenty tabs cost twenty times that. So after a burst
 * the worker rests a few times as long as the burst took: what comes meanwhile goes out together. A lone reply never
 * waits, a storm of small messages becomes a few bursts, and most of the time is left for the wire and the tabs. But a
 * topic's ring keeps so much and no more, so when much has come, the rest is over.
 *
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class FlushScheduler {
  #clock;
  #flush;
  /** @type {Set<TabConnection>} those with something to get in the next burst */
  #due = new Set();
  #set = false;
  #restedAt = 0;
  /** Ends the rest that there is before the next burst. @type {(() => void) | null} */
  #cancelRest = null;
  /** What came for the next burst. */
  #came = { frames: 0, chars: 0 };

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tabs: TabConnection[]) => void} options.flush
   */
  constructor({ clock, flush }) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** @param {TabConnection} tab  has something to get */
  add(tab) {
    this.#due.add(tab);
    if (this.#set) return;
    this.#set = true;
    const rest = this.#restedAt - this.#clock.elapsed();
    // Without a rest it is after everything that this one event brings.
    if (rest > 0) this.#cancelRest = this.#clock.after(rest, () => this.#burst());
    else queueMicrotask(() => this.#burst());
  }

  /** @param {number} chars  of a topic's frame, which came for those who have something to get now */
  came(chars) {
    this.#came.frames++;
    this.#came.chars += chars;
    if (!this.#cancelRest || (this.#came.frames < ENOUGH.frames && this.#came.chars < ENOUGH.chars)) return;
    this.#cancelRest();
    this.#cancelRest = null;
    queueMicrotask(() => this.#burst());
  }

  /** @param {TabConnection} tab */
  forget(tab) {
    this.#due.delete(tab);
  }

  #burst() {
    this.#set = false;
    this.#cancelRest = null;
    this.#came = { frames: 0, chars: 0 };
    const due = [...this.#due];
    this.#due.clear();
    const began = this.#clock.elapsed();
    this.#flush(due);
    const ended = this.#clock.elapsed();
    this.#restedAt = ended + Math.min(RESTS * (ended - began), LONGEST_REST);
  }
}
