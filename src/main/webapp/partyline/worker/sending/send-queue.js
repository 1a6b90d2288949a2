import { LineError } from '../../shared/errors.js';

/**
 * What the tabs want said and the wire cannot say yet: a bounded queue per tab, emptied in turns.
 *
 * A tab that says a thousand things waits behind itself and not in front of the others. At its limit a queue refuses the
 * newest, and what waited a minute expires: either way the tab is told at once, and what was refused was never sent.
 *
 * @typedef {object} QueuedMessage
 * @property {number} [n]  the tab's own number of it
 * @property {number} chars
 * @property {number} until  expires then, in milliseconds since the epoch
 * @property {(error: LineError) => void} refuse  called at most once, when it will never be sent
 * @property {() => boolean} post  sends it; false when the wire took nothing
 * @property {() => LineError | undefined} excess  why the server would not take it, as far as is known now
 */
export class SendQueue {
  #clock;
  #maxLetters;
  #maxChars;
  /** @type {Map<string, { letters: QueuedMessage[], chars: number }>} */
  #queues = new Map();
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {number} [options.maxLetters]  per tab
   * @param {number} [options.maxChars]  per tab
   */
  constructor({ clock, maxLetters = 256, maxChars = 1 << 20 }) {
    this.#clock = clock;
    this.#maxLetters = maxLetters;
    this.#maxChars = maxChars;
  }

  /** How many letters wait, of all tabs. */
  get size() {
    let size = 0;
    for (const { letters } of this.#queues.values()) size += letters.length;
    return size;
  }

  /**
   * @param {string} tab
   * @param {QueuedMessage} letter
   */
  add(tab, letter) {
    const queue = this.#queues.get(tab) ?? { letters: [], chars: 0 };
    if (queue.letters.length >= this.#maxLetters || queue.chars + letter.chars > this.#maxChars) {
      const text = `${queue.letters.length} messages (${queue.chars} characters) of this tab wait already; wait for them`;
      letter.refuse(new LineError('queue_full', text, { retryable: true }));
      return;
    }
    queue.letters.push(letter);
    queue.chars += letter.chars;
    this.#queues.set(tab, queue);
    this.#watch();
  }

  /**
   * Posts what waits, one letter of each tab in turn.
   * @param {(tab: string) => boolean} may  whether this tab may have one more letter out
   */
  drain(may) {
    for (let moved = true; moved; ) {
      moved = false;
      for (const [tab, queue] of [...this.#queues]) {
        if (!may(tab)) continue;
        const letter = queue.letters[0];
        if (!letter.post()) return;
        moved = true;
        this.#remove(tab, queue, letter);
        // Whoever was served goes behind the others, or the first tab would win whenever the wire takes only a few.
        if (this.#queues.delete(tab)) this.#queues.set(tab, queue);
      }
    }
  }

  /**
   * @param {string} tab
   * @param {number} n
   */
  has(tab, n) {
    return this.#queues.get(tab)?.letters.some((letter) => letter.n === n) ?? false;
  }

  /**
   * The tab thought better of it.
   * @param {string} tab
   * @param {number} n
   * @returns {boolean} whether it waited here
   */
  withdraw(tab, n) {
    const queue = this.#queues.get(tab);
    const letter = queue?.letters.find((one) => one.n === n);
    if (!queue || !letter) return false;
    this.#remove(tab, queue, letter);
    return true;
  }

  /**
   * Forgets a tab that is gone: nobody is left to tell.
   * @param {string} tab
   */
  forget(tab) {
    this.#queues.delete(tab);
  }

  /** The server has said what it takes: what it does not is refused. */
  sift() {
    for (const [tab, queue] of [...this.#queues]) {
      const excesses = queue.letters.map((letter) => ({ letter, excess: letter.excess() }));
      for (const { letter, excess } of excesses) {
        if (!excess) continue;
        this.#remove(tab, queue, letter);
        letter.refuse(excess);
      }
    }
  }

  /** @param {LineError} error  told to everyone who waits */
  refuseAll(error) {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    for (const { letters } of queues) for (const letter of letters) letter.refuse(error);
  }

  /**
   * @param {string} tab
   * @param {{ letters: QueuedMessage[], chars: number }} queue
   * @param {QueuedMessage} letter
   */
  #remove(tab, queue, letter) {
    queue.letters.splice(queue.letters.indexOf(letter), 1);
    queue.chars -= letter.chars;
    if (queue.letters.length === 0) this.#queues.delete(tab);
    return letter;
  }

  #watch() {
    this.#cancel();
    let next = Infinity;
    // Letters of one tab expire in the order they came.
    for (const { letters } of this.#queues.values()) next = Math.min(next, letters[0].until);
    if (next === Infinity) return;
    this.#cancel = this.#clock.after(Math.max(0, next - this.#clock.now()), () => {
      const now = this.#clock.now();
      for (const [tab, queue] of [...this.#queues]) {
        while (queue.letters.length > 0 && queue.letters[0].until <= now) {
          this.#remove(tab, queue, queue.letters[0]).refuse(
            new LineError('expired', 'waited a minute for a connection; it was never sent', { retryable: true }),
          );
        }
      }
      this.#watch();
    });
  }
}
