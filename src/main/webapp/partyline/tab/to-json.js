import { LineError } from '../shared/errors.js';

/**
 * A value as JSON text. What JSON would leave out or change in silence is refused, with its path: the sender would not notice,
 * and the receiver would get something else. Members that are `undefined` are absent in JSON as they are for most code, and
 * `-0` is `0`; both are allowed.
 *
 * @param {unknown} value
 * @returns {string | undefined} undefined: no value
 * @throws {LineError} `bad_value`
 */
export function toJson(value) {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return JSON.stringify(value);
  /** The objects around the member that is written, and its path. @type {object[]} */
  const holders = [];
  /** @type {string[]} */
  const path = [];
  /**
   * @this {any}
   * @param {string} key
   * @param {unknown} member  after its `toJSON`, if it has that
   */
  function check(key, member) {
    // JSON.stringify visits the members of an object one after another, each with everything inside it.
    while (holders.length > 0 && holders.at(-1) !== this) {
      holders.pop();
      path.pop();
    }
    const reason = findChange(member, this[key], Array.isArray(this));
    if (reason) throw new LineError('bad_value', `${nameOf([...path, step(this, key)])} ${reason}`);
    if (member !== null && typeof member === 'object') {
      holders.push(member);
      path.push(step(this, key));
    }
    return member;
  }
  try {
    return JSON.stringify(value, check);
  } catch (error) {
    if (error instanceof LineError) throw error;
    const reason = error instanceof Error ? error.message : error;
    throw new LineError('bad_value', `the value cannot be written as JSON: ${reason}`, { cause: error });
  }
}

/**
 * @param {object} holder
 * @param {string} key
 */
function step(holder, key) {
  if (Array.isArray(holder)) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** @param {string[]} steps  the first one is the empty name of the value itself */
const nameOf = ([, ...steps]) => (steps.length === 0 ? 'the value' : `value${steps.join('')}`);

/**
 * What JSON would make of this that it is not, or undefined.
 * @param {unknown} member  as JSON writes it
 * @param {any} original  before its `toJSON`
 * @param {boolean} inArray
 * @returns {string | undefined}
 */
function findChange(member, original, inArray) {
  switch (typeof member) {
    case 'number':
      return Number.isFinite(member) ? undefined : `is ${member}, which JSON would change to null`;
    case 'bigint':
      return 'is a BigInt, which JSON cannot write: send it as a text';
    case 'function':
    case 'symbol':
      return `is a ${typeof member}, which JSON cannot write`;
    case 'undefined':
      return inArray ? 'is undefined, which JSON would change to null' : undefined;
    case 'object':
      return member === null ? findLostDate(original) : findForeignObject(member);
  }
  return undefined;
}

/** @param {any} original  of a member that is null */
function findLostDate(original) {
  const isDate = Object.prototype.toString.call(original) === '[object Date]';
  return isDate ? 'is an invalid date, which JSON would change to null' : undefined;
}

/** @param {object} object */
function findForeignObject(object) {
  if (Array.isArray(object)) return undefined;
  if (object instanceof Number) return findChange(object.valueOf(), object, false);
  if (object instanceof String || object instanceof Boolean) return undefined;
  const prototype = Object.getPrototypeOf(object);
  // Also that of another window: nothing is above its Object.prototype either.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  const name = prototype.constructor?.name || 'an unnamed class';
  return `is of ${name}, of which JSON would keep the own members at most: send a plain object, or give it a toJSON`;
}
