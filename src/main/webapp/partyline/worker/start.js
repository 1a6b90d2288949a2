import { acquireLock } from '../shared/web-locks.js';
import { NAME_PREFIX, randomId } from '../shared/ids.js';
import { TabHub } from './hub.js';

/**
 * Opens a switchboard with what the browser offers here: in the shared worker, or in the page in direct mode.
 *
 * Its lock is held from before the first tab is answered until the worker dies. Every tab wants that lock; whoever gets it
 * knows that the worker is dead, of which no event tells.
 *
 * @param {object} options
 * @param {'shared' | 'direct'} options.mode
 * @param {boolean} [options.named]  whether our own tabs made it
 * @param {string} [options.url]  of the endpoint, for pages that name none
 * @returns {Promise<TabHub>}
 */
export async function startHub({ mode, named, url }) {
  const instance = randomId();
  const locks = globalThis.navigator?.locks;
  const lock = mode === 'shared' && locks ? `${NAME_PREFIX} worker ${instance}` : undefined;
  const acquired = lock !== undefined && (await acquireLock(locks, lock));
  return new TabHub({
    instance,
    mode,
    named,
    url,
    locks: mode === 'shared' ? locks : undefined,
    lock: acquired ? lock : undefined,
    channel: mode === 'shared' ? new BroadcastChannel('WebSocketChannel') : undefined,
  });
}
