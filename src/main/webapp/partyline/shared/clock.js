/**
 * Time, passed in wherever it matters, so that the tests own it.
 *
 * `now` is wall-clock time: a machine that slept for an hour must see an hour gone, which monotonic clocks of some
 * engines do not show.
 *
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds
 * @property {() => number} elapsed  milliseconds and parts of them since some moment, for how long something took
 * @property {(milliseconds: number, task: () => void) => () => void} after  runs the task once; returns its undo
 */

/** A timer that is set for longer fires at once, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(milliseconds, task) {
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const schedule = (/** @type {number} */ left) => {
      timer = left > MAX_TIMEOUT ? setTimeout(() => schedule(left - MAX_TIMEOUT), MAX_TIMEOUT) : setTimeout(task, left);
    };
    schedule(milliseconds);
    return () => clearTimeout(timer);
  },
};
