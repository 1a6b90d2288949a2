/**
 * Time, passed in wherever it matters, so that the tests own it.
 *
 * `now` is wall-clock time: a machine that slept for an hour must see an hour gone, which monotonic clocks of some
 * engines do not show.
 *
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds
 * @property {(milliseconds: number, task: () => void) => () => void} after  runs the task once; returns its undo
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};
