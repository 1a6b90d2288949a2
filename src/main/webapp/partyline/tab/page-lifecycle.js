/**
 * The events of a page's life that a line must react to.
 *
 * `pagehide` is the only event that fires on every regular end: close, reload, navigation, entry into the back/forward cache.
 * `beforeunload` also fires if the user then stays, and `unload` hardly ever.
 *
 * @typedef {object} PageEvents
 * @property {() => void} hide  the page ends or enters the back/forward cache
 * @property {() => void} show  the page is restored from the back/forward cache
 * @property {(hidden: boolean) => void} visibility
 * @property {() => void} wake  the network is back, or a frozen page thawed
 *
 * @param {PageEvents} events
 * @param {{ window?: Window, document?: Document }} [globals]
 * @returns {() => void} stops watching
 */
export function watchPageLifecycle(events, { window = globalThis.window, document = globalThis.document } = {}) {
  const undo = new AbortController();
  const { signal } = undo;
  window.addEventListener('pagehide', () => events.hide(), { signal });
  window.addEventListener('pageshow', ({ persisted }) => persisted && events.show(), { signal });
  // `online` does not fire in the workers of some browsers.
  window.addEventListener('online', () => events.wake(), { signal });
  document.addEventListener('resume', () => events.wake(), { signal });
  document.addEventListener('visibilitychange', () => events.visibility(document.hidden), { signal });
  return () => undo.abort();
}
