/** How often a tab without a lock is pinged, and after how long without a frame it is removed, in milliseconds. */
const PING_INTERVAL = 5_000;
const PING_TIMEOUT = 15_000;
/** How long a tab is kept after its lock was released, in milliseconds: a lock may overtake the tab's last frames. */
const LOCK_RELEASE_DELAY = 100;

/**
 * Detects dead tabs without their help, because a crashed tab posts nothing.
 *
 * A tab holds a Web Lock before it attaches, and the worker requests the same lock: the browser grants it when the tab is
 * closed or dead. On plain http there are no Web Locks; there the worker pings and the tab answers in its `onmessage`, which
 * browsers do not throttle. A frozen tab is taken for dead too; its first frame after it thaws makes it attach again.
 *
 * The worker releases a granted lock at once: holding it could keep pages out of the back/forward cache.
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
   * @param {(tab: TabConnection, reason: string) => void} options.onLost
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
          this.#clock.after(LOCK_RELEASE_DELAY, () => this.#reportLost(tab, 'lock released'));
        })
        .catch(() => {
          // Aborted because the tab was removed; or the browser refuses locks here, and pings replace them.
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
      // The machine slept, and every tab with it: that silence proves nothing.
      if (now - dueAt > PING_INTERVAL) for (const tab of pinged) tab.receivedAt = now;
      for (const tab of pinged) {
        if (!this.#watched.has(tab)) continue;
        if (now - tab.receivedAt > PING_TIMEOUT) this.#reportLost(tab, 'ping timeout');
        else this.#ping(tab);
      }
      this.#checkPings();
    });
  }
}
