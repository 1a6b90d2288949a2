import { LineError } from '../shared/errors.js';
import { reportToBrowser } from './emitter.js';

/** How much of an exception's text is sent to the server. */
const MAX_ERROR_CHARS = 1_000;

/**
 * The functions by which a page answers questions of the server, by their type.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {(value: any, message: Frame) => unknown} AnswerFunction  may return a promise
 */
export class Answers {
  /** @type {Map<string, { fn: AnswerFunction }>} */
  #byType = new Map();
  #report;

  /** @param {(error: unknown) => void} [report] */
  constructor(report = reportToBrowser) {
    this.#report = report;
  }

  /**
   * @param {string} type
   * @param {AnswerFunction} fn
   * @returns {() => void} removes the function
   */
  add(type, fn) {
    if (this.#byType.has(type)) throw new LineError('conflict', `this page answers questions of type ${type} already`);
    const answer = { fn };
    this.#byType.set(type, answer);
    return () => {
      if (this.#byType.get(type) === answer) this.#byType.delete(type);
    };
  }

  /**
   * The answer to a question; never rejects.
   * @param {Frame} question
   * @returns {Promise<{ value?: unknown, error?: LineError }>}
   */
  async of(question) {
    const answer = this.#byType.get(question.type ?? '');
    if (!answer) return { error: new LineError('unknown_type', 'this page has no answer for this type') };
    try {
      return { value: await answer.fn(question.value, question) };
    } catch (error) {
      if (error instanceof LineError) return { error };
      this.#report(error);
      const text = error instanceof Error ? error.message : String(error);
      return { error: new LineError('failed', text.slice(0, MAX_ERROR_CHARS)) };
    }
  }
}
