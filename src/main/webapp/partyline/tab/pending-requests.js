import { LineError } from '../shared/errors.js';

/** How much a tab holds back while it has no switchboard to give it to. */
const MAX_WAITING = 256;
const MAX_CHARS = 1 << 20;
/** After what silence a worker that was told of a call is doubted, in milliseconds: a living one says `$sent` at once. */
const DOUBT = 2_000;

/**
 * A tab's calls that are not settled yet. Each settles exactly once: by its answer, an error, its timeout or its signal.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 *
 * @typedef {object} PendingRequest
 * @property {Frame} frame  what to say to the switchboard
 * @property {boolean} said
 * @property {number} [id]  the wire's, once it was sent under one
 * @property {number} chars
 * @property {(frame: Frame) => void} settle
 * @property {(error: unknown) => void} fail
 */
export class PendingRequests {
  #clock;
  #say;
  #withdraw;
  #doubt;
  #doubting = false;
  /** @type {Map<number, PendingRequest>} */
  #calls = new Map();
  #n = 0;

  /**
   * @param {object} options
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {() => void} options.doubt  the switchboard was told of a call and says nothing of it: it may be gone
   * @param {(frame: Frame) => boolean} options.say  false when there is nobody to say it to yet
   * @param {(n: number) => void} options.withdraw  nobody waits for this call any more
   */
  constructor({ clock, doubt, say, withdraw }) {
    this.#clock = clock;
    this.#say = say;
    this.#withdraw = withdraw;
    this.#doubt = doubt;
  }

  /**
   * @param {Frame} frame
   * @param {object} [options]
   * @param {number} [options.timeout]  milliseconds; `Infinity` waits for ever
   * @param {AbortSignal} [options.signal]
   * @param {string} [options.what]  for the timeout's text
   * @param {(answer: Frame) => void} [options.answered]  told before what follows in the same burst is heard
   * @returns {Promise<Frame>} the answer
   */
  call(frame, { timeout = Infinity, signal, what = 'this', answered = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const chars = frame.value?.length ?? 0;
      this.#makeRoom(chars);
      const n = ++this.#n;
      const giveUp = (/** @type {unknown} */ error) => {
        if (!this.#calls.has(n)) return;
        this.#withdraw(n);
        call.fail(error);
      };
      const cancel =
        timeout === Infinity
          ? () => {}
          : this.#clock.after(timeout, () =>
              giveUp(new LineError('timeout', `${what} was not answered within ${timeout} ms`, { retryable: true })),
            );
      const abort = () => giveUp(signal?.reason);
      signal?.addEventListener('abort', abort);
      const end = () => {
        this.#calls.delete(n);
        cancel();
        signal?.removeEventListener('abort', abort);
      };
      /** @type {PendingRequest} */
      const call = {
        frame: { ...frame, n },
        said: false,
        chars,
        settle(answer) {
          end();
          if (answer.error) return reject(LineError.from(answer.error));
          answered(answer);
          resolve(answer);
        },
        fail(error) {
          end();
          reject(error);
        },
      };
      this.#calls.set(n, call);
      call.said = this.#say(call.frame);
      this.#expectSign();
    });
  }

  /** @param {Frame} answer  with `re` */
  settle(answer) {
    this.#calls.get(answer.re)?.settle(answer);
  }

  /** @param {Frame} frame  tells the wire's id of a call */
  sent({ n, id }) {
    const call = this.#calls.get(n);
    if (call) call.id = id;
  }

  /** What a switchboard that does not know us must hear of: what an earlier one was told and has not answered. */
  claims() {
    return [...this.#calls.values()]
      .filter(({ said, frame }) => said && (frame.type === '$send' || frame.type === '$publish'))
      .map(({ frame, id }) => ({ n: frame.n, id, frame }));
  }

  /** There is a switchboard: says what waits, and asks again what it cannot know. */
  welcomed() {
    for (const call of this.#calls.values()) {
      const restated = call.frame.type === '$join' || call.frame.type === '$inspect';
      if (!call.said || restated) call.said = this.#say(call.frame);
    }
    this.#expectSign();
  }

  /** @param {unknown} error */
  failAll(error) {
    for (const call of [...this.#calls.values()]) call.fail(error);
  }

  /** WebKit may start a worker anew, with nothing in it and deaf to the old ports; no lock and no event tells of that. */
  #expectSign() {
    if (this.#doubting || !this.#isUnsure) return;
    this.#doubting = true;
    this.#clock.after(DOUBT, () => {
      this.#doubting = false;
      if (this.#isUnsure) this.#doubt();
    });
  }

  get #isUnsure() {
    return [...this.#calls.values()].some(({ said, id }) => said && id === undefined);
  }

  /** @param {number} chars */
  #makeRoom(chars) {
    let waiting = 0;
    let sum = chars;
    for (const call of this.#calls.values()) {
      if (call.said) continue;
      waiting++;
      sum += call.chars;
    }
    if (waiting < MAX_WAITING && sum <= MAX_CHARS) return;
    throw new LineError('queue_full', `${waiting} messages of this tab wait already; wait for them`, { retryable: true });
  }
}
