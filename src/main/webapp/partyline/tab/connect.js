import { systemClock } from '../shared/clock.js';
import { Line } from './line.js';
import { NAME_PREFIX } from '../shared/ids.js';
import { watchPageLifecycle } from './page-lifecycle.js';
import { VERSION } from '../version.js';

/**
 * The lines of this page. A second call of `connect` with the same options returns the same line, because code may be loaded
 * twice, and some frameworks run everything twice.
 * @type {Map<string, Line>}
 */
const lines = new Map();

/** The endpoint, relative to main.js and to the worker. A variable, so that bundlers do not resolve it as a file. */
const ENDPOINT = 'line';

/**
 * The files beside main.js. It knows their addresses, since it is where it is in the source also as a bundle, which this module
 * is not.
 *
 * @typedef {object} Files
 * @property {string} main  the address of main.js
 * @property {(name: string) => SharedWorker} newWorker
 * @property {() => Promise<{ startHub: typeof import('../worker/start.js').startHub }>} loadHub  for direct mode
 * @property {() => Promise<unknown>} [refresh]  has the browser revalidate them, where it may use them without
 */

/**
 * Connects this tab to the line of this browser. Documented in main.d.ts.
 *
 * @param {Files} files
 * @param {object} [options]
 * @param {string | URL} [options.url]
 * @param {string | URL} [options.worker]
 * @param {string} [options.app]
 * @param {string} [options.identity]
 * @param {string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>)} [options.token]
 * @param {'shared' | 'direct'} [options.mode]
 * @param {boolean | ((entry: { at: number, what: string }) => void)} [options.debug]
 * @returns {Line}
 */
export function connectWith(files, { url, worker, app = '', identity = '', token, mode = 'shared', debug = wantsDebug() } = {}) {
  if (mode !== 'shared' && mode !== 'direct')
    throw new TypeError(`mode must be 'shared' or 'direct', not ${JSON.stringify(mode)}`);
  const workerUrl = worker === undefined ? undefined : new URL(worker, location.href);
  const endpoint = url ? new URL(url, location.href) : new URL(ENDPOINT, workerUrl ?? files.main);
  endpoint.protocol = endpoint.protocol.replace('http', 'ws');
  // Different apps, endpoints, users and versions of one origin never share a worker.
  const name = [NAME_PREFIX, VERSION, app, endpoint.href, identity].join(' ').trim();
  const key = `${mode} ${name}`;
  const known = lines.get(key);
  if (known) return known;

  const line = new Line({
    url: endpoint.href,
    clock: systemClock,
    token,
    debug: debug === true ? mirror : debug,
    hidden: document.hidden,
    prerendered: prerendered(),
    session: takeSession(name),
    workerConnection: {
      name,
      direct: mode === 'direct',
      locks: navigator.locks,
      newWorker: (workerName) => newWorker(workerUrl, workerName, files),
      newDirect: () => newDirect(files),
    },
    mayAnnounceUpgrade,
    refreshFiles: files.refresh,
    onClosed() {
      lines.delete(key);
      unwatch();
    },
  });
  lines.set(key, line);
  const unwatch = watchPageLifecycle({
    hide: () => saveSession(name, line.session),
    leave: () => line.suspend(),
    show: () => {
      takeSession(name);
      line.resume();
    },
    visibility: (hidden) => line.setHidden(hidden),
    wake: () => line.wake(),
  });
  return line;
}

/**
 * @param {URL | undefined} url  undefined: the worker beside main.js
 * @param {string} name
 * @param {Files} files
 */
function newWorker(url, name, files) {
  if (typeof SharedWorker !== 'function') throw new Error('SharedWorker is not supported by this browser');
  if (!url) return files.newWorker(name);
  // The same options as there.
  return new SharedWorker(url, /** @type {WorkerOptions} */ ({ name, extendedLifetime: true }));
}

/** @param {Files} files */
async function newDirect(files) {
  // Loaded on demand: in shared mode these modules run in the worker.
  const { startHub } = await files.loadHub();
  const hub = await startHub({ mode: 'direct', named: true });
  const { port1, port2 } = new MessageChannel();
  hub.connect(port1);
  return port2;
}

/** A prerendered page gets no worker until it is activated, and must not treat that as a failure. */
function prerendered() {
  if (!(/** @type {Document & { prerendering?: boolean }} */ (document).prerendering)) return undefined;
  return new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }));
}

const wantsDebug = () => new URLSearchParams(location.search).has('debug');

/** @param {{ at: number, what: string }} entry */
function mirror({ at, what }) {
  console.debug(`[partyline ${new Date(at).toISOString().slice(11, 23)}] ${what}`);
}

/**
 * Whether the event `upgrade` may be emitted. It is emitted once per version: a page that reloads automatically and gets the
 * same old files from a cache would otherwise reload for ever.
 */
function mayAnnounceUpgrade() {
  const key = `${NAME_PREFIX} upgrade`;
  try {
    const announced = sessionStorage.getItem(key) === VERSION;
    sessionStorage.setItem(key, VERSION);
    return !announced;
  } catch {
    return true;
  }
}

/**
 * Stores what a reload needs to resume the line, if the worker dies with its only tab. It is in the session storage only from
 * the end of a page to its next start: a duplicated tab copies that storage, and must not resume the line of the original.
 *
 * @param {string} name
 * @param {{ line: string, key: string, inbox: number } | null} session
 */
function saveSession(name, session) {
  try {
    if (session) sessionStorage.setItem(name, JSON.stringify(session));
  } catch {
    // Without storage the line cannot be resumed; a new one is opened.
  }
}

/** @param {string} name */
function takeSession(name) {
  try {
    const text = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
