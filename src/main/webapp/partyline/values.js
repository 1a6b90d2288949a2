import { LineError } from './errors.js';
import { isName } from './frames.js';
import { fault } from './jsonlimits.js';

/**
 * @param {string} what
 * @param {string} name
 * @returns {string} the name, if it is one
 */
export function checkedName(what, name) {
  if (isName(name)) return name;
  throw new TypeError(`${what} must be 1 to 128 characters of A-Z a-z 0-9 _ . : / -, not ${JSON.stringify(name)}`);
}

/**
 * A value as JSON. The tab that sends it pays for writing it, and hears at once when it cannot be written.
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
  // A frame adds one level, and at most six members of its own.
  const why = text === undefined ? undefined : fault(text, { depth: 1, members: 6 });
  if (why) throw new LineError('bad_value', `the value cannot be sent: ${why}`);
  return text;
}
