/**
 * What happens to a page that a line must know of.
 *
 * `pagehide` is the one event that comes on every ordinary end: closed, reloaded, navigated away, parked in the
 * back/forward cache. `beforeunload` comes too when the person then stays, and `unload` hardly ever.
 *
 * @typedef {object} PageEvents
 * @property {() => void} hide  the page goes, perhaps to come back
 * @property {() => void} show  it came back out of the back/forward cache
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
  // Workers of some browsers fire no `online`.
  window.addEventListener('online', () => events.wake(), { signal });
  document.addEventListener('resume', () => events.wake(), { signal });
  document.addEventListener('visibilitychange', () => events.visibility(document.hidden), { signal });
  return () => undo.abort();
}
