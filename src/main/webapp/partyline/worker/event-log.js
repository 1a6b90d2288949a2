/**
 * The last hundred things that happened, with their times: what `line.inspect()` shows and `?debug` mirrors.
 *
 * A worker has no window to look into, so it writes down what a person would ask it later. Never a value, never a token.
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

  /** @param {(entry: Entry) => void} mirror  hears every entry from now on */
  mirrorTo(mirror) {
    this.#mirror = mirror;
  }

  /** @returns {Entry[]} oldest first */
  entries() {
    return [...this.#entries];
  }
}
