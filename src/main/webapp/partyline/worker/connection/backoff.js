/** The bound of the first delay, in milliseconds. */
const BASE = 500;

/** The largest bound while a tab is visible, in milliseconds. */
export const MAX_DELAY = 20_000;

/** The largest bound while every tab is hidden and no user is waiting, in milliseconds. */
export const HIDDEN_MAX_DELAY = 60_000;

/**
 * The delay before the next attempt, with full jitter: a random part of a bound that doubles with each failure, so that ten
 * thousand browsers do not reconnect in the same second.
 *
 * @param {number} failures  failed attempts since the connection was last stable, from 0
 * @param {() => number} [random]  in [0, 1)
 * @param {number} [maxDelay]  the largest bound, in milliseconds
 * @returns {number} milliseconds
 */
export function backoff(failures, random = Math.random, maxDelay = MAX_DELAY) {
  // 2^30 exceeds every bound; without the limit a week of failures would reach Infinity.
  return random() * Math.min(maxDelay, BASE * 2 ** Math.min(failures, 30));
}
