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
 * @property {number} expiresAt  expires then, in milliseconds since the epoch
 * @property {(error: LineError) => void} reject  called at most once, when it will never be sent
 * @property {() => boolean} send  sends it; false when the wire took nothing
 * @property {() => LineError | undefined} violation  why the server would not take it, as far as is known now
 */
export class SendQueue {
  #clock;
  #maxMessages;
  #maxChars;
  /** @type {Map<string, { messages: QueuedMessage[], chars: number }>} */
  #queues = new Map();
  #cancelExpiry = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {number} [options.maxMessages]  per tab
   * @param {number} [options.maxChars]  per tab
   */
  constructor({ clock, maxMessages = 256, maxChars = 1 << 20 }) {
    this.#clock = clock;
    this.#maxMessages = maxMessages;
    this.#maxChars = maxChars;
  }

  /** How many messages wait, of all tabs. */
  get size() {
    let size = 0;
    for (const { messages } of this.#queues.values()) size += messages.length;
    return size;
  }

  /**
   * @param {string} tab
   * @param {QueuedMessage} message
   */
  add(tab, message) {
    const queue = this.#queues.get(tab) ?? { messages: [], chars: 0 };
    if (queue.messages.length >= this.#maxMessages || queue.chars + message.chars > this.#maxChars) {
      const text = `${queue.messages.length} messages (${queue.chars} characters) of this tab wait already; wait for them`;
      message.reject(new LineError('queue_full', text, { retryable: true }));
      return;
    }
    queue.messages.push(message);
    queue.chars += message.chars;
    this.#queues.set(tab, queue);
    this.#scheduleExpiry();
  }

  /**
   * Posts what waits, one message of each tab in turn.
   * @param {(tab: string) => boolean} canSend  whether this tab may have one more message out
   */
  drain(canSend) {
    for (let sent = true; sent; ) {
      sent = false;
      for (const [tab, queue] of [...this.#queues]) {
        if (!canSend(tab)) continue;
        const message = queue.messages[0];
        if (!message.send()) return;
        sent = true;
        this.#remove(tab, queue, message);
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
    return this.#queues.get(tab)?.messages.some((message) => message.n === n) ?? false;
  }

  /**
   * The tab thought better of it.
   * @param {string} tab
   * @param {number} n
   * @returns {boolean} whether it waited here
   */
  cancel(tab, n) {
    const queue = this.#queues.get(tab);
    const message = queue?.messages.find((one) => one.n === n);
    if (!queue || !message) return false;
    this.#remove(tab, queue, message);
    return true;
  }

  /**
   * Forgets a tab that is gone: nobody is left to tell.
   * @param {string} tab
   */
  removeTab(tab) {
    this.#queues.delete(tab);
  }

  /** The server has said what it takes: what it does not is refused. */
  revalidate() {
    for (const [tab, queue] of [...this.#queues]) {
      const violations = queue.messages.map((message) => ({ message, violation: message.violation() }));
      for (const { message, violation } of violations) {
        if (!violation) continue;
        this.#remove(tab, queue, message);
        message.reject(violation);
      }
    }
  }

  /** @param {LineError} error  told to everyone who waits */
  rejectAll(error) {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    for (const { messages } of queues) for (const message of messages) message.reject(error);
  }

  /**
   * @param {string} tab
   * @param {{ messages: QueuedMessage[], chars: number }} queue
   * @param {QueuedMessage} message
   */
  #remove(tab, queue, message) {
    queue.messages.splice(queue.messages.indexOf(message), 1);
    queue.chars -= message.chars;
    if (queue.messages.length === 0) this.#queues.delete(tab);
    return message;
  }

  #scheduleExpiry() {
    this.#cancelExpiry();
    let next = Infinity;
    // Messages of one tab expire in the order they came.
    for (const { messages } of this.#queues.values()) next = Math.min(next, messages[0].expiresAt);
    if (next === Infinity) return;
    this.#cancelExpiry = this.#clock.after(Math.max(0, next - this.#clock.now()), () => {
      const now = this.#clock.now();
      for (const [tab, queue] of [...this.#queues]) {
        while (queue.messages.length > 0 && queue.messages[0].expiresAt <= now) {
          this.#remove(tab, queue, queue.messages[0]).reject(
            new LineError('expired', 'waited a minute for a connection; it was never sent', { retryable: true }),
          );
        }
      }
      this.#scheduleExpiry();
    });
  }
}
