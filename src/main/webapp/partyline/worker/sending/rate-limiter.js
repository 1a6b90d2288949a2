/**
 * A token bucket that keeps the line under the server's rate limit. Messages wait in the worker, fairly between tabs, instead
 * of being rejected by the server, where the rejected tab need not be the one that sends too much. Before the first
 * `$welcome` there is no limit.
 */
export class RateLimiter {
  #clock;
  #perSecond = Infinity;
  #burst = Infinity;
  #tokens = Infinity;
  #refilledAt = 0;

  /** @param {import('../../shared/clock.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {number | undefined} perSecond  from `$welcome`; undefined: no limit
   * @param {number | undefined} burst
   */
  configure(perSecond, burst) {
    // A little less than allowed: the server's clock may run slower.
    this.#perSecond = 0.95 * (perSecond || Infinity);
    this.#burst = this.#tokens = Math.max(1, 0.9 * (burst || perSecond || Infinity));
    this.#refilledAt = this.#clock.now();
  }

  /** Milliseconds until the next message may be sent; 0 if it may be sent now. */
  get waitMs() {
    if (this.#perSecond === Infinity) return 0;
    const now = this.#clock.now();
    // A clock that was set back must not stop refilling.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed / 1_000) * this.#perSecond);
    this.#refilledAt = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
  }

  /** A message was sent. */
  consume() {
    this.#tokens -= 1;
  }
}
