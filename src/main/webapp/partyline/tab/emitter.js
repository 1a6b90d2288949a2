/**
 * Listeners by name. `on` returns the function that removes the listener. An exception of one listener does not affect the
 * others; it is reported like an exception in an event handler.
 *
 * @template {(...args: any[]) => void} Listener
 */
export class Emitter {
  /** @type {Map<string, Set<{ fn: Listener }>>} */
  #byName = new Map();
  #report;

  /** @param {(error: unknown) => void} [report] */
  constructor(report = reportToBrowser) {
    this.#report = report;
  }

  /**
   * @param {string} name
   * @param {Listener} fn
   * @returns {() => void} removes the listener
   */
  on(name, fn) {
    // The same function added twice is two listeners, which are removed separately.
    const listener = { fn };
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byName.get(name) === listeners) this.#byName.delete(name);
    };
  }

  /**
   * @param {string} name
   * @param {Parameters<Listener>} args
   */
  emit(name, ...args) {
    for (const { fn } of [...(this.#byName.get(name) ?? [])]) this.run(fn, ...args);
  }

  /**
   * @param {Listener} fn
   * @param {Parameters<Listener>} args
   */
  run(fn, ...args) {
    try {
      fn(...args);
    } catch (error) {
      this.#report(error);
    }
  }
}

/**
 * Browsers throw if `reportError` is called as a method of another object.
 * @param {unknown} error
 */
export const reportToBrowser = (error) => (globalThis.reportError ?? console.error)(error);
