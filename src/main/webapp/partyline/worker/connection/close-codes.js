/**
 * What the client does after a close code, see PROTOCOL.md.
 *
 * @typedef {object} ReconnectPolicy
 * @property {'retry' | 'limited' | 'stop'} action  reconnect; reconnect three times at most; stay closed
 * @property {[number, number]} [spread]  a random delay between these, in milliseconds, which `wake` does not shorten
 * @property {boolean} [doubling]  the spread doubles with each failure
 * @property {boolean} [refreshToken]  request a new token, or check the login, first
 * @property {boolean} [checksLogin]  the login has ended: a new handshake shows whether there is a user
 * @property {boolean} [dropLargestRequest]  the largest unanswered message is the cause: do not resend it
 * @property {boolean} [newSession]  another connection has the line: open a new one
 * @property {boolean} [endsLine]  the line has ended: what connects again gets a new one
 * @property {boolean} [upgrade]  a newer version of this code is required
 */

/** @type {ReconnectPolicy} */
const RETRY = { action: 'retry' };
/** @type {ReconnectPolicy} */
const STOP = { action: 'stop' };
/**
 * A code of the application, or the end of a login.
 * @type {ReconnectPolicy}
 */
const STOP_FOR_GOOD = { action: 'stop', endsLine: true };
/** @type {ReconnectPolicy} */
const LIMITED = { action: 'limited' };
/**
 * A server that stops closes all connections at the same time; the reconnects must be spread.
 * @type {ReconnectPolicy}
 */
const RETRY_SPREAD = { action: 'retry', spread: [0, 5_000] };

/** The user of the line is not logged in any more. */
export const LOGIN_ENDED = 4505;

/** @type {Map<number, ReconnectPolicy>} */
const POLICIES = new Map([
  [1000, LIMITED],
  [1001, RETRY_SPREAD],
  [1002, LIMITED],
  [1003, LIMITED],
  [1007, LIMITED],
  [1008, { action: 'retry', refreshToken: true, checksLogin: true }],
  [1009, { action: 'retry', dropLargestRequest: true }],
  [1012, RETRY_SPREAD],
  [1013, RETRY_SPREAD],
  [4000, RETRY_SPREAD],
  [4003, { action: 'retry', refreshToken: true }],
  [4004, { action: 'retry', refreshToken: true, checksLogin: true }],
  [4005, { action: 'retry', spread: [5_000, 5_000], doubling: true }],
  [4006, { action: 'retry', spread: [5_000, 60_000] }],
  [4503, { action: 'stop', upgrade: true }],
  [LOGIN_ENDED, STOP_FOR_GOOD],
  [4507, { action: 'stop', newSession: true }],
]);

/**
 * @param {number} code
 * @returns {ReconnectPolicy}
 */
export function reconnectPolicy(code) {
  if (code >= 4600 && code <= 4999) return STOP_FOR_GOOD;
  return POLICIES.get(code) ?? (code >= 4500 && code <= 4599 ? STOP : RETRY);
}
