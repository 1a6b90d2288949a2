import { backoff } from './backoff.js';

/** How often in a row the client reconnects after close codes that indicate a protocol error. */
const MAX_PROTOCOL_ERRORS = 3;

/**
 * Whether and when the client reconnects after a close. A pure function; next-attempt.test.js has its table.
 *
 * @param {import('./close-codes.js').ReconnectPolicy} policy  of the close code
 * @param {object} history
 * @param {number} history.failures  since the connection was last stable, without this one
 * @param {number} history.protocolErrors  likewise, with this one
 * @param {number} history.after  the delay that the server asked for in `$bye`, in milliseconds; else 0
 * @param {number} history.maxDelay  the largest bound of the backoff, in milliseconds
 * @param {() => number} random  in [0, 1)
 * @returns {{ delay: number, minDelay: number } | null} both in milliseconds: when to reconnect, and when at the earliest if
 *   `wake` asks for it; null to stay closed
 */
export function nextAttempt(policy, { failures, protocolErrors, after, maxDelay }, random) {
  const { action, newSession, spread, doubling } = policy;
  if (action === 'stop' && !newSession) return null;
  if (action === 'limited' && protocolErrors > MAX_PROTOCOL_ERRORS) return null;
  if (!spread) return { delay: Math.max(after, backoff(failures, random, maxDelay)), minDelay: after };
  const [shortest, longest] = spread;
  const factor = doubling ? 2 ** Math.min(failures, 5) : 1;
  const inSpread = factor * (shortest + random() * (longest - shortest));
  const delay = Math.max(after, inSpread + backoff(failures - 1, random, maxDelay));
  return { delay, minDelay: delay };
}
