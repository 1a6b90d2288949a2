import { LineError } from '../shared/errors.js';

/** How long a tab has to bring a token before another is asked, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Gets tokens from the tabs: the worker has no way to log in, but some live tab has.
 *
 * Visible tabs are asked first, since a hidden one may be throttled or frozen. A tab that dies or does not answer is
 * passed over. A tab that says "not logged in" settles it: asking on would only ask the same server again.
 *
 * @typedef {import('./tabs/tab-connection.js').TabConnection} TabConnection
 */
export class TokenRequests {
  #clock;
  #asks = 0;
  /** @type {Map<number, { tab: TabConnection, settle: (answer: { token?: string, error?: unknown }) => void }>} */
  #asked = new Map();

  /** @param {import('../shared/clock.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {() => TabConnection[]} tabs  those now alive
   * @param {string} reason  why a token is needed
   * @param {(tab: TabConnection, frame: import('../shared/frames.js').Frame) => void} tell
   * @returns {Promise<string | undefined>} undefined when no tab gives tokens
   */
  async get(tabs, reason, tell) {
    const tried = new Set();
    let problem;
    for (;;) {
      const [tab] = tabs()
        .filter((one) => one.givesTokens && !tried.has(one))
        .sort((a, b) => Number(a.hidden) - Number(b.hidden));
      if (!tab) break;
      tried.add(tab);
      const answer = await this.#ask(tab, reason, tell);
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
   * @param {(tab: TabConnection, frame: import('../shared/frames.js').Frame) => void} tell
   * @returns {Promise<{ token?: string, error?: unknown }>}
   */
  #ask(tab, reason, tell) {
    const n = ++this.#asks;
    return new Promise((resolve) => {
      const settle = (/** @type {{ token?: string, error?: unknown }} */ answer) => {
        cancel();
        this.#asked.delete(n);
        resolve(answer);
      };
      const cancel = this.#clock.after(PATIENCE, () => settle({ error: 'the tab did not answer in 10 s' }));
      this.#asked.set(n, { tab, settle });
      tell(tab, { type: '$token', n, reason });
    });
  }

  /** @param {import('../shared/frames.js').Frame} frame  a tab's `$token` */
  answered({ n, token, error }) {
    this.#asked.get(n)?.settle(error === undefined ? { token } : { error });
  }

  /** @param {TabConnection} tab  that is gone */
  forget(tab) {
    for (const asked of [...this.#asked.values()]) if (asked.tab === tab) asked.settle({ error: 'the tab went away' });
  }
}
