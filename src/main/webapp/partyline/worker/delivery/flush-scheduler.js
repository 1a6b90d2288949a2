/** The longest rest, in milliseconds: what comes in the meantime is acknowledged already. */
const MAX_COOLDOWN = 8;
/** How many times as long as a burst took the worker rests after it. */
const COOLDOWN_FACTOR = 4;
/**
 * How many frames of topics, or characters of them, end a rest. A topic's ring has room for these, for the rest of the text
 * that brought the last of them, and for all that the server may send when it hears no more of us: 65,536 and 262,144
 * characters by default, at 44 or more a frame.
 */
const FLUSH_AT = { frames: 512, chars: 1 << 18 };

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
  #tabs = new Set();
  #scheduled = false;
  #cooldownUntil = 0;
  /** Ends the rest that there is before the next burst. @type {(() => void) | null} */
  #cancelCooldown = null;
  /** What came for the next burst. */
  #incoming = { frames: 0, chars: 0 };

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
  schedule(tab) {
    this.#tabs.add(tab);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const cooldown = this.#cooldownUntil - this.#clock.elapsed();
    // Without a rest it is after everything that this one event brings.
    if (cooldown > 0) this.#cancelCooldown = this.#clock.after(cooldown, () => this.#run());
    else queueMicrotask(() => this.#run());
  }

  /** @param {number} chars  of a topic's frame, which came for those who have something to get now */
  noteIncoming(chars) {
    this.#incoming.frames++;
    this.#incoming.chars += chars;
    if (!this.#cancelCooldown || (this.#incoming.frames < FLUSH_AT.frames && this.#incoming.chars < FLUSH_AT.chars)) return;
    this.#cancelCooldown();
    this.#cancelCooldown = null;
    queueMicrotask(() => this.#run());
  }

  /** @param {TabConnection} tab */
  removeTab(tab) {
    this.#tabs.delete(tab);
  }

  #run() {
    this.#scheduled = false;
    this.#cancelCooldown = null;
    this.#incoming = { frames: 0, chars: 0 };
    const tabs = [...this.#tabs];
    this.#tabs.clear();
    const startedAt = this.#clock.elapsed();
    this.#flush(tabs);
    const endedAt = this.#clock.elapsed();
    this.#cooldownUntil = endedAt + Math.min(COOLDOWN_FACTOR * (endedAt - startedAt), MAX_COOLDOWN);
  }
}
