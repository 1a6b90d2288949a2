/**
 * main.js and the shared worker in one file. The build makes a bundle of it beside main.js, which the server serves as main.js: so the
 * worker's script is in the browser's cache as soon as the page runs, and takes no round trip. Elsewhere main.js and worker.js are
 * two files, since bundlers and plain servers need it so.
 */
import { connectWith } from './tab/connect.js';
import { startHub } from './worker/start.js';

export { LineError } from './shared/errors.js';
export { VERSION } from './version.js';

/** The server replaces it by a hash of all modules, of the same length because of the source map: pages of two builds share no worker. */
const BUILD = '0000000000000000';

/** How often, at most, the worker has the browser revalidate this file, in milliseconds. */
const REVALIDATE_EVERY = 60_000;

/** How long that may take before a page goes on without it, in milliseconds. Not every browser that runs this file can end it. */
const REVALIDATE_TIMEOUT = 5_000;

/** The worker's script: without a query, which a page may have added, or pages with other ones would have other workers. */
const script = import.meta.url.replace(/[?#].*/, '');

/** The browser may use the file for an hour as it is. After this, the next page and the next worker have the newest. */
const revalidate = () =>
  Promise.allSettled(
    [...new Set([import.meta.url, script])].map((url) =>
      fetch(url, { cache: 'no-cache', signal: AbortSignal.timeout?.(REVALIDATE_TIMEOUT) }),
    ),
  );

/** @type {import('./tab/connect.js').Files} */
const files = {
  main: import.meta.url,
  newWorker: (name) =>
    // The options are those of main.js.
    new SharedWorker(script, /** @type {WorkerOptions} */ ({ type: 'module', name: `${name} ${BUILD}`, extendedLifetime: true })),
  loadHub: async () => ({ startHub }),
  refresh: revalidate,
};

/** @param {Parameters<typeof connectWith>[1]} [options] */
export const connect = (options) => connectWith(files, options);

if ('SharedWorkerGlobalScope' in globalThis) {
  const starting = startHub({ mode: 'shared', named: true });
  // A page that the cache had may have named the worker before a deploy; PORT_PROTOCOL says whether the two fit.
  const isOfItsPage = /** @type {any} */ (globalThis).name.endsWith(BUILD);
  if (!isOfItsPage)
    starting.then(
      (hub) => hub.log.add(`build ${BUILD} runs for pages of another one`),
      () => {},
    );
  let revalidateAt = Date.now() + REVALIDATE_EVERY;
  // Not now, when a tab waits for its first reply. By the worker, since a page's policy may not allow it to fetch.
  setTimeout(revalidate, REVALIDATE_EVERY);
  // Added at once, or the browser would not fire it for the first tab.
  globalThis.addEventListener('connect', async (event) => {
    const [port] = /** @type {MessageEvent} */ (event).ports;
    try {
      (await starting).connect(port);
    } catch (error) {
      // The tabs continue in direct mode.
      port.postMessage([{ type: '$startFailed', reason: String(error) }]);
    }
    if (Date.now() < revalidateAt) return;
    revalidateAt = Date.now() + REVALIDATE_EVERY;
    revalidate();
  });
}
