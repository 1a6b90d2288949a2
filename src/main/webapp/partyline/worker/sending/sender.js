import { InFlightRequests, workerLostError } from './in-flight.js';
import { LineError } from '../../shared/errors.js';
import { encodeMessage } from '../../shared/frames.js';
import { findViolation, findNameViolation } from '../../shared/json-limits.js';
import { SendQueue } from './send-queue.js';
import { RateLimiter } from './rate-limiter.js';

/** How many calls of one tab may be unanswered; the next wait in the outbox. */
const MAX_IN_FLIGHT = 64;
/** Characters that may wait inside the socket before we stop filling it. */
const MAX_BUFFERED = 1 << 20;
/** An id has one digit when a frame is weighed, and at most sixteen when it is sent. */
const ID_GROWTH = 15;
/** How long a message waits for a connection, in milliseconds. */
const QUEUE_TIMEOUT = 60_000;
/** How many bursts of messages a server takes of what is the switchboard's own; it takes four, of all that is. */
const CONTROL_BURST_FACTOR = 3;

/**
 * What goes up the wire: it waits in the outbox while it cannot, keeps to the server's rate, and becomes a call that is
 * answered, sent again after a drop, or failed.
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
  /** For the switchboard's own questions. */
  #controlRateLimiter;
  /** @type {number[]} the ids of what was sent before a drop and not taken, as they rise */
  #resendIds = [];
  /** The switchboard's own that wait. @type {import('./in-flight.js').InFlightRequest[]} */
  #control = [];
  /** @type {(() => void) | null} */
  #cancelDrain = null;
  /** What the server takes, as it said in its last welcome; before the first nothing is known, and everything waits. */
  #limits = /** @type {Record<string, number>} */ ({});

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => import('../connection/connection.js').Connection | null} options.connection
   * @param {(tab: string, frame: import('../../shared/port-protocol.js').WorkerFrame) => void} options.postToTab  tells the tab that bears this id then
   */
  constructor({ clock, connection, postToTab }) {
    this.#clock = clock;
    this.#connection = connection;
    this.#postToTab = postToTab;
    this.#queue = new SendQueue({ clock });
    this.#rateLimiter = new RateLimiter(clock);
    this.#controlRateLimiter = new RateLimiter(clock);
  }

  /** How many messages wait to be sent. */
  get queueLength() {
    return this.#queue.size + this.#resendIds.length;
  }

  /** How many calls were sent and are not answered. */
  get inFlightCount() {
    return this.#inFlight.size;
  }

  /**
   * A tab's message or publish that is to be answered.
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
   * A message whose sender does not care: it goes now or never.
   * @param {Message} message
   */
  sendNow(message) {
    const text = encodeMessage(message);
    if (!this.#violation(text, 0, message) && this.#canSend) this.#send(text);
  }

  /**
   * A page in the style of the post says this text, as it is.
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
   * Puts a letter in the outbox, or refuses it at once where waiting is no use.
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
   * A question of the switchboard's own. It goes before the outbox, and is not repeated: a greeting says it again.
   * @param {(id: number) => string} encode
   * @param {(reply: Frame) => void} resolve
   * @returns {boolean} whether it is asked
   */
  sendControl(encode, resolve) {
    if (!this.#isOpen) return false;
    this.#control.push({ control: true, chars: 0, encode, resolve, reject: () => {} });
    this.#sendQueuedControl();
    if (this.#control.length > 0) this.#scheduleDrain();
    return true;
  }

  #sendQueuedControl() {
    // What is said again bears older ids, and the server takes none that is older than one it has.
    while (this.#resendIds.length === 0 && this.#control.length > 0 && this.#controlRateLimiter.canSend) {
      this.#controlRateLimiter.consume();
      this.#connection()?.send(
        this.#inFlight.register(/** @type {import('./in-flight.js').InFlightRequest} */ (this.#control.shift())),
      );
    }
  }

  /** Says what waits, as far as the wire, the server's rate and the tabs' turns allow. */
  drain() {
    this.#cancelDrain?.();
    this.#cancelDrain = null;
    if (!this.#isOpen) return;
    // What a drop made us say again bears older ids than what waits, so it goes first.
    while (this.#resendIds.length > 0 && this.#canSend) {
      const text = this.#inFlight.encode(/** @type {number} */ (this.#resendIds.shift()));
      if (text !== undefined) this.#send(text);
    }
    this.#sendQueuedControl();
    // A tab that joins a topic and then publishes to it shall hear that.
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

  /** Replies bring us to drain as well, but there may be none to come. The reason to wait may be over by now, so it is not asked again. */
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
    // What waits was said before anybody knew, or to a server that took more.
    if (JSON.stringify(this.#limits) !== before) this.#queue.revalidate();
    this.#resendIds = this.#inFlight.onWelcome(welcome, lostReplies);
  }

  /**
   * @param {Frame} reply
   * @returns {boolean} false when nobody waits for it
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
   * Whether a call of a tab is here, waiting or sent.
   * @param {string} tab
   * @param {number} n
   */
  has(tab, n) {
    return this.#inFlight.has(tab, n) || this.#queue.has(tab, n);
  }

  /**
   * A call that was sent on this line under this id, by an earlier worker or for a tab that we took for gone.
   * @param {string} tab
   * @param {number} id
   * @param {Request} request
   */
  adopt(tab, id, request) {
    // Another's call got this id while nobody knew of this one.
    if (this.#inFlight.encode(id) !== undefined) return this.reject(tab, request.n, workerLostError());
    this.#inFlight.adopt(id, this.#inFlightOf(tab, request));
    // Before the welcome it waits for that; after it, the server is asked for the reply that it keeps.
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
   * Nobody waits for this call any more.
   * @param {string} tab
   * @param {number} n
   */
  cancel(tab, n) {
    if (!this.#queue.cancel(tab, n)) this.#inFlight.cancel(tab, n);
    this.drain();
  }

  /** @param {string} tab  that is gone */
  removeTab(tab) {
    this.#queue.removeTab(tab);
    this.#inFlight.removeTab(tab);
    this.drain();
  }

  /** @param {LineError} error  for everything that waits or is not answered */
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
   * Why the server would not take this, if it would not. Three such frames would end the line for every tab.
   * @param {string} text
   * @param {number} [growth]  by how many characters it may grow
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
