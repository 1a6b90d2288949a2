/**
 * Keeps the line under the rate that the server allows it: messages wait here, in turns between the tabs, instead of
 * being refused there, where the tab that is refused need not be the one that talks too much.
 *
 * A bucket that holds a burst and fills by so many a second.
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
   * @param {number | undefined} perSecond  of the welcome; none: no limit is known
   * @param {number | undefined} burst
   */
  configure(perSecond, burst) {
    // A little less than allowed: the server's clock need not run like ours.
    this.#perSecond = 0.95 * (perSecond || Infinity);
    this.#burst = this.#tokens = Math.max(1, 0.9 * (burst || perSecond || Infinity));
    this.#refilledAt = this.#clock.now();
  }

  /** @returns {boolean} whether one more may go now */
  get canSend() {
    if (this.#perSecond === Infinity) return true;
    const now = this.#clock.now();
    // A clock that was set back must not cost what it takes to get there again.
    const passed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed / 1_000) * this.#perSecond);
    this.#refilledAt = now;
    return this.#tokens >= 1;
  }

  /** One went. */
  consume() {
    this.#tokens -= 1;
  }

  /** Milliseconds until the next may go. */
  get waitMs() {
    return this.canSend ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
  }
}
