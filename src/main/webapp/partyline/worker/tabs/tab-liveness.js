/** How often a tab without a lock is pinged, and after how long without a frame it is removed, in milliseconds. */
const PING_INTERVAL = 5_000;
const PING_TIMEOUT = 15_000;
/** When a tab without a lock that was hidden is pinged, and how long it may take to answer, in milliseconds. */
const HIDDEN_PING_DELAY = 500;
const HIDDEN_PING_TIMEOUT = 3_000;
/** How long a tab is kept after its lock was released, in milliseconds: a lock may overtake the tab's last frames. */
const LOCK_RELEASE_DELAY = 100;

/**
 * Detects dead tabs without their help, because a crashed tab posts nothing.
 *
 * A tab holds a Web Lock before it attaches, and the worker requests the same lock: the browser grants it when the tab is
 * closed or dead. On plain http there are no Web Locks; there the worker pings and the tab answers in its `onmessage`, which
 * browsers do not throttle. A frozen tab is taken for dead too; its first frame after it thaws makes it attach again. A tab that
 * was hidden is pinged soon, since Firefox may end the process of a tab that is closed before it has posted `$detach`.
 *
 * The worker releases a granted lock at once: holding it could keep pages out of the back/forward cache.
 *
 * @typedef {import('./tab-connection.js').TabConnection} TabConnection
 */
export class TabLiveness {
  #locks;
  #clock;
  #tabs;
  #onLost;
  #ping;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {LockManager | undefined} options.locks
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => Iterable<TabConnection>} options.tabs  that are attached
   * @param {(tab: TabConnection, reason: string) => void} options.onLost
   * @param {(tab: TabConnection) => void} options.ping
   */
  constructor({ locks, clock, tabs, onLost, ping }) {
    this.#locks = locks;
    this.#clock = clock;
    this.#tabs = tabs;
    this.#onLost = onLost;
    this.#ping = ping;
  }

  /**
   * @param {TabConnection} tab
   * @param {string | undefined} lock  the name of the lock that the tab holds
   */
  watch(tab, lock) {
    if (lock && this.#locks) {
      const { closed } = tab;
      this.#locks
        .request(lock, { signal: closed }, () => {
          this.#clock.after(LOCK_RELEASE_DELAY, () => this.#onLost(tab, 'lock released'));
        })
        .catch(() => {
          // Aborted because the tab was closed; or the browser refuses locks here, and pings replace them.
          if (!closed.aborted) this.watch(tab, undefined);
        });
      return;
    }
    tab.isPinged = true;
    this.#schedulePings();
  }

  /** @param {TabConnection} tab  that was hidden just now */
  onHidden(tab) {
    if (!tab.isPinged) return;
    this.#clock.after(HIDDEN_PING_DELAY, () => {
      if (tab.isClosed) return;
      const pingedAt = this.#clock.now();
      this.#ping(tab);
      this.#clock.after(HIDDEN_PING_TIMEOUT, () => {
        const slept = this.#clock.now() - pingedAt > HIDDEN_PING_TIMEOUT + PING_INTERVAL;
        if (tab.hidden && tab.receivedAt < pingedAt && !slept) this.#onLost(tab, 'no answer after it was hidden');
      });
    });
  }

  #schedulePings() {
    this.#cancel();
    if (this.#pinged().length === 0) return;
    const dueAt = this.#clock.now() + PING_INTERVAL;
    this.#cancel = this.#clock.after(PING_INTERVAL, () => {
      this.#checkPings(dueAt);
      this.#schedulePings();
    });
  }

  /** @param {number} dueAt  when this check should have run */
  #checkPings(dueAt) {
    const now = this.#clock.now();
    // The machine slept, and every tab with it: that silence proves nothing.
    const slept = now - dueAt > PING_INTERVAL;
    for (const tab of this.#pinged()) {
      if (slept) tab.receivedAt = now;
      if (now - tab.receivedAt > PING_TIMEOUT) this.#onLost(tab, 'ping timeout');
      else this.#ping(tab);
    }
  }

  #pinged() {
    return [...this.#tabs()].filter(({ isPinged }) => isPinged);
  }
}
