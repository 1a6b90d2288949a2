import { systemClock } from '../shared/clock.js';

/**
 * The events of a page's life that a line must react to.
 *
 * `pagehide` is the only event that fires on every regular end: close, reload, navigation, entry into the back/forward cache.
 * `beforeunload` also fires if the user then stays, and `unload` hardly ever.
 *
 * A page may send its last messages from its own listeners of `pagehide` and `visibilitychange`, so the tab leaves the line after
 * all of them. A visible page that ends gets `pagehide`, then `visibilitychange`; a hidden one gets `pagehide` alone. Listeners are
 * called in the order in which they were added, in Chromium at `pagehide` even those that capture, so this one is added again
 * whenever the page is hidden, and that of the last `visibilitychange` during that event.
 *
 * @typedef {object} PageEvents
 * @property {() => void} hide  the page ends or enters the back/forward cache, and may still send
 * @property {() => void} leave  its listeners have run
 * @property {() => void} show  the page is restored from the back/forward cache
 * @property {(hidden: boolean) => void} visibility
 * @property {() => void} wake  the network is back, or a frozen page thawed
 *
 * @param {PageEvents} events
 * @param {{ window?: Window, document?: Document, clock?: import('../shared/clock.js').Clock }} [globals]
 * @returns {() => void} stops watching
 */
export function watchPageLifecycle(
  events,
  { window = globalThis.window, document = globalThis.document, clock = systemClock } = {},
) {
  const undo = new AbortController();
  const { signal } = undo;
  let isEnding = false;
  let cancelLeave = () => {};
  const leave = () => {
    if (!isEnding) return;
    isEnding = false;
    cancelLeave();
    events.leave();
  };
  const onPageHide = () => {
    isEnding = true;
    events.hide();
    if (document.hidden) return leave();
    // A listener may stop `visibilitychange`. If the page itself ends before this, the worker gets its lock.
    cancelLeave = clock.after(0, leave);
  };
  const onVisibilityChange = () => {
    if (document.hidden) watchPageHide();
    if (!isEnding) return events.visibility(document.hidden);
    // The event bubbles from the document to the window, where this listener is now the last one.
    const onLast = () => {
      leave();
      events.visibility(document.hidden);
    };
    window.addEventListener('visibilitychange', onLast, { once: true, signal });
  };
  const watchPageHide = () => {
    window.removeEventListener('pagehide', onPageHide);
    window.addEventListener('pagehide', onPageHide, { signal });
  };
  watchPageHide();
  window.addEventListener(
    'pageshow',
    ({ persisted }) => {
      if (!persisted) return;
      leave();
      events.show();
    },
    { signal },
  );
  // `online` does not fire in the workers of some browsers.
  window.addEventListener('online', () => events.wake(), { signal });
  document.addEventListener('resume', () => events.wake(), { signal });
  document.addEventListener('visibilitychange', onVisibilityChange, { signal });
  return () => {
    cancelLeave();
    undo.abort();
  };
}
