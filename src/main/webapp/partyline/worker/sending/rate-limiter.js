/**
 * A token bucket that keeps the line under a rate limit of the server, of messages or of characters. Messages wait in the
 * worker, fairly between tabs, instead of being rejected by the server, where the rejected tab need not be the one that sends
 * too much. Before the first `$welcome` there is no limit.
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
   * @param {number} [left]  how much of the burst this line has left: it may be resumed
   */
  configure(perSecond, burst = perSecond, left = burst) {
    const allowed = burst || Infinity;
    // A little less than allowed: the server's clock may run slower, and some frames of the worker do not count here.
    this.#perSecond = 0.95 * (perSecond || Infinity);
    this.#burst = Math.max(1, 0.9 * allowed);
    this.#tokens = allowed === Infinity ? Infinity : /** @type {number} */ (left) - (allowed - this.#burst);
    this.#refilledAt = this.#clock.now();
  }

  /**
   * Milliseconds until so much may be sent; 0 if it may be sent now.
   * @param {number} [amount]
   */
  waitMs(amount = 1) {
    if (this.#perSecond === Infinity) return 0;
    const now = this.#clock.now();
    // A clock that was set back must not stop refilling.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed / 1_000) * this.#perSecond);
    this.#refilledAt = now;
    // What exceeds the burst waits for all of it.
    const missing = Math.min(amount, this.#burst) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing / this.#perSecond) * 1_000);
  }

  /**
   * So much was sent.
   * @param {number} [amount]
   */
  consume(amount = 1) {
    this.#tokens -= amount;
  }
}
