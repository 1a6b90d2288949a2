import { LineError } from '../shared/errors.js';
import { isName, measureMessage } from '../shared/frames.js';
import { randomId } from '../shared/ids.js';
import { toJson } from './to-json.js';

/** @typedef {import('../shared/message-limits.js').MessageLimits} MessageLimits */

const EPOCH = /^[A-Za-z0-9_.:-]{1,64}$/;

/**
 * @param {string} what
 * @param {string} name
 * @returns {string} the name, if it is valid
 */
export function checkedName(what, name) {
  if (isName(name)) return name;
  throw new TypeError(`${what} must be 1 to 128 characters of A-Z a-z 0-9 _ . : / -, not ${JSON.stringify(name)}`);
}

/**
 * @param {unknown} since
 * @returns {import('../shared/frames.js').Position | 'start' | undefined} where the subscription starts; undefined: with the next message
 */
export function checkedSince(since) {
  if (since === undefined || since === null) return undefined;
  if (since === 'start') return since;
  const [epoch, offset] = Array.isArray(since) && since.length === 2 ? since : [];
  const isPosition = typeof epoch === 'string' && EPOCH.test(epoch) && Number.isSafeInteger(offset) && offset >= 0;
  if (isPosition) return [epoch, offset];
  throw new LineError('bad_value', `since must be 'start' or the position of a subscription, not ${describe(since)}`);
}

/** @param {unknown} timeout  in milliseconds */
export function checkedTimeout(timeout) {
  if (typeof timeout === 'number' && timeout >= 0) return;
  throw new LineError('bad_value', `timeout must be milliseconds from 0 to Infinity, not ${describe(timeout)}`);
}

/** @param {unknown} buffer  of a `for await` loop, in messages */
export function checkedBuffer(buffer) {
  if (buffer === undefined || (typeof buffer === 'number' && buffer >= 1)) return;
  throw new LineError('bad_value', `buffer must be a number of messages from 1 to Infinity, not ${describe(buffer)}`);
}

/** @param {unknown} value */
function describe(value) {
  try {
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return `a ${typeof value}`;
  }
}

/**
 * A message as a frame for the worker, checked, with its value as JSON. The tab does both, so that an invalid value is rejected
 * at once and costs no time of the worker.
 *
 * @param {string} type
 * @param {unknown} value
 * @param {string} tab
 * @param {MessageLimits} limits
 * @returns {import('../shared/port-protocol.js').SendFrame}
 */
export function sendFrame(type, value, tab, limits) {
  const name = checkedName('message type', type);
  return { type: '$send', name, ...encode(value, { type: name, from: tab }, limits) };
}

/**
 * The same for a publish.
 * @param {string} topic
 * @param {unknown} value
 * @param {string} tab
 * @param {MessageLimits} limits
 * @returns {import('../shared/port-protocol.js').PublishFrame}
 */
export function publishFrame(topic, value, tab, limits) {
  checkedName('topic', topic);
  const key = randomId();
  return { type: '$publish', topic, key, ...encode(value, { type: '$publish', topic, from: tab, key }, limits) };
}

/**
 * The same for the answer to a question. A value that cannot be sent becomes an error, which the server tells who has asked.
 * @param {number} re  the question's id
 * @param {{ value?: unknown, error?: LineError }} answer
 * @param {string} tab
 * @param {MessageLimits} limits
 * @returns {import('../shared/port-protocol.js').AnswerFrame}
 */
export function answerFrame(re, { value, error }, tab, limits) {
  if (error) return { type: '$answer', re, error: JSON.stringify(error), checkedBy: limits.key };
  try {
    return { type: '$answer', re, ...encode(value, { type: '$answer', from: tab, re: String(re) }, limits) };
  } catch (violation) {
    return answerFrame(re, { error: LineError.from(violation) }, tab, limits);
  }
}

/**
 * @param {unknown} value
 * @param {{ type: string, from: string, topic?: string, key?: string, re?: string }} envelope
 * @param {MessageLimits} limits
 */
function encode(value, envelope, limits) {
  const json = toJson(value);
  const { chars, members } = measureMessage({ ...envelope, value: json });
  const name = envelope.topic ?? envelope.type;
  const violation = limits.violation({ name, chars, json: json ?? '', level: 1, members });
  if (violation) throw violation;
  return { value: json, checkedBy: limits.key };
}
