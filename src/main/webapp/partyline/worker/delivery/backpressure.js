/** How long the line waits for its tabs, in milliseconds: longer than a busy page's hiccup, and a server waits for 5 s. */
const PATIENCE = 1_000;

/**
 * Has the server wait for tabs that take less than the line brings, for a while.
 *
 * While a tab is behind, what was heard is not acknowledged, so the server stops and the tab catches up: nothing is lost
 * to it. But all tabs share the line, and one that is frozen, or slower than its topics, must not hold up the others. So
 * the line waits a moment only, and for a tab that is still behind then not again before it has caught up; what it
 * misses meanwhile, it is told of as a gap.
 *
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class Backpressure {
  #clock;
  #hold;
  /** @type {Set<TabConnection>} those the line waits for */
  #waiting = new Set();
  /** @type {Set<TabConnection>} those it has waited for in vain */
  #spent = new Set();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(held: boolean) => void} options.hold  whether what is heard stays unacknowledged
   */
  constructor({ clock, hold }) {
    this.#clock = clock;
    this.#hold = hold;
  }

  /** @param {TabConnection} tab  that got what there was room for, and not all */
  isBehind(tab) {
    if (this.#spent.has(tab) || this.#waiting.has(tab)) return;
    this.#waiting.add(tab);
    if (this.#waiting.size > 1) return;
    this.#hold(true);
    this.#cancel = this.#clock.after(PATIENCE, () => {
      for (const one of this.#waiting) this.#spent.add(one);
      this.#waiting.clear();
      this.#hold(false);
    });
  }

  /** @param {TabConnection} tab  that got everything, or is gone */
  forget(tab) {
    this.#spent.delete(tab);
    if (!this.#waiting.delete(tab) || this.#waiting.size > 0) return;
    this.#cancel();
    this.#hold(false);
  }
}
