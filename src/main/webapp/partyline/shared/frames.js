/**
 * The frames of the WebSocket protocol (PROTOCOL.md) and their codec. What tabs and worker post to each other is in
 * port-protocol.js. Types that begin with `$` belong to the line in both protocols, and no application may use them, so a
 * plain page's `{ from, data }` cannot be mistaken for a frame.
 *
 * @typedef {[epoch: string, offset: number]} Position  of a topic's log
 *
 * @typedef {Record<string, any> & { type?: string, from?: string, topic?: string, at?: Position }} Frame
 *
 * @typedef {{ at: Position, gap: boolean, end?: number, error?: object }} JoinResult  where the subscription starts and, if it
 *   has newer messages, where the topic ends; or the error of the join
 *
 * @typedef {object} Welcome  the server's answer to `$hello`
 * @property {string} line
 * @property {string} key
 * @property {boolean} resumed
 * @property {number} heard  the last id that the server has accepted
 * @property {number} inbox  the offset at which the inbox continues
 * @property {string} [user]
 * @property {number} ping  milliseconds
 * @property {Record<string, number>} limits
 * @property {Record<string, JoinResult>} topics
 */

/** The version of the WebSocket protocol. */
export const PROTOCOL = 1;

const TAB_ID = /^[A-Za-z0-9_-]{1,64}$/;
const NAME = /^[A-Za-z0-9_.:/-]{1,128}$/;

/** @param {unknown} id */
export const isTabId = (id) => typeof id === 'string' && TAB_ID.test(id);

/**
 * Whether this can be the name of an application's topic or message type.
 * @param {unknown} name
 */
export const isName = (name) => typeof name === 'string' && NAME.test(name);

/**
 * Whether this is a position of a topic's log.
 * @param {unknown} at
 * @returns {at is Position}
 */
export const isPosition = (at) =>
  Array.isArray(at) && at.length === 2 && typeof at[0] === 'string' && Number.isSafeInteger(at[1]) && at[1] >= 0;

/**
 * Whether this is what the server says of a topic that it has joined.
 * @param {any} joined
 * @returns {joined is JoinResult}
 */
export const isJoinResult = (joined) =>
  isObject(joined) &&
  isPosition(joined.at) &&
  typeof joined.gap === 'boolean' &&
  (joined.end === undefined || Number.isSafeInteger(joined.end));

/**
 * Whether this is a JSON object.
 * @param {unknown} value
 */
export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * The frames of one WebSocket message. A line of text that is not a JSON object is skipped and reported.
 *
 * @param {string} text
 * @param {(line: string) => void} [onMalformed]
 * @returns {{ frame: Frame, text: string }[]}
 */
export function split(text, onMalformed = () => {}) {
  const frames = [];
  for (const frameText of text.split('\n')) {
    if (frameText === '') continue;
    const frame = parse(frameText);
    if (frame) frames.push({ frame, text: frameText });
    else onMalformed(frameText);
  }
  return frames;
}

/** @param {string} text */
function parse(text) {
  try {
    const frame = JSON.parse(text);
    return isObject(frame) ? /** @type {Frame} */ (frame) : null;
  } catch {
    return null;
  }
}

/**
 * The frames of one batch. A string in it is a JSON array of several frames, as received from the server. Each string is
 * parsed only after the frames before it were delivered and can be freed.
 * @param {import('./port-protocol.js').WorkerBatch} batch
 * @returns {Generator<import('./port-protocol.js').WorkerFrame | import('./port-protocol.js').TopicFrame, void, void>}
 */
export function* unpack(batch) {
  for (const part of batch) {
    if (typeof part === 'string') yield* JSON.parse(part);
    else yield part;
  }
}

/**
 * Whether the frame belongs to the protocol and not to an application.
 * @param {Frame} frame
 */
export const isControlFrame = (frame) => typeof frame.type === 'string' && frame.type.startsWith('$');

/**
 * Whether the frame comes from the line's inbox, whose frames are counted and carry no position.
 * @param {Frame} frame
 */
export const isFromInbox = (frame) => frame.topic === undefined && !isControlFrame(frame);

/**
 * Whether the server has taken the line off a topic, and says why. An application's message has no member `error`.
 * @param {Frame} frame
 */
export const isLeft = (frame) => typeof frame.left === 'string' && isObject(frame.error);

/**
 * Whether the server asks something: a message for one tab with an id. Its answer names that as `re`.
 * @param {Frame} frame
 */
export const isQuestion = ({ id, type, from }) => Number.isSafeInteger(id) && type !== undefined && from !== undefined;

/** Characters that an id adds to a message at most: `Number.MAX_SAFE_INTEGER` has 16 digits. */
export const MAX_ID_CHARS = ',"id":'.length + 16;

/**
 * Encodes a message for the server in two parts, between which its id goes (`withId`): the id is known only when the
 * message is sent, and a message that waits, or is sent again, need not be encoded again. The value is JSON text already:
 * the tab that sends a value pays for encoding it, not the worker that all tabs share.
 *
 * @param {{ type: string, from: string, value?: string, topic?: string, key?: string, re?: number, error?: string }} message
 *   `error` is JSON text, too
 * @returns {{ head: string, tail: string }}
 */
export function encodeMessage({ type, from, value, topic, key, re, error }) {
  // JSON.stringify omits undefined members.
  const head = JSON.stringify({ type, topic, from, re }).slice(0, -1);
  const keyMember = key === undefined ? '' : `,"key":${JSON.stringify(key)}`;
  const errorMember = error === undefined ? '' : `,"error":${error}`;
  return { head, tail: `${keyMember}${errorMember}${value === undefined ? '' : `,"value":${value}`}}` };
}

/**
 * The text of an encoded message.
 * @param {{ head: string, tail: string }} message
 * @param {number} [id]  of a message that expects a reply
 */
export const withId = ({ head, tail }, id) => (id === undefined ? head + tail : `${head},"id":${id}${tail}`);

/**
 * The length and the members of what `encodeMessage` and `withId` make of a message, without encoding it. Types, topics,
 * tab ids and keys have no characters that JSON escapes.
 *
 * @param {{ type: string, from: string, value?: string, topic?: string, key?: string, re?: string }} message
 * @returns {{ chars: number, members: number }}  `chars` with the longest id; `members` without those inside the value
 */
export function measureMessage({ value, ...strings }) {
  let chars = '{}'.length - ','.length + MAX_ID_CHARS;
  let members = 1;
  for (const [name, string] of Object.entries(strings)) {
    if (string === undefined) continue;
    chars += ',"":""'.length + name.length + string.length;
    members++;
  }
  if (value === undefined) return { chars, members };
  return { chars: chars + ',"value":'.length + value.length, members: members + 1 };
}

/**
 * A broadcast without its topic and position, as tabs receive it.
 * @param {Frame} frame
 * @returns {Frame}
 */
export function withoutPosition({ topic: _topic, at: _at, ...rest }) {
  return rest;
}

/**
 * Whether the server subscribes the line to this topic, so that every tab receives it: broadcasts, and the user's topic.
 * @param {string} topic
 */
export const isImplicitTopic = (topic) => topic === '*' || topic.startsWith('@');
