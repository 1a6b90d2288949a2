import { shortHash } from './short-hash.js';

/** Prefix of the names of shared workers and locks. Workers of plain pages have no name. */
export const NAME_PREFIX = 'partyline';

/**
 * A unique id. `crypto.randomUUID` does not exist on plain http, so this uses random bytes.
 * @param {number} [length]
 */
export function randomId(length = 12) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}

/** The secret of a tab: who has it can open the tab on a line. */
export const newTabSecret = () => randomId(32);

/**
 * The id of the tab with this secret. The server can check that they belong together.
 * @param {string} secret
 */
export const tabIdOf = (secret) => `t_${shortHash(secret)}`;

/**
 * What the server tells others of this tab: the `from` of what it publishes. Nothing can be addressed to it.
 * @param {string} tab
 */
export const publicNameOf = (tab) => `~${shortHash(tab)}`;
