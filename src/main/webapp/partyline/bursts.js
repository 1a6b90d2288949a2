/** The longest rest, in milliseconds: what comes in the meantime is acknowledged already. */
const LONGEST_REST = 8;
/** How many times as long as a burst took the worker rests after it. */
const RESTS = 4;

/**
 * When the tabs get what is new for them: all of one event's doing in one burst, and at once while there is little.
 *
 * To post to a tab costs much the same however much is posted, and twenty tabs cost twenty times that. So after a burst
 * the worker rests a few times as long as the burst took: what comes meanwhile goes out together. A lone reply never
 * waits, a storm of small messages becomes a few bursts, and most of the time is left for the wire and the tabs.
 *
 * @typedef {import('./tab.js').Tab} Tab
 */
export class Bursts {
  #clock;
  #flush;
  /** @type {Set<Tab>} those with something to get in the next burst */
  #due = new Set();
  #set = false;
  #restedAt = 0;

  /**
   * @param {object} options
   * @param {import('./clock.js').Clock} options.clock
   * @param {(tabs: Tab[]) => void} options.flush
   */
  constructor({ clock, flush }) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** @param {Tab} tab  has something to get */
  add(tab) {
    this.#due.add(tab);
    if (this.#set) return;
    this.#set = true;
    const rest = this.#restedAt - this.#clock.elapsed();
    // Without a rest it is after everything that this one event brings.
    if (rest > 0) this.#clock.after(rest, () => this.#burst());
    else queueMicrotask(() => this.#burst());
  }

  /** @param {Tab} tab */
  forget(tab) {
    this.#due.delete(tab);
  }

  #burst() {
    this.#set = false;
    const due = [...this.#due];
    this.#due.clear();
    const began = this.#clock.elapsed();
    this.#flush(due);
    const ended = this.#clock.elapsed();
    this.#restedAt = ended + Math.min(RESTS * (ended - began), LONGEST_REST);
  }
}
