import { LineError } from '../shared/errors.js';

/** How much a tab holds back while it has no switchboard to give it to. */
const MAX_UNPOSTED = 256;
const MAX_UNPOSTED_CHARS = 1 << 20;
/** After what silence a worker that was told of a call is doubted, in milliseconds: a living one says `$sent` at once. */
const RECEIPT_TIMEOUT = 2_000;

/**
 * A tab's calls that are not settled yet. Each settles exactly once: by its answer, an error, its timeout or its signal.
 *
 * @typedef {import('../shared/port-protocol.js').RequestFrame} RequestFrame
 * @typedef {import('../shared/port-protocol.js').ReplyFrame} ReplyFrame
 *
 * @typedef {object} PendingRequest
 * @property {RequestFrame & { n: number }} frame  what to say to the switchboard
 * @property {boolean} posted
 * @property {number} [id]  the wire's, once it was sent under one
 * @property {number} chars
 * @property {(reply: ReplyFrame) => void} resolve
 * @property {(error: unknown) => void} reject
 */
export class PendingRequests {
  #clock;
  #post;
  #cancel;
  #onNoReceipt;
  #awaitingReceipt = false;
  /** @type {Map<number, PendingRequest>} */
  #requests = new Map();
  #n = 0;

  /**
   * @param {object} options
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {() => void} options.onNoReceipt  the switchboard was told of a call and says nothing of it: it may be gone
   * @param {(frame: RequestFrame) => boolean} options.post  false when there is nobody to say it to yet
   * @param {(n: number) => void} options.cancel  nobody waits for this call any more
   */
  constructor({ clock, onNoReceipt, post, cancel }) {
    this.#clock = clock;
    this.#post = post;
    this.#cancel = cancel;
    this.#onNoReceipt = onNoReceipt;
  }

  /**
   * @param {RequestFrame} frame
   * @param {object} [options]
   * @param {number} [options.timeout]  milliseconds; `Infinity` waits for ever
   * @param {AbortSignal} [options.signal]
   * @param {string} [options.what]  for the timeout's text
   * @param {(reply: ReplyFrame) => void} [options.onReply]  told before what follows in the same burst is heard
   * @returns {Promise<ReplyFrame>}
   */
  send(frame, { timeout = Infinity, signal, what = 'this', onReply = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const chars = 'value' in frame ? (frame.value?.length ?? 0) : 0;
      this.#checkLimits(chars);
      const n = ++this.#n;
      const abandon = (/** @type {unknown} */ error) => {
        if (!this.#requests.has(n)) return;
        this.#cancel(n);
        request.reject(error);
      };
      const cancelTimeout =
        timeout === Infinity
          ? () => {}
          : this.#clock.after(timeout, () =>
              abandon(new LineError('timeout', `${what} was not answered within ${timeout} ms`, { retryable: true })),
            );
      const abort = () => abandon(signal?.reason);
      signal?.addEventListener('abort', abort);
      const settle = () => {
        this.#requests.delete(n);
        cancelTimeout();
        signal?.removeEventListener('abort', abort);
      };
      /** @type {PendingRequest} */
      const request = {
        frame: { ...frame, n },
        posted: false,
        chars,
        resolve(reply) {
          settle();
          if (reply.error) return reject(LineError.from(reply.error));
          onReply(reply);
          resolve(reply);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      this.#requests.set(n, request);
      request.posted = this.#post(request.frame);
      this.#startReceiptTimer();
    });
  }

  /** @param {ReplyFrame} reply */
  resolve(reply) {
    this.#requests.get(reply.re)?.resolve(reply);
  }

  /** @param {{ n: number, id: number }} frame  tells the id under which the worker sent a request */
  onAccepted({ n, id }) {
    const request = this.#requests.get(n);
    if (request) request.id = id;
  }

  /** What a switchboard that does not know us must hear of: what an earlier one was told and has not answered. */
  unresolved() {
    return [...this.#requests.values()].flatMap(({ posted, frame, id }) =>
      posted && (frame.type === '$send' || frame.type === '$publish') ? [{ n: frame.n, id, frame }] : [],
    );
  }

  /** There is a switchboard: says what waits, and asks again what it cannot know. */
  onAttached() {
    for (const request of this.#requests.values()) {
      const repeated = request.frame.type === '$join' || request.frame.type === '$inspect';
      if (!request.posted || repeated) request.posted = this.#post(request.frame);
    }
    this.#startReceiptTimer();
  }

  /** @param {unknown} error */
  rejectAll(error) {
    for (const request of [...this.#requests.values()]) request.reject(error);
  }

  /** WebKit may start a worker anew, with nothing in it and deaf to the old ports; no lock and no event tells of that. */
  #startReceiptTimer() {
    if (this.#awaitingReceipt || !this.#lacksReceipt) return;
    this.#awaitingReceipt = true;
    this.#clock.after(RECEIPT_TIMEOUT, () => {
      this.#awaitingReceipt = false;
      if (this.#lacksReceipt) this.#onNoReceipt();
    });
  }

  get #lacksReceipt() {
    return [...this.#requests.values()].some(({ posted, id }) => posted && id === undefined);
  }

  /** @param {number} chars */
  #checkLimits(chars) {
    let unposted = 0;
    let sum = chars;
    for (const request of this.#requests.values()) {
      if (request.posted) continue;
      unposted++;
      sum += request.chars;
    }
    if (unposted < MAX_UNPOSTED && sum <= MAX_UNPOSTED_CHARS) return;
    throw new LineError('queue_full', `${unposted} messages of this tab wait already; wait for them`, { retryable: true });
  }
}
