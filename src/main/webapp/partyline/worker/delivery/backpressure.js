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
  #tabs;
  #pauseAcks;
  /** Ends the pause before its time; null without a pause. @type {(() => void) | null} */
  #cancelPause = null;

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => Iterable<TabConnection>} options.tabs  that are attached
   * @param {(paused: boolean) => void} options.pauseAcks
   */
  constructor({ clock, tabs, pauseAcks }) {
    this.#clock = clock;
    this.#tabs = tabs;
    this.#pauseAcks = pauseAcks;
  }

  /** @param {TabConnection} tab  whose window was too small for everything that is new for it */
  onLagging(tab) {
    if (tab.lag !== 'none' || tab.isClosed) return;
    tab.lag = 'pausing';
    if (this.#cancelPause) return;
    this.#pauseAcks(true);
    this.#cancelPause = this.#clock.after(MAX_PAUSE, () => {
      for (const one of this.#tabs()) if (one.lag === 'pausing') one.lag = 'exempt';
      this.update();
    });
  }

  /** @param {TabConnection} tab */
  onCaughtUp(tab) {
    if (tab.lag === 'none') return;
    tab.lag = 'none';
    this.update();
  }

  /** Ends the pause if no attached tab needs it any more. */
  update() {
    if (!this.#cancelPause) return;
    for (const tab of this.#tabs()) if (tab.lag === 'pausing') return;
    this.#cancelPause();
    this.#cancelPause = null;
    this.#pauseAcks(false);
  }
}
