import { LineError } from '../shared/errors.js';

/** How much a tab holds back while no worker is attached. */
const MAX_UNPOSTED = 256;
const MAX_UNPOSTED_CHARS = 1 << 20;
/** How long a posted request may lack an `$accepted` before the worker is probed, in milliseconds. A live worker posts it at once. */
const RECEIPT_TIMEOUT = 2_000;

/**
 * The tab's requests that are not settled yet. Each settles exactly once: by its reply, an error, its timeout or its signal.
 *
 * @typedef {import('../shared/port-protocol.js').RequestFrame} RequestFrame
 * @typedef {import('../shared/port-protocol.js').ReplyFrame} ReplyFrame
 *
 * @typedef {object} PendingRequest
 * @property {RequestFrame & { n: number }} frame
 * @property {boolean} posted
 * @property {number} [id]  the id under which the worker sent it to the server, known from `$accepted`
 * @property {number} chars
 * @property {(reply: ReplyFrame) => void} resolve
 * @property {(error: unknown) => void} reject
 */
export class PendingRequests {
  #clock;
  #worker;
  #awaitingReceipt = false;
  /** @type {Map<number, PendingRequest>} */
  #requests = new Map();
  #n = 0;

  /**
   * @param {object} options
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {Pick<import('./worker-connection.js').WorkerConnection, 'post' | 'probe'>} options.worker
   */
  constructor({ clock, worker }) {
    this.#clock = clock;
    this.#worker = worker;
  }

  /**
   * @param {RequestFrame} frame
   * @param {object} [options]
   * @param {number} [options.timeout]  milliseconds; `Infinity`: no timeout
   * @param {AbortSignal} [options.signal]
   * @param {string} [options.what]  for the timeout's text
   * @param {(reply: ReplyFrame) => void} [options.onReply]  called before the next frame of the same batch is handled
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
        this.#worker.post({ type: '$cancel', n });
        request.reject(error);
      };
      const cancelTimeout =
        timeout === Infinity
          ? () => {}
          : this.#clock.after(timeout, () =>
              // A request that was posted may have reached its handler.
              abandon(new LineError('timeout', `${what} was not answered within ${timeout} ms`, { retryable: !request.posted })),
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
      request.posted = this.#worker.post(request.frame);
      this.#startReceiptTimer();
    });
  }

  /** @param {ReplyFrame} reply */
  resolve(reply) {
    this.#requests.get(reply.re)?.resolve(reply);
  }

  /** @param {{ n: number, id: number }} frame  the id under which the worker sent request `n` */
  onAccepted({ n, id }) {
    const request = this.#requests.get(n);
    if (request) request.id = id;
  }

  /** The requests that were posted to an earlier worker and not answered, for `$attach`. */
  unresolved() {
    return [...this.#requests.values()].flatMap(({ posted, frame, id }) =>
      posted && (frame.type === '$send' || frame.type === '$publish' || frame.type === '$answer')
        ? [{ n: frame.n, id, frame }]
        : [],
    );
  }

  /** A worker is attached: posts what waits, and repeats what is not part of `$attach`. */
  onAttached() {
    for (const request of this.#requests.values()) {
      const repeated = request.frame.type === '$join' || request.frame.type === '$inspect';
      if (!request.posted || repeated) request.posted = this.#worker.post(request.frame);
    }
    this.#startReceiptTimer();
  }

  /** @param {unknown} error */
  rejectAll(error) {
    for (const request of [...this.#requests.values()]) request.reject(error);
  }

  /** WebKit may restart a worker with no state that does not listen to the old ports; no lock and no event reports that. */
  #startReceiptTimer() {
    if (this.#awaitingReceipt || !this.#lacksReceipt) return;
    this.#awaitingReceipt = true;
    this.#clock.after(RECEIPT_TIMEOUT, () => {
      this.#awaitingReceipt = false;
      // It may be dead.
      if (this.#lacksReceipt) this.#worker.probe();
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
