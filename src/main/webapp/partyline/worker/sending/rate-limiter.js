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
  #left = Infinity;
  #filledAt = 0;

  /** @param {import('../../shared/clock.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {number | undefined} perSecond  of the welcome; none: no limit is known
   * @param {number | undefined} burst
   */
  set(perSecond, burst) {
    // A little less than allowed: the server's clock need not run like ours.
    this.#perSecond = 0.95 * (perSecond || Infinity);
    this.#burst = this.#left = Math.max(1, 0.9 * (burst || perSecond || Infinity));
    this.#filledAt = this.#clock.now();
  }

  /** @returns {boolean} whether one more may go now */
  get free() {
    if (this.#perSecond === Infinity) return true;
    const now = this.#clock.now();
    // A clock that was set back must not cost what it takes to get there again.
    const passed = Math.max(0, now - this.#filledAt);
    this.#left = Math.min(this.#burst, this.#left + (passed / 1_000) * this.#perSecond);
    this.#filledAt = now;
    return this.#left >= 1;
  }

  /** One went. */
  spend() {
    this.#left -= 1;
  }

  /** Milliseconds until the next may go. */
  get wait() {
    return this.free ? 0 : Math.ceil(((1 - this.#left) / this.#perSecond) * 1_000);
  }
}
