/**
 * What a close code asks of us.
 *
 * @typedef {object} ReconnectPolicy
 * @property {'retry' | 'few' | 'stop'} verdict  come back; come back three times at most; stay away
 * @property {[number, number]} [spread]  wait a random time between these, in milliseconds, whoever asks us to hurry
 * @property {boolean} [doubling]  the spread doubles with each failure
 * @property {boolean} [renew]  the token or login should be checked first
 * @property {boolean} [drop]  the largest unanswered message is to blame: do not send it again
 * @property {boolean} [anew]  the line is somebody else's now: open a new one
 * @property {boolean} [upgrade]  a newer version of this code is needed
 */

/** @type {ReconnectPolicy} */
const RETRY = { verdict: 'retry' };
/** @type {ReconnectPolicy} */
const STOP = { verdict: 'stop' };
/** @type {ReconnectPolicy} */
const FEW = { verdict: 'few' };
/**
 * Servers that go down say so to everybody at once; everybody must not be back at once.
 * @type {ReconnectPolicy}
 */
const HERD = { verdict: 'retry', spread: [0, 5_000] };

/** @type {Map<number, ReconnectPolicy>} */
const SENTENCES = new Map([
  [1000, FEW],
  [1001, HERD],
  [1002, FEW],
  [1003, FEW],
  [1007, FEW],
  [1008, { verdict: 'retry', renew: true }],
  [1009, { verdict: 'retry', drop: true }],
  [1012, HERD],
  [1013, HERD],
  [4000, HERD],
  [4003, { verdict: 'retry', renew: true }],
  [4005, { verdict: 'retry', spread: [5_000, 5_000], doubling: true }],
  [4006, { verdict: 'retry', spread: [5_000, 60_000] }],
  [4503, { verdict: 'stop', upgrade: true }],
  [4507, { verdict: 'stop', anew: true }],
]);

/**
 * @param {number} code
 * @returns {ReconnectPolicy}
 */
export function reconnectPolicy(code) {
  return SENTENCES.get(code) ?? (code >= 4500 && code <= 4999 ? STOP : RETRY);
}
