/**
 * The vocabulary: what goes over the wire (PROTOCOL.md) and what tabs and worker say to each other over their port.
 *
 * Over a port a tab says one frame at a time, and the worker answers in arrays, one array per burst: single posts
 * cost a busy browser ten times as much. What a topic brings is in them as text, which the worker copies for many tabs
 * far sooner than objects; each tab reads it for itself. Both use `$` types, which no application may use, so that a page in the style
 * of the original post, which says `{from, data}`, can never be mistaken for one of ours.
 *
 * @typedef {[epoch: string, offset: number]} Position  a place in a topic's log
 *
 * @typedef {Record<string, any> & { type?: string, from?: string, topic?: string, at?: Position }} Frame
 *
 * @typedef {{ at: Position, gap: boolean, error?: object }} JoinResult  where a topic stands; or why it is not joined
 *
 * @typedef {object} Welcome  the server's answer to `$hello`
 * @property {string} line
 * @property {string} key
 * @property {boolean} resumed
 * @property {number} heard  the last id taken
 * @property {number} inbox  where the inbox goes on
 * @property {string} [user]
 * @property {number} ping  milliseconds
 * @property {Record<string, number>} limits
 * @property {Record<string, JoinResult>} topics
 */

/** The version of the wire. */
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
 * The frames of one WebSocket message. A line that is no JSON object is left out and reported.
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
    return frame !== null && typeof frame === 'object' && !Array.isArray(frame) ? /** @type {Frame} */ (frame) : null;
  } catch {
    return null;
  }
}

/**
 * The frames of one burst. A text in it is a JSON array of several, each as it came over the wire; it is read when its
 * turn comes, so that what was heard is no longer in memory then.
 * @param {(Frame | string)[]} batch
 * @returns {Generator<Frame, void, void>}
 */
export function* unpack(batch) {
  for (const part of batch) {
    if (typeof part === 'string') yield* JSON.parse(part);
    else yield part;
  }
}

/**
 * Whether the frame belongs to the line itself and not to an application.
 * @param {Frame} frame
 */
export const isControlFrame = (frame) => typeof frame.type === 'string' && frame.type.startsWith('$');

/**
 * Whether the frame came out of the line's own inbox, which is counted and not numbered.
 * @param {Frame} frame
 */
export const isFromInbox = (frame) => frame.topic === undefined && !isControlFrame(frame);

/**
 * A message or request as the wire has it. The value comes as text already: the tab that sent it paid for writing it,
 * not the worker that everybody shares.
 *
 * @param {{ type: string, from: string, value?: string, topic?: string, key?: string }} message
 * @param {number} [id]
 */
export function encodeMessage({ type, from, value, topic, key }, id) {
  // JSON.stringify leaves out what is undefined.
  const head = JSON.stringify({ type, topic, from, id, key });
  return value === undefined ? head : `${head.slice(0, -1)},"value":${value}}`;
}

/**
 * A broadcast as tabs get it: as if there were no topic behind it.
 * @param {Frame} frame
 * @returns {Frame}
 */
export function withoutPosition({ topic: _topic, at: _at, ...rest }) {
  return rest;
}

/**
 * Whether every tab hears this topic without joining it: everybody's, and the user's own.
 * @param {string} topic
 */
export const isImplicitTopic = (topic) => topic === '*' || topic.startsWith('@');
