/**
 * Time is passed in, so that tests control it.
 *
 * `now` is wall-clock time: it must advance while the machine sleeps, which the monotonic clocks of some engines do not.
 *
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds
 * @property {() => number} elapsed  milliseconds with fractions since an arbitrary time, for durations
 * @property {(milliseconds: number, task: () => void) => () => void} after  runs the task once; returns a function that cancels it
 */

/** A longer timeout fires at once, in milliseconds. */
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
