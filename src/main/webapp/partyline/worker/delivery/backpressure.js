/** Longest pause of acknowledgements, in milliseconds: longer than a short block of a page, shorter than the server's 5 s. */
const MAX_PAUSE = 1_000;

/**
 * Withholds acknowledgements while a tab lags, so that the server stops sending and the tab can catch up.
 *
 * All tabs share the line, so a tab that is frozen, or slower than its topics, must not delay the others for long. After a
 * pause of at most one second, a tab that still lags causes no further pause until it has caught up. Messages that it misses
 * meanwhile are reported to it as a gap.
 *
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class Backpressure {
  #clock;
  #pauseAcks;
  /** @type {Set<TabConnection>} tabs for which acknowledgements are withheld */
  #lagging = new Set();
  /** @type {Set<TabConnection>} tabs that were still lagging after a pause */
  #exempt = new Set();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(paused: boolean) => void} options.pauseAcks
   */
  constructor({ clock, pauseAcks }) {
    this.#clock = clock;
    this.#pauseAcks = pauseAcks;
  }

  /** @param {TabConnection} tab  whose window was too small for everything that is new for it */
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

  /** @param {TabConnection} tab  that has caught up, or was removed */
  release(tab) {
    this.#exempt.delete(tab);
    if (!this.#lagging.delete(tab) || this.#lagging.size > 0) return;
    this.#cancel();
    this.#pauseAcks(false);
  }
}
