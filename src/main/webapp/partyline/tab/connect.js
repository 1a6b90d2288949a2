import { systemClock } from '../shared/clock.js';
import { Line } from './line.js';
import { NAME_PREFIX } from '../shared/ids.js';
import { watchPageLifecycle } from './page-lifecycle.js';
import { VERSION } from '../version.js';

/**
 * The lines of this page: connecting twice to the same place gives the same line, so that code that is loaded twice,
 * or a framework that runs everything twice, costs nothing.
 * @type {Map<string, Line>}
 */
const lines = new Map();

/** Where the endpoint is, from here and from the worker's file. A variable, so that bundlers do not look for such a file. */
const ENDPOINT = { fromHere: '../../line', fromWorker: 'line' };

/**
 * Joins the line that all tabs of this browser share. See main.js.
 *
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
export function connect({ url, worker, app = '', identity = '', token, mode = 'shared', debug = wantsDebug() } = {}) {
  if (mode !== 'shared' && mode !== 'direct')
    throw new TypeError(`mode must be 'shared' or 'direct', not ${JSON.stringify(mode)}`);
  const workerUrl = worker === undefined ? undefined : new URL(worker, location.href);
  const endpoint = url
    ? new URL(url, location.href)
    : workerUrl
      ? new URL(ENDPOINT.fromWorker, workerUrl)
      : new URL(ENDPOINT.fromHere, import.meta.url);
  endpoint.protocol = endpoint.protocol.replace('http', 'ws');
  // Two apps, endpoints, users or versions on one origin never share a worker.
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
    connection: {
      name,
      direct: mode === 'direct',
      locks: navigator.locks,
      newWorker: (workerName) => newWorker(workerUrl, workerName),
      newDirect,
    },
    mayAnnounceUpgrade,
    onClosed() {
      lines.delete(key);
      unwatch();
    },
  });
  lines.set(key, line);
  const unwatch = watchPageLifecycle({
    hide: () => saveSession(name, line.suspend()),
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
 * @param {URL | undefined} url  undefined: the worker's file beside main.js
 * @param {string} name
 */
function newWorker(url, name) {
  if (typeof SharedWorker !== 'function') throw new Error('there are none here');
  // With `extendedLifetime` a reload of the only tab keeps the socket. Every tab must ask alike, and others ignore it.
  if (url) return new SharedWorker(url, /** @type {WorkerOptions} */ ({ name, extendedLifetime: true }));
  // Bundlers know this very form, and build the worker as a file of its own. The version in the URL is that of version.js:
  // it keeps two builds apart, and old ones out of the cache.
  return new SharedWorker(
    new URL('../../worker.js?v=0.1.0', import.meta.url),
    /** @type {WorkerOptions} */ ({ name, extendedLifetime: true }),
  );
}

async function newDirect() {
  // Loaded only where it is needed: in shared mode all this lives in the worker.
  const { startHub } = await import('../worker/start.js');
  const hub = await startHub({ mode: 'direct', named: true });
  const { port1, port2 } = new MessageChannel();
  hub.connect(port1);
  return port2;
}

/** A page that is rendered before anybody asked for it gets no worker, and must not take that for a failure. */
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
 * Whether the page may be told to reload for a newer version. It is told once: a page that reloads by itself and gets the
 * same old files out of some cache would be told again, and reload for ever.
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
 * What a reload needs to resume the line, where the worker dies with its only tab. It lies in the session storage from
 * the page's end to its next beginning only: a duplicated tab copies that storage, and must not resume its sibling's line.
 *
 * @param {string} name
 * @param {{ line: string, key: string, inbox: number } | null} session
 */
function saveSession(name, session) {
  try {
    if (session) sessionStorage.setItem(name, JSON.stringify(session));
  } catch {
    // No storage, no resuming: the line starts anew.
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
