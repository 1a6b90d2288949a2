import { isControlFrame } from './frames.js';

/**
 * The port protocol: what a tab and the worker post to each other over their MessagePort. It is internal: both sides
 * ship together, and `PORT_PROTOCOL` in version.js is its version. The WebSocket protocol is in frames.js and PROTOCOL.md.
 *
 * A tab posts one `TabFrame` at a time. The worker posts arrays, one per flush, since a `postMessage` costs much the same
 * however much it carries. An element of such an array is a `WorkerFrame` or a text: a JSON array of topic messages as the
 * server sent them, joined once for all tabs at the same position, because a browser copies text to another process many
 * times faster than objects. `unpack` in frames.js reads both.
 *
 * | tab → worker | meaning |
 * |---|---|
 * | `$attach` | the first frame; answered by `$attached`, or by `$upgrade` if `v` is another version |
 * | `$detach` | the tab leaves; the worker closes the port |
 * | `$send` · `$publish` | a message; with `n` it is answered, without `n` it is sent at once or dropped |
 * | `$answer` | the answer to a question of the server, which is sent as a message with `n` is |
 * | `$join` · `$leave` | subscribes to a topic, with an answer; unsubscribes |
 * | `$cancel` | the caller of request `n` no longer waits |
 * | `$visibility` · `$wake` | the tab is hidden or visible; the network is back or the page thawed |
 * | `$synced` · `$pong` · `$tokenReply` | answers to `$sync`, `$ping`, `$tokenRequest` |
 * | `$probe` · `$inspect` · `$closeLine` | asks whether the worker responds; asks for the worker's state; closes the line for all tabs |
 *
 * | worker → tab | meaning |
 * |---|---|
 * | `$starting` · `$startFailed` | posted by worker.js while its modules load, or when they could not be loaded |
 * | `$attached` | the worker knows the tab |
 * | `$reattach` | the worker does not know the tab: it is a new one on an old port, or took a frozen tab for closed |
 * | `$upgrade` | tab and worker, or browser and server, are of versions that do not fit |
 * | `$ping` · `$sync` | is the tab alive; has it processed everything up to here |
 * | `$status` · `$session` | the line's state; what it can be resumed with, and what the server accepts |
 * | `$accepted` | request `n` was sent to the server under this `id` |
 * | `$gap` | messages of a topic were lost before `at`; topic `@tab`: messages for this tab were dropped |
 * | `$replay` | older messages for a tab that came back |
 * | `$joinFailed` | the server refused a topic that the tab is subscribed to |
 * | `$log` · `$tokenRequest` | an entry of the worker's event log; asks the tab for a token |
 * | `{ re, value }` · `{ re, error }` | the answer to frame `n` = `re` |
 * | with `$inbox` | an application's message for this tab or for all tabs, as the server sent it |
 *
 * Plain pages (see worker/plain-pages.js) share the port but not the protocol: they post `{ from, data }` and get
 * `PlainPageMessage`. A new port gets `WSState` until it attaches, because the worker cannot tell yet who is behind it.
 *
 * @typedef {import('./frames.js').Frame} Frame
 * @typedef {import('./frames.js').Position} Position
 *
 * @typedef {{ code: string, message: string, retryable?: boolean }} PlainError  a `LineError` as it crosses a port
 *
 * @typedef {object} SessionTicket  what a line can be resumed with
 * @property {string} line
 * @property {string} key
 * @property {number} inbox  how many frames of the line's inbox were received
 *
 * @typedef {object} LineStatus
 * @property {'connecting' | 'open' | 'waiting' | 'closed'} state
 * @property {'shared' | 'direct'} mode
 * @property {number} [code]
 * @property {string} [reason]
 * @property {number} [retryAt]
 * @property {string} [user]
 * @property {number} tabs
 *
 * @typedef {{ n: number, id: number | undefined, frame: SendFrame | PublishFrame | AnswerFrame }} UnresolvedRequest  a request that the
 *   tab still waits for; `id` is that of its `$accepted`, if one arrived
 *
 * @typedef {object} AttachFrame
 * @property {'$attach'} type
 * @property {number} v  PORT_PROTOCOL
 * @property {string} tab
 * @property {string} secret  that the tab's id belongs to
 * @property {string} url  of the endpoint
 * @property {boolean} hidden
 * @property {boolean} givesTokens  whether the tab answers `$tokenRequest`
 * @property {boolean} debug  whether the tab wants `$log`
 * @property {Record<string, Position | null>} topics  that the tab is subscribed to, with its positions
 * @property {SessionTicket | null} session
 * @property {UnresolvedRequest[]} requests
 * @property {string} [worker]  the instance that the tab was attached to before
 * @property {string} [lock]  the name of the Web Lock that the tab holds
 *
 * @typedef {{ type: '$send', name: string, n?: number } & CheckedValue} SendFrame
 * @typedef {{ type: '$publish', topic: string, key: string, n?: number } & CheckedValue} PublishFrame
 * @typedef {{ type: '$answer', re: number, error?: string, n?: number } & CheckedValue} AnswerFrame  `error` is JSON text, too
 *
 * @typedef {object} CheckedValue
 * @property {string} [value]  JSON text already
 * @property {string} [checkedBy]  `key` of the MessageLimits that the tab checked the message against
 *
 * @typedef {{ type: '$join', topic: string, since?: Position | 'start' | null, n?: number }} JoinFrame
 * @typedef {{ type: '$inspect', n?: number }} InspectFrame
 * @typedef {SendFrame | PublishFrame | AnswerFrame | JoinFrame | InspectFrame} RequestFrame  what is answered if it has an `n`
 *
 * @typedef {{ n: number, token: string } | { n: number, error: PlainError }} TokenReply
 *
 * @typedef {AttachFrame
 *   | { type: '$detach' }
 *   | RequestFrame
 *   | { type: '$leave', topic: string }
 *   | { type: '$cancel', n: number }
 *   | { type: '$visibility', state: 'hidden' | 'visible' }
 *   | { type: '$wake' }
 *   | { type: '$synced', n: number }
 *   | { type: '$pong' }
 *   | { type: '$tokenReply' } & TokenReply
 *   | { type: '$probe', n: number }
 *   | { type: '$closeLine' }} TabFrame
 *
 * @typedef {{ type: '$attached', worker: string, lock?: string, version: string }} AttachedFrame
 * @typedef {{ type: '$session', resumed: boolean, limits: Record<string, number> } & SessionTicket} SessionFrame  with the
 *   limits of the server's last welcome
 *
 * @typedef {{ type: '$starting' }
 *   | { type: '$startFailed', reason: string }
 *   | AttachedFrame
 *   | { type: '$reattach', worker: string }
 *   | { type: '$ping' }
 *   | { type: '$who' }} LinkFrame  about the connection between tab and worker
 *
 * @typedef {{ type: '$upgrade', version: string }
 *   | { type: '$sync', n: number }
 *   | { type: '$status', status: LineStatus }
 *   | SessionFrame
 *   | { type: '$accepted', n: number, id: number }
 *   | { type: '$gap', topic: string, at?: Position, missed?: number }
 *   | { type: '$replay', frames: TopicFrame[] }
 *   | { type: '$joinFailed', topic: string, error: PlainError }
 *   | { type: '$log', entry: { at: number, what: string } }
 *   | { type: '$tokenRequest', n: number, reason: string }} LineFrame  about the line
 *
 * @typedef {{ re: number, value?: any, error?: PlainError, type?: undefined }} ReplyFrame
 *
 * @typedef {Frame & { $inbox: number, re?: undefined }} InboxFrame  `$inbox` counts the frames of the line's inbox
 * @typedef {Frame & { topic: string, at: Position, re?: undefined }} TopicFrame  out of a joined text
 *
 * @typedef {LinkFrame | LineFrame | ReplyFrame | InboxFrame} WorkerFrame  what the worker may post
 * @typedef {(WorkerFrame | string)[]} WorkerBatch  one post of the worker
 *
 * @typedef {{ type: 'WSState', state: number, worker?: string }
 *   | { type: 'message', data: Frame }} PlainPageMessage  `worker` is the instance behind the port
 */

/**
 * Frames of protocol 1 that still get an answer, so that a tab and a worker of different builds find out: a tab of then
 * began with `$hello`, and a worker of then answers an `$attach` with `$who`. Only version 0.1.0 spoke it.
 */
export const PROTOCOL_1 = /** @type {const} */ ({ HELLO: '$hello', WHO: '$who', VERSION: '0.1.0' });

/** @type {Set<unknown>} */
const LINK_TYPES = new Set(['$starting', '$startFailed', '$attached', '$reattach', '$ping', PROTOCOL_1.WHO]);

/**
 * @param {WorkerFrame | TopicFrame} frame
 * @returns {frame is LinkFrame}
 */
export const isLinkFrame = (frame) => LINK_TYPES.has(frame.type);

/**
 * @param {WorkerFrame | TopicFrame} frame
 * @returns {frame is ReplyFrame}
 */
export const isReply = (frame) => /** @type {{ re?: number }} */ (frame).re !== undefined;

/**
 * @param {WorkerFrame | TopicFrame} frame
 * @returns {frame is InboxFrame | TopicFrame}
 */
export const isMessage = (frame) => !isReply(frame) && !isControlFrame(frame);
