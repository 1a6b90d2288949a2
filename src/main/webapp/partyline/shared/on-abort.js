/**
 * @param {AbortSignal | undefined} signal
 * @param {() => void} fn  called once, when the signal is aborted
 * @returns {() => void} removes the listener: a signal may live as long as its page
 */
export function onAbort(signal, fn) {
  signal?.addEventListener('abort', fn, { once: true });
  return () => signal?.removeEventListener('abort', fn);
}
