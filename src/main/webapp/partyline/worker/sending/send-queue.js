import { LineError } from '../../shared/errors.js';
import { RateLimiter } from './rate-limiter.js';

/** How many requests of one tab may be in flight; further ones wait. */
const MAX_IN_FLIGHT = 64;
/** Characters in the socket's buffer above which nothing more is sent, and when to check again, in milliseconds. */
const MAX_BUFFERED = 1 << 20;
const BUFFER_CHECK_INTERVAL = 50;
/** How long a message waits to be sent, in milliseconds. */
const QUEUE_TIMEOUT = 60_000;
/** How much of one tab may wait while the line is down; and while it is open, if the server's rate would allow more. */
const BOUND_DOWN = { messages: 256, chars: 1 << 20 };
const MAX_BOUND_OPEN = { messages: 10_000, chars: 1 << 24 };
/** How many bursts of control requests are sent at once. The server accepts four bursts, of control requests and messages. */
const CONTROL_BURST_FACTOR = 3;

/**
 * What cannot be sent at once, and the decision what is sent next and when.
 *
 * | priority | what | order |
 * |---|---|---|
 * | 1 | requests that are sent again after a reconnect | by their ids: the server rejects an id lower than one it accepted |
 * | 2 | control requests | as they came; before messages, so that a tab that joins a topic and then publishes to it receives its message |
 * | 3 | messages of tabs and plain pages | round-robin: a tab that sends a thousand messages delays itself and not the others |
 *
 * The queue of each tab is bounded. A full queue rejects the newest message, and a message expires after a minute; in both
 * cases it was never sent. So on an open line as much may wait as the server accepts in a minute: a burst is sent in order, only
 * slower. On a line that is down less may wait, since all of it is sent when the line is back. Control requests have a rate
 * limit of their own, as on the server.
 *
 * @typedef {import('./queued-message.js').QueuedMessage} QueuedMessage
 * @typedef {import('./queued-message.js').ControlRequest} ControlRequest
 *
 * @typedef {{ message: QueuedMessage | ControlRequest } | { message?: undefined, waitMs: number, reason: string }} Next
 */
export class SendQueue {
  #clock;
  #inFlight;
  #boundDown;
  #boundOpen = MAX_BOUND_OPEN;
  #rateLimiter;
  /** For control requests. */
  #controlRateLimiter;
  /** For the characters of both. */
  #charLimiter;
  /** @type {number[]} increasing */
  #resendIds = [];
  /** @type {ControlRequest[]} */
  #control = [];
  /** @type {Map<string, { messages: QueuedMessage[], chars: number }>} the tab that is served next comes first */
  #tabs = new Map();

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {import('./in-flight.js').InFlightRequests} options.inFlight
   * @param {{ messages: number, chars: number }} [options.boundDown]  per tab, while the line is down
   */
  constructor({ clock, inFlight, boundDown = BOUND_DOWN }) {
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#boundDown = boundDown;
    this.#rateLimiter = new RateLimiter(clock);
    this.#controlRateLimiter = new RateLimiter(clock);
    this.#charLimiter = new RateLimiter(clock);
  }

  get isEmpty() {
    return this.#resendIds.length === 0 && this.#control.length === 0 && this.#tabs.size === 0;
  }

  /** Number of messages that wait, without control requests. */
  get size() {
    let size = this.#resendIds.length;
    for (const { messages } of this.#tabs.values()) size += messages.length;
    return size;
  }

  /** When the next message expires, in milliseconds since the epoch; `Infinity` if none waits. */
  get nextExpiry() {
    let next = Infinity;
    // Messages of one tab expire in the order they were added.
    for (const { messages } of this.#tabs.values()) next = Math.min(next, messages[0].expiresAt ?? Infinity);
    return next;
  }

  /**
   * The line is connected again.
   * @param {{ rate?: number, burst?: number, left?: number, rateChars?: number, burstChars?: number, leftChars?: number }} limits
   * @param {QueuedMessage[]} resend  in the order of their ids
   */
  onWelcome({ rate, burst = rate, left, rateChars, burstChars, leftChars }, resend) {
    this.#boundOpen = {
      messages: boundOfRate(rate, this.#boundDown.messages, MAX_BOUND_OPEN.messages),
      chars: boundOfRate(rateChars, this.#boundDown.chars, MAX_BOUND_OPEN.chars),
    };
    this.#rateLimiter.configure(rate, burst, left);
    this.#charLimiter.configure(rateChars, burstChars, leftChars);
    this.#controlRateLimiter.configure(rate, burst && CONTROL_BURST_FACTOR * burst);
    this.#control = [];
    this.#resendIds = resend.map(({ id }) => /** @type {number} */ (id));
  }

  /** @param {number} id  of a request in flight */
  addResend(id) {
    if (!this.#resendIds.includes(id)) this.#resendIds = [...this.#resendIds, id].sort((a, b) => a - b);
  }

  /** @param {ControlRequest} request */
  addControl(request) {
    this.#control.push(request);
  }

  /**
   * @param {QueuedMessage} message
   * @param {boolean} isOpen  whether the line is open
   * @returns {LineError | undefined} why it is rejected
   */
  add(message, isOpen) {
    const queue = this.#tabs.get(message.tab) ?? { messages: [], chars: 0 };
    const bound = isOpen ? this.#boundOpen : this.#boundDown;
    if (queue.messages.length >= bound.messages || queue.chars + message.chars > bound.chars) {
      const text = `${queue.messages.length} messages (${queue.chars} characters) of this tab are waiting; wait until they are sent`;
      return new LineError('queue_full', text, { retryable: true });
    }
    message.expiresAt = this.#clock.now() + QUEUE_TIMEOUT;
    queue.messages.push(message);
    queue.chars += message.chars;
    this.#tabs.set(message.tab, queue);
    return undefined;
  }

  /**
   * Whether one more message may be sent now; if so, it counts as sent.
   * @param {QueuedMessage} message
   * @param {number} bufferedAmount  of the socket
   */
  tryAcquire(message, bufferedAmount) {
    if (this.#wait(message, bufferedAmount)) return false;
    this.#consume(message);
    return true;
  }

  /**
   * Whether a new message of a tab may be sent now without being queued: nothing waits, and the tab does not have too many
   * requests in flight. If so, it counts as sent.
   * @param {QueuedMessage} message
   * @param {number} bufferedAmount
   */
  tryBypass(message, bufferedAmount) {
    return this.isEmpty && this.#inFlight.countOf(message.tab) < MAX_IN_FLIGHT && this.tryAcquire(message, bufferedAmount);
  }

  /**
   * Takes what is sent next.
   * @param {number} bufferedAmount  of the socket
   * @param {boolean} [includeTabs]  whether messages of tabs may be sent
   * @returns {Next}  `waitMs` is infinite if nothing waits, or if what waits can be sent only after a reply
   */
  next(bufferedAmount, includeTabs = true) {
    const resend = this.#firstResend();
    if (resend) return this.#wait(resend, bufferedAmount) ?? this.#takeResend(resend);
    if (this.#control.length > 0) return this.#nextControl();
    if (!includeTabs || this.#tabs.size === 0) return { waitMs: Infinity, reason: 'empty' };
    for (const [tab, queue] of this.#tabs) {
      if (this.#inFlight.countOf(tab) < MAX_IN_FLIGHT)
        return this.#wait(queue.messages[0], bufferedAmount) ?? this.#takeFrom(tab, queue);
    }
    return { waitMs: Infinity, reason: 'in flight' };
  }

  /**
   * Removes and returns what has waited too long.
   * @returns {QueuedMessage[]}
   */
  removeExpired() {
    const now = this.#clock.now();
    const expired = [];
    for (const { messages } of [...this.#tabs.values()]) {
      while (messages.length > 0 && (messages[0].expiresAt ?? Infinity) <= now) {
        expired.push(messages[0]);
        this.remove(messages[0]);
      }
    }
    return expired;
  }

  /** @returns {QueuedMessage[]} those of all tabs */
  messages() {
    return [...this.#tabs.values()].flatMap(({ messages }) => messages);
  }

  /**
   * @param {string} tab
   * @param {number} n
   * @returns {QueuedMessage | undefined}
   */
  find(tab, n) {
    return this.#tabs.get(tab)?.messages.find((message) => message.n === n);
  }

  /**
   * @param {QueuedMessage} message
   * @returns {boolean} false if it is not queued
   */
  remove(message) {
    const queue = this.#tabs.get(message.tab);
    const index = queue?.messages.indexOf(message) ?? -1;
    if (!queue || index < 0) return false;
    queue.messages.splice(index, 1);
    queue.chars -= message.chars;
    if (queue.messages.length === 0) this.#tabs.delete(message.tab);
    return true;
  }

  /** @param {string} tab */
  removeTab(tab) {
    this.#tabs.delete(tab);
  }

  /**
   * Removes everything.
   * @returns {QueuedMessage[]} the messages, none of which was sent
   */
  clear() {
    const messages = this.messages();
    this.#tabs.clear();
    this.#control = [];
    this.#resendIds = [];
    return messages;
  }

  /**
   * Why this message may not be sent now; undefined if it may.
   * @param {{ chars: number }} message
   * @param {number} bufferedAmount
   */
  #wait({ chars }, bufferedAmount) {
    if (bufferedAmount >= MAX_BUFFERED) return { waitMs: BUFFER_CHECK_INTERVAL, reason: 'socket buffer' };
    const waitMs = Math.max(this.#rateLimiter.waitMs(), this.#charLimiter.waitMs(chars));
    return waitMs > 0 ? { waitMs, reason: 'rate' } : undefined;
  }

  /** @param {{ chars: number }} message  which is sent */
  #consume({ chars }) {
    this.#rateLimiter.consume();
    this.#charLimiter.consume(chars);
  }

  /** The first request to send again that still waits for its reply. */
  #firstResend() {
    while (this.#resendIds.length > 0) {
      const request = this.#inFlight.get(this.#resendIds[0]);
      if (request) return request;
      this.#resendIds.shift();
    }
    return undefined;
  }

  /**
   * @param {QueuedMessage | ControlRequest} message
   * @returns {Next}
   */
  #takeResend(message) {
    this.#resendIds.shift();
    this.#consume(message);
    return { message };
  }

  /** @returns {Next} */
  #nextControl() {
    const [{ chars }] = this.#control;
    const waitMs = Math.max(this.#controlRateLimiter.waitMs(), this.#charLimiter.waitMs(chars));
    if (waitMs > 0) return { waitMs, reason: 'control rate' };
    this.#controlRateLimiter.consume();
    this.#charLimiter.consume(chars);
    return { message: /** @type {ControlRequest} */ (this.#control.shift()) };
  }

  /**
   * @param {string} tab
   * @param {{ messages: QueuedMessage[], chars: number }} queue
   * @returns {Next}
   */
  #takeFrom(tab, queue) {
    const [message] = queue.messages;
    this.remove(message);
    // Moves the tab behind the others; otherwise the first tab would win whenever only a few messages can be sent.
    if (this.#tabs.delete(tab)) this.#tabs.set(tab, queue);
    this.#consume(message);
    return { message };
  }
}

/**
 * What the server accepts while a message waits.
 * @param {number | undefined} perSecond
 * @param {number} min
 * @param {number} max
 */
const boundOfRate = (perSecond, min, max) => Math.max(min, Math.min(max, (perSecond || Infinity) * (QUEUE_TIMEOUT / 1_000)));
