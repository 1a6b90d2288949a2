import { LineError } from '../shared/errors.js';

/** How long a tab may take to send a token before the next tab is asked, in milliseconds. */
const REPLY_TIMEOUT = 10_000;

/**
 * Requests tokens from the tabs, because the worker itself cannot log in.
 *
 * Visible tabs are asked first: a hidden tab may be throttled or frozen. A tab that dies or does not answer is skipped. The
 * error `unauthenticated` of one tab is final: another tab would only ask the same server again.
 *
 * @typedef {import('./tabs/tab-connection.js').TabConnection} TabConnection
 */
export class TokenRequests {
  #clock;
  #lastId = 0;
  /** @type {Map<number, { tab: TabConnection, settle: (answer: { token?: string, error?: unknown }) => void }>} */
  #pending = new Map();

  /** @param {import('../shared/clock.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {() => TabConnection[]} tabs  those now alive
   * @param {string} reason  why a token is needed
   * @param {(tab: TabConnection, frame: import('../shared/port-protocol.js').WorkerFrame) => void} post
   * @returns {Promise<string | undefined>} undefined if no tab has a token option
   */
  async get(tabs, reason, post) {
    const tried = new Set();
    let problem;
    for (;;) {
      const [tab] = tabs()
        .filter((one) => one.givesTokens && !tried.has(one))
        .sort((a, b) => Number(a.hidden) - Number(b.hidden));
      if (!tab) break;
      tried.add(tab);
      const answer = await this.#request(tab, reason, post);
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
   * @param {(tab: TabConnection, frame: import('../shared/port-protocol.js').WorkerFrame) => void} post
   * @returns {Promise<{ token?: string, error?: unknown }>}
   */
  #request(tab, reason, post) {
    const n = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (/** @type {{ token?: string, error?: unknown }} */ answer) => {
        cancel();
        this.#pending.delete(n);
        resolve(answer);
      };
      const cancel = this.#clock.after(REPLY_TIMEOUT, () => settle({ error: 'the tab did not answer in 10 s' }));
      this.#pending.set(n, { tab, settle });
      post(tab, { type: '$tokenRequest', n, reason });
    });
  }

  /** @param {import('../shared/port-protocol.js').TokenReply} reply */
  onReply(reply) {
    this.#pending.get(reply.n)?.settle('token' in reply ? { token: reply.token } : { error: reply.error });
  }

  /** @param {TabConnection} tab  that was removed */
  removeTab(tab) {
    for (const request of [...this.#pending.values()]) if (request.tab === tab) request.settle({ error: 'the tab went away' });
  }
}
