/**
 * Who wants to hear what: `on` returns its own undo. A listener that throws never keeps another from hearing; what it
 * threw is reported as if it had been thrown in an event handler.
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
   * @returns {() => void} stops listening
   */
  on(name, fn) {
    // The same function twice is two listeners, each with an undo of its own.
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
 * Called as a function of the global scope: as a method of anything else, a browser refuses it.
 * @param {unknown} error
 */
const reportToBrowser = (error) => (globalThis.reportError ?? console.error)(error);

/**
 * @param {AbortSignal | undefined} signal
 * @param {() => void} fn  called once, when it is aborted
 * @returns {() => void} stops waiting for that: a signal may live as long as its page
 */
export function onAbort(signal, fn) {
  signal?.addEventListener('abort', fn, { once: true });
  return () => signal?.removeEventListener('abort', fn);
}
