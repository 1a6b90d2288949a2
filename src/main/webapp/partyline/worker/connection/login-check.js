/** How long the server may take to answer, in milliseconds. */
const TIMEOUT = 5_000;

/**
 * Finds out whether the server refuses WebSockets because it wants a login. A browser does not tell why a WebSocket was
 * refused, but it does for a plain request to the same address: where that is protected, it is answered with a redirect, 401,
 * 403, or the page with the login form.
 *
 * A network that wants a login of its own, as in a hotel, answers plain HTTP in the same way. So where no TLS shows that it is the
 * server that answers, it has to answer with this file, too.
 *
 * @param {string} url  of the endpoint
 * @param {object} options
 * @param {(url: string, init: RequestInit) => Promise<Response>} options.fetch
 * @param {import('../../shared/clock.js').Clock} options.clock
 * @param {boolean} options.hadUser  whether the server has accepted a user of this browser before
 * @param {boolean} options.hasEnded  whether the server has reported that the login has ended
 * @returns {Promise<'login' | 'reachable' | 'unreachable'>} `reachable`: the server answers, and asks for no login
 */
export async function checkLogin(url, { fetch, clock, hadUser, hasEnded }) {
  const answer = await ask(url.replace(/^ws/, 'http'), fetch, clock);
  if (!answer || answer.status >= 500) return 'unreachable';
  const { type, status, ok } = answer;
  const isLogin =
    type === 'opaqueredirect' ||
    status === 401 ||
    status === 403 ||
    // An endpoint has no page of its own. Without a user before, it might be one that an application shows for every address.
    (ok && hadUser && isOfType(answer, 'text/html'));
  if (!isLogin) return 'reachable';
  return hasEnded || url.startsWith('wss:') || (await isServer(fetch, clock)) ? 'login' : 'unreachable';
}

/**
 * @param {string} url
 * @param {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @param {import('../../shared/clock.js').Clock} clock
 * @returns {Promise<Response | null>} null if there is none
 */
async function ask(url, fetch, clock) {
  const request = fetch(url, { redirect: 'manual', cache: 'no-store' });
  /** @type {Promise<null>} */
  const timeout = new Promise((resolve) => {
    const cancel = clock.after(TIMEOUT, () => resolve(null));
    request.then(cancel, cancel);
  });
  const response = await Promise.race([request.catch(() => null), timeout]);
  response?.body?.cancel().catch(() => {});
  return response;
}

/**
 * @param {Response} response
 * @param {string} type
 */
function isOfType({ headers }, type) {
  return headers.get('content-type')?.startsWith(type) ?? false;
}

/**
 * @param {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @param {import('../../shared/clock.js').Clock} clock
 */
async function isServer(fetch, clock) {
  const file = await ask(import.meta.url, fetch, clock);
  if (!file?.ok) return false;
  return isOfType(file, 'text/javascript') || isOfType(file, 'application/javascript');
}
