/**
 * The last hundred events of the worker, which `line.inspect()` shows and `?debug` mirrors into the tab's console.
 *
 * A worker has no visible console in most browsers. Entries never contain values or tokens.
 *
 * @typedef {{ at: number, what: string }} Entry  `at` in milliseconds since the epoch
 */
export class EventLog {
  #clock;
  #limit;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {(entry: Entry) => void} */
  #mirror = () => {};

  /**
   * @param {import('../shared/clock.js').Clock} clock
   * @param {number} [limit]
   */
  constructor(clock, limit = 100) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** @param {string} what */
  add(what) {
    const entry = { at: this.#clock.now(), what };
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
    this.#mirror(entry);
  }

  /** @param {(entry: Entry) => void} mirror  called for every new entry */
  mirrorTo(mirror) {
    this.#mirror = mirror;
  }

  /** @returns {Entry[]} oldest first */
  entries() {
    return [...this.#entries];
  }
}
