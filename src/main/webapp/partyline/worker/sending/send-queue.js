import { LineError } from '../../shared/errors.js';

/**
 * Messages that cannot be sent yet: a bounded queue per tab, drained round-robin.
 *
 * A tab that sends a thousand messages delays itself and not the others. A full queue rejects the newest message, and a
 * message expires after a minute. In both cases the tab gets an error at once, and the message was never sent.
 *
 * @typedef {object} QueuedMessage
 * @property {number} [n]  the tab's number of it
 * @property {number} chars
 * @property {number} expiresAt  in milliseconds since the epoch
 * @property {(error: LineError) => void} reject  called at most once, if it will never be sent
 * @property {() => boolean} send  sends it; false if the connection did not take it
 * @property {() => LineError | undefined} violation  why the server would reject it, by the limits known now
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

  /** Number of messages of all tabs. */
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
   * Sends what waits, one message of each tab in turn.
   * @param {(tab: string) => boolean} canSend  whether this tab may have one more request in flight
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
        // Moves the tab behind the others; otherwise the first tab would win whenever only a few messages can be sent.
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
   * The caller no longer waits.
   * @param {string} tab
   * @param {number} n
   * @returns {boolean} whether it was queued here
   */
  cancel(tab, n) {
    const queue = this.#queues.get(tab);
    const message = queue?.messages.find((one) => one.n === n);
    if (!queue || !message) return false;
    this.#remove(tab, queue, message);
    return true;
  }

  /** @param {string} tab */
  removeTab(tab) {
    this.#queues.delete(tab);
  }

  /** The server's limits changed: rejects the messages that exceed them. */
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

  /** @param {LineError} error */
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
    // Messages of one tab expire in the order they were added.
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
