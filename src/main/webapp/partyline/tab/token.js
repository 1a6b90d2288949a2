import { LineError } from '../shared/errors.js';

/** The server's limit for a token, in characters. */
const MAX_TOKEN = 16_384;

/**
 * Resolves the option `token` for a request of the worker. The error `unauthenticated` is final; all other errors are
 * retried.
 *
 * @param {string | ((ask: { reason: any }) => string | Promise<string>) | undefined} token  the option of `connect`
 * @param {string} reason  why a token is needed
 * @returns {Promise<{ token: string } | { error: import('../shared/port-protocol.js').PlainError }>}
 */
export async function resolveToken(token, reason) {
  try {
    return { token: checkedToken(typeof token === 'function' ? await token({ reason }) : token) };
  } catch (error) {
    const { status } = Object(error);
    const refused = status === 401 || status === 403;
    return { error: { ...LineError.from(error).toJSON(), ...(refused && { code: 'unauthenticated' }) } };
  }
}

/**
 * The server would treat an invalid token as absent, or as an invalid frame; a retry would not help.
 * @param {unknown} token
 */
function checkedToken(token) {
  if (typeof token === 'string' && token.length > 0 && token.length <= MAX_TOKEN && !/[\ud800-\udfff]/u.test(token)) return token;
  const what =
    typeof token === 'string' ? `${token.length} characters long` : token === null ? 'null' : `of type ${typeof token}`;
  throw new LineError('unauthenticated', `token must be a string of 1 to ${MAX_TOKEN} whole characters, and is ${what}`);
}
