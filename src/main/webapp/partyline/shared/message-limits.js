import { LineError } from './errors.js';
import { findNameViolation, findViolation } from './json-limits.js';

/**
 * What the server accepts of one message, as its last welcome says. A limit that is missing is infinite.
 *
 * Tabs and the worker check messages with this class. A tab checks what it sends, since only the tab should pay for that; its
 * frame carries the `key` of the limits, and the worker scans again only a message whose key differs from that of the limits
 * now in force: one from before the first welcome, or from before the server was configured anew.
 */
export class MessageLimits {
  #limits;
  #maxChars;

  /** @param {import('./json-limits.js').JsonLimits & { message?: number }} [limits]  `limits` of a welcome */
  constructor({ message, depth, members, number, name } = {}) {
    this.#limits = { depth, members, number, name };
    this.#maxChars = message ?? Infinity;
    /** Equal for equal limits, whichever worker announced them. */
    this.key = JSON.stringify([message, depth, members, number, name]);
  }

  /**
   * @param {object} message
   * @param {string} message.name  its type or topic
   * @param {number} message.chars  of the whole frame
   * @param {string} message.json  the frame or a part of it
   * @param {number} [message.level]  levels of the frame around that part
   * @param {number} [message.members]  members of the frame outside that part
   * @returns {LineError | undefined}
   */
  violation({ name, chars, json, level, members }) {
    if (chars > this.#maxChars)
      return new LineError('too_large', `the message has ${chars} characters, at most ${this.#maxChars} may be sent`);
    const reason = findNameViolation(name, this.#limits) ?? findViolation(json, this.#limits, { level, members });
    return reason === undefined ? undefined : new LineError('bad_value', `the message cannot be sent: ${reason}`);
  }
}
