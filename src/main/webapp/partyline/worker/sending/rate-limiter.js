/**
 * Token bucket that keeps the line under the rate at which the server accepts messages.
 *
 * The server rejects what exceeds its rate, whichever tab sent it. Here messages wait instead, and the SendQueue shares the
 * rate between the tabs. Until the first welcome no limit is known, and none is kept.
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
   * @param {number | undefined} perSecond  of the welcome; undefined for no limit
   * @param {number | undefined} burst
   */
  configure(perSecond, burst) {
    // A little less than the server allows: its clock does not run exactly like ours.
    this.#perSecond = 0.95 * (perSecond || Infinity);
    this.#burst = this.#tokens = Math.max(1, 0.9 * (burst || perSecond || Infinity));
    this.#refilledAt = this.#clock.now();
  }

  /** Milliseconds until the next message may be sent; 0 if it may be sent now. */
  get waitMs() {
    if (this.#perSecond === Infinity) return 0;
    const now = this.#clock.now();
    // A clock that was set back must not add the difference to the wait.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed / 1_000) * this.#perSecond);
    this.#refilledAt = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
  }

  /** Takes the token of one message that is sent. */
  consume() {
    this.#tokens -= 1;
  }
}
