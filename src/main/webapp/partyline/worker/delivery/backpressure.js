/** How long the line waits for its tabs, in milliseconds: longer than a busy page's hiccup, and a server waits for 5 s. */
const MAX_PAUSE = 1_000;

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
  #pauseAcks;
  /** @type {Set<TabConnection>} those the line waits for */
  #lagging = new Set();
  /** @type {Set<TabConnection>} those it has waited for in vain */
  #exempt = new Set();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(held: boolean) => void} options.pauseAcks  whether what is heard stays unacknowledged
   */
  constructor({ clock, pauseAcks }) {
    this.#clock = clock;
    this.#pauseAcks = pauseAcks;
  }

  /** @param {TabConnection} tab  that got what there was room for, and not all */
  onLagging(tab) {
    if (this.#exempt.has(tab) || this.#lagging.has(tab)) return;
    this.#lagging.add(tab);
    if (this.#lagging.size > 1) return;
    this.#pauseAcks(true);
    this.#cancel = this.#clock.after(MAX_PAUSE, () => {
      for (const one of this.#lagging) this.#exempt.add(one);
      this.#lagging.clear();
      this.#pauseAcks(false);
    });
  }

  /** @param {TabConnection} tab  that got everything, or is gone */
  release(tab) {
    this.#exempt.delete(tab);
    if (!this.#lagging.delete(tab) || this.#lagging.size > 0) return;
    this.#cancel();
    this.#pauseAcks(false);
  }
}
