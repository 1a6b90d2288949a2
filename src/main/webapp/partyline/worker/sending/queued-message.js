import { encodeMessage, MAX_ID_CHARS } from '../../shared/frames.js';

/**
 * One message on its way to the server, as data: encoded once, in two parts between which its id goes. The same record waits
 * in the SendQueue, then in InFlightRequests for its reply, and after a reconnect in the SendQueue again.
 *
 * @typedef {object} QueuedMessage
 * @property {string} tab  whose queue it waits in: a tab's id, or `page ID` for a plain page
 * @property {number} [n]  the tab's number of the request; none if no reply is expected, and then no id is sent
 * @property {string} head
 * @property {string} tail
 * @property {number} chars  with the longest id
 * @property {string} name  its type or topic
 * @property {boolean} [idempotent]  may be sent again on a new line: the server recognizes a publish by its key, and an answer by
 *   the question
 * @property {string} [checkedBy]  `key` of the MessageLimits that the message was checked against
 * @property {number} [expiresAt]  once it is queued, in milliseconds since the epoch
 * @property {PlainSender} [page]  the plain page that sent it
 * @property {number} [id]  once it is sent
 * @property {boolean} [adopted]  was sent by an earlier worker: its reply may be lost, so it is sent again to get it
 *
 * @typedef {object} ControlRequest  the worker's own: `$join`, `$leave`
 * @property {string} head
 * @property {string} tail
 * @property {number} chars  with the longest id
 * @property {(reply: import('../../shared/frames.js').Frame) => void} onReply
 * @property {undefined} [tab]
 * @property {undefined} [n]
 * @property {number} [id]
 *
 * @typedef {{ port: MessagePort, from: string }} PlainSender
 *
 * @typedef {import('../../shared/port-protocol.js').CheckedValue} CheckedValue
 */

/**
 * @param {string} tab
 * @param {{ type: '$send' | '$publish' | '$answer', name?: string, topic?: string, key?: string, re?: number, error?: string, n?: number } & CheckedValue} frame
 * @returns {QueuedMessage}
 */
export function queuedMessage(tab, { type, name = type, topic, key, re, value, error, n, checkedBy }) {
  const { head, tail } = encodeMessage({ type: name, from: tab, topic, re, key, value, error });
  const chars = head.length + tail.length + (n === undefined ? 0 : MAX_ID_CHARS);
  return { tab, n, head, tail, chars, name: topic ?? name, idempotent: type !== '$send', checkedBy };
}

/**
 * @param {import('../../shared/frames.js').Frame} frame
 * @param {(reply: import('../../shared/frames.js').Frame) => void} onReply
 * @returns {ControlRequest}
 */
export function controlRequest(frame, onReply) {
  const head = JSON.stringify(frame).slice(0, -1);
  return { head, tail: '}', chars: head.length + 1 + MAX_ID_CHARS, onReply };
}

/**
 * @param {PlainSender} page
 * @param {string} text  the frame of a plain page, which goes to the server as it is
 * @returns {QueuedMessage}
 */
export const plainMessage = (page, text) => ({
  tab: `page ${page.from}`,
  head: text,
  tail: '',
  chars: text.length,
  name: '',
  page,
});
