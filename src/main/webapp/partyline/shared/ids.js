/** How the name of a shared worker or lock begins that our own tabs made, and no page in the style of the post. */
export const NAME_PREFIX = 'partyline';

/** An id that nobody else has. Plain http has no `crypto.randomUUID`, so this asks for the bytes. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
