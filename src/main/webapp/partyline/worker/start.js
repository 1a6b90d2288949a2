import { acquireLock } from '../shared/web-locks.js';
import { NAME_PREFIX, randomId } from '../shared/ids.js';
import { TabHub } from './hub.js';

/**
 * Starts the hub with the globals of the browser: in the shared worker, or in the page in direct mode.
 *
 * The worker holds a lock from before its first reply to a tab until it dies. Every tab requests that lock: a tab that gets
 * it knows that the worker is dead, for which there is no event.
 *
 * @param {object} options
 * @param {'shared' | 'direct'} options.mode
 * @param {boolean} [options.named]  whether tabs that use main.js started it, not plain pages
 * @param {string} [options.url]  of the endpoint, for pages that pass none
 * @returns {Promise<TabHub>}
 */
export async function startHub({ mode, named, url }) {
  const instance = randomId();
  const locks = globalThis.navigator?.locks;
  const lock = mode === 'shared' && locks ? `${NAME_PREFIX} worker ${instance}` : undefined;
  const acquired = lock !== undefined && (await acquireLock(locks, lock));
  const hub = new TabHub({
    instance,
    mode,
    named,
    url,
    locks: mode === 'shared' ? locks : undefined,
    lock: acquired ? lock : undefined,
    helloInUrl: true,
    fetch: (address, init) => globalThis.fetch(address, init),
    channel: mode === 'shared' ? new BroadcastChannel('WebSocketChannel') : undefined,
  });
  if (mode === 'shared') {
    globalThis.addEventListener('error', ({ message }) => hub.log.add(`error: ${message}`));
    globalThis.addEventListener('unhandledrejection', ({ reason }) => hub.log.add(`unhandled rejection: ${reason}`));
  }
  return hub;
}
