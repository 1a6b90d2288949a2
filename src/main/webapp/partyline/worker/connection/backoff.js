/** The first bound, in milliseconds. */
const BASE = 500;

/** The bound while somebody looks at one of the tabs. */
export const MAX_DELAY = 20_000;

/** The bound while every tab is hidden: nobody waits, so nobody hurries. */
export const HIDDEN_MAX_DELAY = 60_000;

/**
 * How long to wait before the next attempt: a random share of a bound that doubles with each failure,
 * so that ten thousand browsers do not return in the same second.
 *
 * @param {number} failures  attempts failed since the wire was last healthy, from 0
 * @param {() => number} [random]  in [0, 1)
 * @param {number} [maxDelay]  the bound's own bound, in milliseconds
 * @returns {number} milliseconds
 */
export function backoff(failures, random = Math.random, maxDelay = MAX_DELAY) {
  // 2^30 is past every cap; without the limit a week of failures would reach Infinity.
  return random() * Math.min(maxDelay, BASE * 2 ** Math.min(failures, 30));
}
