import { LineError } from '../shared/errors.js';
import { onAbort } from '../shared/on-abort.js';

/** How long a tab may take to send a token before the next tab is asked, in milliseconds. */
const REPLY_TIMEOUT = 10_000;

/**
 * Requests tokens from the tabs, because the worker itself cannot log in.
 *
 * Visible tabs are asked first: a hidden tab may be throttled or frozen. A tab that dies or does not answer is skipped. The
 * error `unauthenticated` of one tab is final: another tab would only ask the same server again.
 *
 * @typedef {import('./tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {{ token?: string, error?: unknown }} Answer  of a tab
 */
export class TokenRequests {
  #clock;
  #tabs;
  #post;
  #lastId = 0;
  /** @type {Map<number, (answer: Answer) => void>} settles the request with this `n` */
  #pending = new Map();

  /**
   * @param {object} options
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {() => Iterable<TabConnection>} options.tabs  that are attached
   * @param {(tab: TabConnection, frame: import('../shared/port-protocol.js').WorkerFrame) => void} options.post
   */
  constructor({ clock, tabs, post }) {
    this.#clock = clock;
    this.#tabs = tabs;
    this.#post = post;
  }

  /**
   * @param {string} reason  why a token is needed
   * @returns {Promise<string | undefined>} undefined if no tab has a token option
   */
  async get(reason) {
    const tried = new Set();
    let problem;
    for (;;) {
      const [tab] = [...this.#tabs()]
        .filter((one) => one.givesTokens && !tried.has(one))
        .sort((a, b) => Number(a.hidden) - Number(b.hidden));
      if (!tab) break;
      tried.add(tab);
      const answer = await this.#request(tab, reason);
      if ('token' in answer) return answer.token;
      problem = LineError.from(answer.error);
      if (problem.code === 'unauthenticated') throw problem;
    }
    if (problem) throw new LineError(problem.code, `no tab could get a token: ${problem.message}`, { retryable: true });
    return undefined;
  }

  /**
   * @param {TabConnection} tab
   * @param {string} reason
   * @returns {Promise<Answer>}
   */
  #request(tab, reason) {
    const n = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (/** @type {Answer} */ answer) => {
        cancelTimeout();
        removeAbortListener();
        this.#pending.delete(n);
        resolve(answer);
      };
      const cancelTimeout = this.#clock.after(REPLY_TIMEOUT, () => settle({ error: 'the tab did not answer in 10 s' }));
      const removeAbortListener = onAbort(tab.closed, () => settle({ error: 'the tab went away' }));
      this.#pending.set(n, settle);
      this.#post(tab, { type: '$tokenRequest', n, reason });
    });
  }

  /** @param {import('../shared/port-protocol.js').TokenReply} reply */
  onReply(reply) {
    this.#pending.get(reply.n)?.('token' in reply ? { token: reply.token } : { error: reply.error });
  }
}
