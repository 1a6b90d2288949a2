import { LineError } from '../shared/errors.js';

/** How many characters the server takes of a token. */
const MAX_TOKEN = 16_384;

/**
 * What a tab says when the switchboard asks it for a token. Not to be logged in settles it; whatever else went wrong is
 * tried again.
 *
 * @param {string | ((ask: { reason: any }) => string | Promise<string>) | undefined} token  as `connect` was given it
 * @param {string} reason  why one is needed
 * @returns {Promise<{ token: string } | { error: object }>}
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
 * A token that the server would take for no token or for a bad frame gets nobody in, however often it is said.
 * @param {unknown} token
 */
function checkedToken(token) {
  if (typeof token === 'string' && token.length > 0 && token.length <= MAX_TOKEN && !/[\ud800-\udfff]/u.test(token)) return token;
  const what =
    typeof token === 'string' ? `${token.length} characters long` : token === null ? 'null' : `of type ${typeof token}`;
  throw new LineError('unauthenticated', `token must be a string of 1 to ${MAX_TOKEN} whole characters, and is ${what}`);
}
