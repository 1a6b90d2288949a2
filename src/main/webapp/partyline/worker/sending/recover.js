import { LineError } from '../../shared/errors.js';

/**
 * What to do with a request that a tab attaches with: the tab has no reply yet, and this worker does not know the request. An
 * earlier worker may have sent it, or this one, before it removed the tab.
 *
 * | sent | same worker | same line | open and not accepted | idempotent | outcome |
 * |---|---|---|---|---|---|
 * | no | yes | | | | `send`: it was never sent |
 * | no | no | | | yes | `send` |
 * | no | no | | | no | `worker_lost`: the earlier worker may have sent it without having posted the id |
 * | yes | | yes | no | | `adopt`: wait for the reply that the server keeps under the same id |
 * | yes | yes | yes | yes | | `adopt`: this worker sent it on this line |
 * | yes | no | yes | yes | | `send`: the server never accepted it |
 * | yes | | no | | yes | `send` |
 * | yes | | no | | no | `lost`: the line that it was sent on is lost |
 *
 * @param {object} request
 * @param {boolean} request.sent  whether a worker has posted the id under which it sent the request
 * @param {boolean} request.sameWorker  whether that was this very worker
 * @param {boolean} request.sameLine  whether the line is still the one that the tab knew
 * @param {boolean} request.open  whether the server has welcomed this line, so that what it accepted is known
 * @param {boolean} request.accepted  whether the server had accepted the id before that welcome
 * @param {boolean} request.idempotent
 * @returns {'send' | 'adopt' | 'worker_lost' | 'lost'} the last two are codes of errors
 */
export function recover({ sent, sameWorker, sameLine, open, accepted, idempotent }) {
  if (!sent) return sameWorker || idempotent ? 'send' : 'worker_lost';
  if (sameLine) return !open || accepted || sameWorker ? 'adopt' : 'send';
  return idempotent ? 'send' : 'lost';
}

/** The errors of requests whose outcome is unknown. */
export const OUTCOME_UNKNOWN = {
  worker_lost: new LineError('worker_lost', 'the worker died; whether the server ran the request is unknown'),
  lost: new LineError('lost', 'the line was lost before the reply; whether the server ran the request is unknown'),
};
