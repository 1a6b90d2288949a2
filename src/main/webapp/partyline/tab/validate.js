import { LineError } from '../shared/errors.js';
import { isName } from '../shared/frames.js';
import { findViolation } from '../shared/json-limits.js';

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

/** @param {unknown} value */
function describe(value) {
  try {
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return `a ${typeof value}`;
  }
}

/**
 * A value as JSON. The tab encodes it, so that an invalid value is rejected at once and costs no time of the worker.
 * @param {unknown} value
 * @returns {string | undefined} undefined for no value
 */
export function encode(value) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new LineError('bad_value', `the value cannot be written as JSON: ${why}`, { cause: error });
  }
  if (text === undefined && value !== undefined) throw new LineError('bad_value', `a ${typeof value} cannot be written as JSON`);
  // The worker knows the limits of the server.
  const why = text === undefined ? undefined : findViolation(text);
  if (why) throw new LineError('bad_value', `the value cannot be sent: ${why}`);
  return text;
}
