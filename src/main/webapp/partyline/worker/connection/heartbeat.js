// How long the server may take to answer a ping.
const TIMEOUT = 10_000;

/**
 * Detects a half-open connection: sends a ping after silence, and reports a timeout if there is no answer.
 *
 * After sleep or a change of network a socket may look open for hours. Times are compared by the wall clock, because timers
 * do not run while the machine sleeps. After a sleep the server is pinged first; the connection is not given up at once.
 */
export class Heartbeat {
  #clock;
  #idleInterval;
  #timeout;
  #ping;
  #onTimeout;
  #receivedAt;
  #sentAt;
  /** @type {number | null} */
  #pingedAt = null;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {number} options.idleInterval  milliseconds of silence, in either direction, before a ping
   * @param {number} [options.timeout]  milliseconds in which the server must answer
   * @param {() => void} options.ping
   * @param {() => void} options.onTimeout
   */
  constructor({ clock, idleInterval, timeout = TIMEOUT, ping, onTimeout }) {
    this.#clock = clock;
    this.#idleInterval = idleInterval;
    this.#timeout = timeout;
    this.#ping = ping;
    this.#onTimeout = onTimeout;
    this.#receivedAt = this.#sentAt = clock.now();
    this.#scheduleCheck(idleInterval);
  }

  /** Something was received from the server. */
  onReceived() {
    this.#receivedAt = this.#clock.now();
    if (this.#pingedAt === null) return;
    this.#pingedAt = null;
    // The timer was set for the timeout of the ping; the next ping may be due before.
    this.#scheduleCheck(this.#idleInterval);
  }

  /** Something was sent to the server, which expects regular frames, too. */
  onSent() {
    this.#sentAt = this.#clock.now();
  }

  /** Pings now: the machine woke, the network changed, or a tab became visible. */
  probe() {
    if (this.#pingedAt !== null) return;
    this.#pingedAt = this.#clock.now();
    this.#ping();
    this.#scheduleCheck(this.#timeout);
  }

  stop() {
    this.#cancel();
  }

  /** @param {number} milliseconds */
  #scheduleCheck(milliseconds) {
    this.#cancel();
    this.#cancel = this.#clock.after(milliseconds, () => this.#check());
  }

  #check() {
    const now = this.#clock.now();
    if (this.#pingedAt !== null) {
      const left = this.#pingedAt + this.#timeout - now;
      if (left > 0) this.#scheduleCheck(left);
      else this.#onTimeout();
      return;
    }
    const due = Math.min(this.#receivedAt, this.#sentAt) + this.#idleInterval;
    if (now >= due) {
      this.#sentAt = now;
      this.probe();
    } else this.#scheduleCheck(due - now);
  }
}
