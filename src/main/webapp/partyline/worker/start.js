import { hold } from '../shared/web-locks.js';
import { NAME, randomId } from '../shared/ids.js';
import { Switchboard } from './hub.js';

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
 * @returns {Promise<Switchboard>}
 */
export async function openExchange({ mode, named, url }) {
  const instance = randomId();
  const locks = globalThis.navigator?.locks;
  const lock = mode === 'shared' && locks ? `${NAME} worker ${instance}` : undefined;
  const held = lock !== undefined && (await hold(locks, lock));
  return new Switchboard({
    instance,
    mode,
    named,
    url,
    locks: mode === 'shared' ? locks : undefined,
    lock: held ? lock : undefined,
    channel: mode === 'shared' ? new BroadcastChannel('WebSocketChannel') : undefined,
  });
}
