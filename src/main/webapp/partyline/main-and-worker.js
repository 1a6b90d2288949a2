/**
 * main.js and the shared worker in one file. The build makes a bundle of it beside main.js, which the server serves as main.js: so the
 * worker's script is in the browser's cache as soon as the page runs, and takes no round trip. Elsewhere main.js and worker.js are
 * two files, since bundlers and plain servers need it so.
 */
import { connectWith } from './tab/connect.js';
import { startHub } from './worker/start.js';

export { LineError } from './shared/errors.js';
export { VERSION } from './version.js';

/** The server replaces it by a hash of all modules, of the same length because of the source map: pages of two builds never share a worker. */
const BUILD = '0000000000000000';

/** How often, at most, the worker has the browser revalidate this file, in milliseconds. */
const REVALIDATE_EVERY = 60_000;

/** The browser may use the file for an hour as it is. After this, the next page and the next worker have the newest. */
const revalidate = () => fetch(import.meta.url, { cache: 'no-cache' }).catch(() => {});

/** @type {import('./tab/connect.js').Files} */
const files = {
  main: import.meta.url,
  newWorker: (name) =>
    // Without a query, which a page may have added, or pages with other ones would have other workers. The options are those of main.js.
    new SharedWorker(
      import.meta.url.replace(/[?#].*/, ''),
      /** @type {WorkerOptions} */ ({ type: 'module', name: `${name} ${BUILD}`, extendedLifetime: true }),
    ),
  loadHub: async () => ({ startHub }),
  refresh: revalidate,
};

/** @param {Parameters<typeof connectWith>[1]} [options] */
export const connect = (options) => connectWith(files, options);

if ('SharedWorkerGlobalScope' in globalThis) {
  const starting = startHub({ mode: 'shared', named: true });
  let revalidateAt = Date.now() + REVALIDATE_EVERY;
  // Not now, when a tab waits for its first reply. By the worker, since a page's policy may not allow it to fetch.
  setTimeout(revalidate, REVALIDATE_EVERY);
  // Added at once, or the browser would not fire it for the first tab.
  globalThis.addEventListener('connect', async (event) => {
    const [port] = /** @type {MessageEvent} */ (event).ports;
    (await starting).connect(port);
    if (Date.now() < revalidateAt) return;
    revalidateAt = Date.now() + REVALIDATE_EVERY;
    revalidate();
  });
}
