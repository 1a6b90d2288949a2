import { InFlightRequests, workerLostError } from './in-flight.js';
import { LineError } from '../../shared/errors.js';
import { encodeMessage } from '../../shared/frames.js';
import { findViolation, findNameViolation } from '../../shared/json-limits.js';
import { SendQueue } from './send-queue.js';
import { RateLimiter } from './rate-limiter.js';

/** How many requests of one tab may be in flight; further ones wait in the send queue. */
const MAX_IN_FLIGHT = 64;
/** Characters in the socket's buffer above which nothing more is sent. */
const MAX_BUFFERED = 1 << 20;
/** A request is measured with an id of one digit and may be sent with one of sixteen. */
const ID_GROWTH = 15;
/** How long a message waits for a connection, in milliseconds. */
const QUEUE_TIMEOUT = 60_000;
/** How many bursts of control requests are sent at once. The server accepts four bursts, of control requests and messages. */
const CONTROL_BURST_FACTOR = 3;

/**
 * The send path: a message is queued while it cannot be sent, keeps to the server's rate limit, and becomes a request in
 * flight that is answered, sent again after a reconnect, or rejected.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {Parameters<typeof encodeMessage>[0]} Message
 * @typedef {{ n: number, message: Message, idempotent?: boolean }} Request  `idempotent` if it may be sent twice
 */
export class Sender {
  #clock;
  #connection;
  #postToTab;
  #queue;
  #inFlight = new InFlightRequests();
  #rateLimiter;
  /** For control requests. */
  #controlRateLimiter;
  /** @type {number[]} ids of requests that were sent before a reconnect and not accepted, increasing */
  #resendIds = [];
  /** Control requests that wait. @type {import('./in-flight.js').InFlightRequest[]} */
  #control = [];
  /** @type {(() => void) | null} */
  #cancelDrain = null;
  /** The limits of the last `$welcome`. Before the first one nothing is known, and everything waits. */
  #limits = /** @type {Record<string, number>} */ ({});

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => import('../connection/connection.js').Connection | null} options.connection
   * @param {(tab: string, frame: import('../../shared/port-protocol.js').WorkerFrame) => void} options.postToTab  by the tab's id, if it is still attached
   */
  constructor({ clock, connection, postToTab }) {
    this.#clock = clock;
    this.#connection = connection;
    this.#postToTab = postToTab;
    this.#queue = new SendQueue({ clock });
    this.#rateLimiter = new RateLimiter(clock);
    this.#controlRateLimiter = new RateLimiter(clock);
  }

  /** Number of messages that wait. */
  get queueLength() {
    return this.#queue.size + this.#resendIds.length;
  }

  /** Number of requests in flight. */
  get inFlightCount() {
    return this.#inFlight.size;
  }

  /**
   * A tab's message or publish that is answered.
   * @param {string} tab
   * @param {Request} request
   */
  request(tab, request) {
    const inFlight = this.#inFlightOf(tab, request);
    const chars = inFlight.encode(1).length + ID_GROWTH;
    const send = () => this.#isOpen && this.#send(this.#inFlight.register({ ...inFlight, chars }));
    const violation = () => this.#violation(inFlight.encode(1), ID_GROWTH, request.message);
    this.enqueue(tab, { n: request.n, chars, reject: inFlight.reject, send, violation });
  }

  /**
   * A message that is sent now or dropped.
   * @param {Message} message
   */
  sendNow(message) {
    const text = encodeMessage(message);
    if (!this.#violation(text, 0, message) && this.#canSend) this.#send(text);
  }

  /**
   * Sends the text of a plain page as it is.
   * @param {string} page
   * @param {string} text
   * @param {(error: LineError) => void} reject
   */
  sendPlain(page, text, reject) {
    this.enqueue(`page ${page}`, {
      chars: text.length,
      reject,
      send: () => this.#send(text),
      violation: () => this.#violation(text),
    });
  }

  /**
   * Queues a message, or rejects it at once if it can never be sent.
   * @param {string} sender
   * @param {Omit<import('./send-queue.js').QueuedMessage, 'expiresAt'>} message
   */
  enqueue(sender, message) {
    const connection = this.#connection();
    const violation = message.violation();
    if (connection?.status.state === 'closed') message.reject(new LineError('closed', connection.closedReason));
    else if (violation) message.reject(violation);
    else {
      this.#queue.add(sender, { ...message, expiresAt: this.#clock.now() + QUEUE_TIMEOUT });
      this.drain();
    }
  }

  /**
   * A request of the worker itself. It is sent before queued messages, and never again: `$hello` repeats it.
   * @param {(id: number) => string} encode
   * @param {(reply: Frame) => void} resolve
   * @returns {boolean} false if there is no connection
   */
  sendControl(encode, resolve) {
    if (!this.#isOpen) return false;
    this.#control.push({ control: true, chars: 0, encode, resolve, reject: () => {} });
    this.#sendQueuedControl();
    if (this.#control.length > 0) this.#scheduleDrain();
    return true;
  }

  #sendQueuedControl() {
    // Requests that are sent again have lower ids, and the server rejects an id lower than one it accepted.
    while (this.#resendIds.length === 0 && this.#control.length > 0 && this.#controlRateLimiter.canSend) {
      this.#controlRateLimiter.consume();
      this.#connection()?.send(
        this.#inFlight.register(/** @type {import('./in-flight.js').InFlightRequest} */ (this.#control.shift())),
      );
    }
  }

  /** Sends what waits, as far as the socket, the server's rate and the limit per tab allow. */
  drain() {
    this.#cancelDrain?.();
    this.#cancelDrain = null;
    if (!this.#isOpen) return;
    // Requests that are sent again have lower ids, so they go first.
    while (this.#resendIds.length > 0 && this.#canSend) {
      const text = this.#inFlight.encode(/** @type {number} */ (this.#resendIds.shift()));
      if (text !== undefined) this.#send(text);
    }
    this.#sendQueuedControl();
    // A tab that joins a topic and then publishes to it must receive its message.
    let blocked = this.#resendIds.length > 0 || this.#control.length > 0;
    if (!blocked) {
      this.#queue.drain((sender) => {
        if (this.#inFlight.countOf(sender) >= MAX_IN_FLIGHT) return false;
        blocked ||= !this.#canSend;
        return !blocked;
      });
    }
    if (blocked) this.#scheduleDrain();
  }

  /** Replies call `drain` too, but there may be none. The reason to wait may have ended by now, so it is not checked again. */
  #scheduleDrain() {
    const hasControl = this.#resendIds.length === 0 && this.#control.length > 0;
    const waitMs =
      this.#bufferedAmount >= MAX_BUFFERED ? 50 : Math.max(1, (hasControl ? this.#controlRateLimiter : this.#rateLimiter).waitMs);
    this.#cancelDrain ??= this.#clock.after(waitMs, () => this.drain());
  }

  /**
   * @param {import('../../shared/frames.js').Welcome} welcome
   * @param {boolean} lostReplies
   */
  onWelcome(welcome, lostReplies) {
    const before = JSON.stringify(this.#limits);
    this.#limits = welcome.limits ?? {};
    const { rate, burst = rate } = this.#limits;
    this.#rateLimiter.configure(rate, burst);
    this.#controlRateLimiter.configure(rate, burst && CONTROL_BURST_FACTOR * burst);
    this.#control = [];
    // What waits was queued before the limits were known, or under other ones.
    if (JSON.stringify(this.#limits) !== before) this.#queue.revalidate();
    this.#resendIds = this.#inFlight.onWelcome(welcome, lostReplies);
  }

  /**
   * @param {Frame} reply
   * @returns {boolean} false if there is no such request
   */
  resolve(reply) {
    const resolved = this.#inFlight.resolve(reply);
    this.drain();
    return resolved;
  }

  rejectLargest() {
    this.#inFlight.rejectLargest();
  }

  /**
   * Whether a request of a tab is queued or in flight.
   * @param {string} tab
   * @param {number} n
   */
  has(tab, n) {
    return this.#inFlight.has(tab, n) || this.#queue.has(tab, n);
  }

  /**
   * Takes over a request that was sent on this line under this id, by an earlier worker or for a tab that was removed.
   * @param {string} tab
   * @param {number} id
   * @param {Request} request
   */
  adopt(tab, id, request) {
    // Another request was given this id, because this worker did not know of this one.
    if (this.#inFlight.encode(id) !== undefined) return this.reject(tab, request.n, workerLostError());
    this.#inFlight.adopt(id, this.#inFlightOf(tab, request));
    // Before `$welcome` it waits for that. After it, sending it again makes the server repeat the stored reply.
    if (!this.#isOpen || this.#resendIds.includes(id)) return;
    this.#resendIds = [...this.#resendIds, id].sort((a, b) => a - b);
    this.drain();
  }

  /**
   * @param {string} tab
   * @param {number} n
   * @param {LineError} error
   */
  reject(tab, n, error) {
    this.#postToTab(tab, { re: n, error: error.toJSON() });
  }

  /**
   * The caller no longer waits for this request.
   * @param {string} tab
   * @param {number} n
   */
  cancel(tab, n) {
    if (!this.#queue.cancel(tab, n)) this.#inFlight.cancel(tab, n);
    this.drain();
  }

  /** @param {string} tab */
  removeTab(tab) {
    this.#queue.removeTab(tab);
    this.#inFlight.removeTab(tab);
    this.drain();
  }

  /** @param {LineError} error  for all queued and unanswered requests */
  rejectAll(error) {
    this.#resendIds = [];
    this.#control = [];
    this.#queue.rejectAll(error);
    this.#inFlight.rejectAll(error);
  }

  get #isOpen() {
    return this.#connection()?.isOpen ?? false;
  }

  get #bufferedAmount() {
    return this.#connection()?.bufferedAmount ?? 0;
  }

  get #canSend() {
    return this.#rateLimiter.canSend && this.#bufferedAmount < MAX_BUFFERED;
  }

  /**
   * Why the server would reject this text, if it would. Three such frames would close the line for every tab.
   * @param {string} text
   * @param {number} [growth]  characters that may be added
   * @param {{ type?: string, topic?: string }} [names]
   * @returns {LineError | undefined}
   */
  #violation(text, growth = 0, { type = '', topic = '' } = {}) {
    const { message = Infinity } = this.#limits;
    const chars = text.length + growth;
    if (chars > message) return new LineError('too_large', `the message has ${chars} characters, at most ${message} may be sent`);
    const reason =
      findNameViolation(type, this.#limits) ?? findNameViolation(topic, this.#limits) ?? findViolation(text, this.#limits);
    return reason === undefined ? undefined : new LineError('bad_value', `the message cannot be sent: ${reason}`);
  }

  /** @param {string} text */
  #send(text) {
    const sent = this.#connection()?.send(text) ?? false;
    if (sent) this.#rateLimiter.consume();
    return sent;
  }

  /**
   * @param {string} tab
   * @param {Request} request
   * @returns {import('./in-flight.js').InFlightRequest}
   */
  #inFlightOf(tab, { n, message, idempotent }) {
    return {
      n,
      tab,
      chars: 0,
      idempotent,
      encode: (id) => encodeMessage(message, id),
      onIdAssigned: (id) => this.#postToTab(tab, { type: '$accepted', n, id }),
      resolve: ({ from: _from, ...reply }) =>
        this.#postToTab(tab, /** @type {import('../../shared/port-protocol.js').ReplyFrame} */ ({ ...reply, re: n })),
      reject: (error) => this.reject(tab, n, error),
    };
  }
}
