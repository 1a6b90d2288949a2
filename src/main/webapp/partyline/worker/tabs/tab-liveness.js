/** How often a tab without a lock is pinged, and after how much silence it is gone, in milliseconds. */
const PING_INTERVAL = 5_000;
const PING_TIMEOUT = 15_000;
/** How long a freed lock waits for what the tab said last, in milliseconds: locks overtake ports. */
const LOCK_RELEASE_DELAY = 100;

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
  #onLost;
  #ping;
  /** @type {Map<TabConnection, AbortController | null>} null for tabs that are pinged */
  #watched = new Map();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {LockManager | undefined} options.locks
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection, how: string) => void} options.onLost
   * @param {(tab: TabConnection) => void} options.ping
   */
  constructor({ locks, clock, onLost, ping }) {
    this.#locks = locks;
    this.#clock = clock;
    this.#onLost = onLost;
    this.#ping = ping;
  }

  /**
   * @param {TabConnection} tab
   * @param {string | undefined} lock  the name of the lock that the tab holds
   */
  watch(tab, lock) {
    if (lock && this.#locks) {
      const lockRequest = new AbortController();
      this.#watched.set(tab, lockRequest);
      this.#locks
        .request(lock, { signal: lockRequest.signal }, () => {
          this.#clock.after(LOCK_RELEASE_DELAY, () => this.#reportLost(tab, 'its lock is free'));
        })
        .catch(() => {
          // Aborted, since the tab said goodbye itself; or locks are refused here, and pings must do.
          if (!lockRequest.signal.aborted) this.watch(tab, undefined);
        });
      return;
    }
    this.#watched.set(tab, null);
    this.#checkPings();
  }

  /** @param {TabConnection} tab */
  unwatch(tab) {
    this.#watched.get(tab)?.abort();
    this.#watched.delete(tab);
  }

  /**
   * @param {TabConnection} tab
   * @param {string} reason
   */
  #reportLost(tab, reason) {
    if (this.#watched.delete(tab)) this.#onLost(tab, reason);
  }

  #checkPings() {
    this.#cancel();
    const pinged = [...this.#watched].filter(([, lockRequest]) => lockRequest === null).map(([tab]) => tab);
    if (pinged.length === 0) return;
    const dueAt = this.#clock.now() + PING_INTERVAL;
    this.#cancel = this.#clock.after(PING_INTERVAL, () => {
      const now = this.#clock.now();
      // The machine slept, and every tab with it: that silence says nothing.
      if (now - dueAt > PING_INTERVAL) for (const tab of pinged) tab.receivedAt = now;
      for (const tab of pinged) {
        if (!this.#watched.has(tab)) continue;
        if (now - tab.receivedAt > PING_TIMEOUT) this.#reportLost(tab, 'it answers no pings');
        else this.#ping(tab);
      }
      this.#checkPings();
    });
  }
}
