/** Prefix of the names of shared workers and locks. Workers of plain pages have no name. */
export const NAME_PREFIX = 'partyline';

/** A unique id. `crypto.randomUUID` does not exist on plain http, so this uses random bytes. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
