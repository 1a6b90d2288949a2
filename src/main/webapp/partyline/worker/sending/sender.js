import { LineError } from '../../shared/errors.js';
import { withId } from '../../shared/frames.js';
import { MessageLimits } from '../../shared/message-limits.js';
import { InFlightRequests } from './in-flight.js';
import { controlRequest, plainMessage } from './queued-message.js';
import { OUTCOME_UNKNOWN, recover } from './recover.js';
import { SendQueue } from './send-queue.js';

/**
 * The send path: messages of tabs and control requests go to the server here, and each is settled once, by its reply or by an
 * error.
 *
 * A message that can be sent at once is neither queued nor given a timer. Everything else waits in the SendQueue; one timer,
 * for the next message that may be sent or expires, runs while it is not empty.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('./queued-message.js').QueuedMessage} QueuedMessage
 * @typedef {import('./queued-message.js').ControlRequest} ControlRequest
 *
 * @typedef {object} Owner
 * @property {Pick<import('../connection/connection.js').Connection,
 *   'isOpen' | 'status' | 'closedReason' | 'bufferedAmount' | 'send'> | null} connection
 * @property {(tab: string, frame: import('../../shared/port-protocol.js').WorkerFrame) => void} postToTab  to the tab that has this id now, if there is one
 * @property {(page: import('./queued-message.js').PlainSender, error: LineError) => void} rejectPlain
 */
export class Sender {
  #clock;
  #owner;
  #inFlight = new InFlightRequests();
  #queue;
  /** Of the last `$welcome`; before the first one there are none. */
  #limits = new MessageLimits();
  /** The last id that the server accepted on this line before this worker: up to it, a request of an earlier worker is adopted. */
  #acceptedThrough = { line: '', id: 0 };
  #cancelTimer = () => {};
  #timerAt = Infinity;

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {Owner} options.owner
   */
  constructor({ clock, owner }) {
    this.#clock = clock;
    this.#owner = owner;
    this.#queue = new SendQueue({ clock, inFlight: this.#inFlight });
  }

  /** Number of messages that wait. */
  get queueLength() {
    return this.#queue.size;
  }

  /** Number of requests in flight. */
  get inFlightCount() {
    return this.#inFlight.size;
  }

  /**
   * A message of a tab or of a plain page that is sent as soon as possible.
   * @param {QueuedMessage} message
   */
  request(message) {
    const { connection } = this.#owner;
    const error =
      connection?.status.state === 'closed' ? new LineError('closed', connection.closedReason) : this.#violation(message);
    if (error) this.#reject(message, error);
    else if (connection?.isOpen && this.#queue.tryBypass(message, connection.bufferedAmount)) this.#send(message);
    else this.#enqueue(message);
  }

  /**
   * A message that is sent now or dropped.
   * @param {QueuedMessage} message
   */
  sendNow(message) {
    const { connection } = this.#owner;
    if (!connection?.isOpen || this.#violation(message)) return;
    if (this.#queue.tryAcquire(message, connection.bufferedAmount)) this.#send(message);
  }

  /**
   * Sends the text of a plain page as it is.
   * @param {import('./queued-message.js').PlainSender} page
   * @param {string} text
   */
  sendPlain(page, text) {
    this.request(plainMessage(page, text));
  }

  /**
   * A request of the worker itself. It is sent before queued messages, and not again after a reconnect: `$hello` replaces it.
   * @param {Frame} frame
   * @param {(reply: Frame) => void} onReply
   * @returns {boolean} false if there is no connection
   */
  sendControl(frame, onReply) {
    if (!this.#owner.connection?.isOpen) return false;
    this.#queue.addControl(controlRequest(frame, onReply));
    // Not the messages of tabs: the caller may send another control request next, which must come before them.
    this.#drain(false);
    return true;
  }

  /** Sends what waits, as far as the socket, the server's rate and the limit per tab allow. */
  drain() {
    this.#drain(true);
  }

  /**
   * @param {import('../../shared/frames.js').Welcome} welcome
   * @param {boolean} lostReplies
   */
  onWelcome(welcome, lostReplies) {
    const { key } = this.#limits;
    this.#limits = new MessageLimits(welcome.limits);
    const { line, heard: lastAccepted } = welcome;
    if (this.#acceptedThrough.line !== line) this.#acceptedThrough = { line, id: lastAccepted };
    if (this.#limits.key !== key) this.#revalidate();
    const { resend, lost } = this.#inFlight.onWelcome(welcome, lostReplies);
    this.#queue.onWelcome(welcome.limits ?? {}, resend);
    for (const request of lost) this.#reject(request, OUTCOME_UNKNOWN.lost);
    if (!welcome.resumed) for (const request of resend) this.#postAccepted(request);
  }

  /**
   * @param {Frame} reply
   * @returns {boolean} false if there is no such request
   */
  resolve(reply) {
    const request = this.#inFlight.remove(reply.re);
    if (request?.tab !== undefined) {
      const { from: _from, ...frame } = reply;
      frame.re = request.n;
      this.#owner.postToTab(request.tab, /** @type {import('../../shared/port-protocol.js').ReplyFrame} */ (frame));
    } else request?.onReply(reply);
    if (!this.#queue.isEmpty) this.#drain(true);
    return request !== undefined;
  }

  /** The server closed the connection because a message was too large: rejects the largest one, so that it is not sent again. */
  rejectLargest() {
    const request = this.#inFlight.removeLargest();
    if (request) this.#reject(request, new LineError('too_large', 'the server closed the connection over its size'));
  }

  /**
   * Whether a request of a tab is queued or in flight.
   * @param {string} tab
   * @param {number} n
   */
  has(tab, n) {
    return this.#inFlight.has(tab, n) || this.#queue.find(tab, n) !== undefined;
  }

  /**
   * A tab attaches with a request that has no reply yet and that this worker does not know.
   * @param {QueuedMessage} message
   * @param {number | undefined} id  under which it was sent, if a worker has posted it
   * @param {Pick<Parameters<typeof recover>[0], 'sameWorker' | 'sameLine' | 'open'>} circumstances
   */
  recover(message, id, circumstances) {
    const outcome = recover({
      ...circumstances,
      sent: id !== undefined,
      accepted: id !== undefined && id <= this.#acceptedThrough.id,
      idempotent: message.idempotent === true,
    });
    if (outcome === 'send') this.request(message);
    else if (outcome === 'adopt') this.#adopt(message, /** @type {number} */ (id));
    else this.#reject(message, OUTCOME_UNKNOWN[outcome]);
  }

  /**
   * The caller of a request no longer waits.
   * @param {string} tab
   * @param {number} n
   */
  cancel(tab, n) {
    const message = this.#queue.find(tab, n);
    if (message) this.#queue.remove(message);
    else this.#inFlight.cancel(tab, n);
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
    for (const message of [...this.#queue.clear(), ...this.#inFlight.clear()])
      if (message.tab !== undefined) this.#reject(message, error);
  }

  /** @param {QueuedMessage} message */
  #enqueue(message) {
    const error = this.#queue.add(message, this.#owner.connection?.isOpen ?? false);
    if (error) this.#reject(message, error);
    else this.#drain(true);
  }

  /** @param {boolean} includeTabs */
  #drain(includeTabs) {
    if (this.#queue.isEmpty) return this.#scheduleDrain(Infinity);
    const { connection } = this.#owner;
    for (const message of this.#queue.removeExpired()) this.#reject(message, expiredError());
    let waitMs = Infinity;
    while (connection?.isOpen) {
      const next = this.#queue.next(connection.bufferedAmount, includeTabs);
      if (!next.message) {
        waitMs = next.waitMs;
        break;
      }
      this.#send(next.message);
    }
    this.#scheduleDrain(Math.min(this.#clock.now() + waitMs, this.#queue.nextExpiry));
  }

  /** @param {number} at  in milliseconds since the epoch; `Infinity` if there is nothing to wait for */
  #scheduleDrain(at) {
    // An earlier timer stays: it sets the next one. So a message that is queued behind others costs no timer.
    if (at >= this.#timerAt && at !== Infinity) return;
    this.#cancelTimer();
    this.#timerAt = at;
    if (at === Infinity) return;
    this.#cancelTimer = this.#clock.after(Math.max(1, at - this.#clock.now()), () => {
      this.#timerAt = Infinity;
      this.#drain(true);
    });
  }

  /** @param {QueuedMessage | ControlRequest} message */
  #send(message) {
    const isNew = message.id === undefined;
    if (isNew && (message.tab === undefined || message.n !== undefined)) this.#inFlight.register(message);
    this.#owner.connection?.send(withId(message, message.id));
    if (isNew && message.tab !== undefined) this.#postAccepted(message);
  }

  /**
   * Tells the tab the id under which its request was sent: if this worker dies, the next one asks for the reply by that id.
   * @param {QueuedMessage} message
   */
  #postAccepted({ tab, n, id }) {
    if (n !== undefined && id !== undefined) this.#owner.postToTab(tab, { type: '$accepted', n, id });
  }

  /**
   * @param {QueuedMessage} message
   * @param {LineError} error
   */
  #reject({ tab, n, page }, error) {
    if (page) this.#owner.rejectPlain(page, error);
    else if (n !== undefined) this.#owner.postToTab(tab, { re: n, error: error.toJSON() });
  }

  /**
   * Takes over a request that was sent on this line under this id, by an earlier worker or for a tab that was removed.
   * @param {QueuedMessage} message
   * @param {number} id
   */
  #adopt(message, id) {
    // Another request was given this id, because this worker did not know of this one.
    if (this.#inFlight.get(id)) return this.#reject(message, OUTCOME_UNKNOWN.worker_lost);
    this.#inFlight.adopt(id, message);
    // Before `$welcome` it waits for that. After it, sending it again makes the server repeat the stored reply.
    if (!this.#owner.connection?.isOpen) return;
    this.#queue.addResend(id);
    this.drain();
  }

  /** The server's limits changed: rejects the queued messages that exceed them. */
  #revalidate() {
    for (const message of this.#queue.messages()) {
      const error = this.#violation(message);
      if (error && this.#queue.remove(message)) this.#reject(message, error);
    }
  }

  /**
   * Why the server would reject this message, if it would. Three such frames would close the line for every tab. A message that
   * its tab checked against the same limits is not scanned again.
   * @param {QueuedMessage} message
   */
  #violation(message) {
    if (message.checkedBy === this.#limits.key) return undefined;
    const { name, chars, head, tail, n } = message;
    const error = this.#limits.violation({ name, chars, json: head + tail, members: n === undefined ? 0 : 1 });
    if (!error) message.checkedBy = this.#limits.key;
    return error;
  }
}

const expiredError = () =>
  new LineError('expired', 'the message waited for 60 s and was not sent; it may be sent again', { retryable: true });
