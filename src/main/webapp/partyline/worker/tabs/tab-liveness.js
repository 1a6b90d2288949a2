/** How often a tab without a lock is pinged, and after how much silence it is gone, in milliseconds. */
const PING_EVERY = 5_000;
const GONE_AFTER = 15_000;
/** How long a freed lock waits for what the tab said last, in milliseconds: locks overtake ports. */
const LAST_WORDS = 100;

/**
 * Finds out which tabs are gone, without their help: a crashed tab says nothing.
 *
 * A tab holds a Web Lock from before it says hello, and the worker wants the same lock: it gets it when the tab is gone,
 * however it went. On plain http there are no locks; there the worker pings and the tab answers in its `onmessage`,
 * which browsers do not throttle. A tab that was only frozen is found gone as well; the first thing it says when it thaws
 * brings it back.
 *
 * The worker lets go of a granted lock at once: one that it kept could keep pages out of the back/forward cache.
 *
 * @typedef {import('./tab-connection.js').TabConnection} TabConnection
 */
export class TabLiveness {
  #locks;
  #clock;
  #gone;
  #ping;
  /** @type {Map<TabConnection, AbortController | null>} null for tabs that are pinged */
  #watched = new Map();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {LockManager | undefined} options.locks
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection, how: string) => void} options.gone
   * @param {(tab: TabConnection) => void} options.ping
   */
  constructor({ locks, clock, gone, ping }) {
    this.#locks = locks;
    this.#clock = clock;
    this.#gone = gone;
    this.#ping = ping;
  }

  /**
   * @param {TabConnection} tab
   * @param {string | undefined} lock  the name of the lock that the tab holds
   */
  watch(tab, lock) {
    if (lock && this.#locks) {
      const wait = new AbortController();
      this.#watched.set(tab, wait);
      this.#locks
        .request(lock, { signal: wait.signal }, () => {
          this.#clock.after(LAST_WORDS, () => this.#lost(tab, 'its lock is free'));
        })
        .catch(() => {
          // Aborted, since the tab said goodbye itself; or locks are refused here, and pings must do.
          if (!wait.signal.aborted) this.watch(tab, undefined);
        });
      return;
    }
    this.#watched.set(tab, null);
    this.#look();
  }

  /** @param {TabConnection} tab */
  forget(tab) {
    this.#watched.get(tab)?.abort();
    this.#watched.delete(tab);
  }

  /**
   * @param {TabConnection} tab
   * @param {string} how
   */
  #lost(tab, how) {
    if (this.#watched.delete(tab)) this.#gone(tab, how);
  }

  #look() {
    this.#cancel();
    const pinged = [...this.#watched].filter(([, wait]) => wait === null).map(([tab]) => tab);
    if (pinged.length === 0) return;
    const due = this.#clock.now() + PING_EVERY;
    this.#cancel = this.#clock.after(PING_EVERY, () => {
      const now = this.#clock.now();
      // The machine slept, and every tab with it: that silence says nothing.
      if (now - due > PING_EVERY) for (const tab of pinged) tab.heardAt = now;
      for (const tab of pinged) {
        if (!this.#watched.has(tab)) continue;
        if (now - tab.heardAt > GONE_AFTER) this.#lost(tab, 'it answers no pings');
        else this.#ping(tab);
      }
      this.#look();
    });
  }
}
