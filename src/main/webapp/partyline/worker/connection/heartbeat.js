/**
 * Whether the other end of a socket still lives: asks after silence, and gives up when nobody answers.
 *
 * A half-open socket (a laptop that slept, a network that changed) looks open for hours. Times are compared by wall
 * clock, since a timer that slept with its machine fires as if nothing had happened; after such a sleep the other end
 * is asked first and not condemned at once.
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
   * @param {number} options.idleInterval  milliseconds of silence, of either side, after which we ask
   * @param {number} [options.timeout]  milliseconds the other end has to answer
   * @param {() => void} options.ping
   * @param {() => void} options.onTimeout
   */
  constructor({ clock, idleInterval, timeout = 10_000, ping, onTimeout }) {
    this.#clock = clock;
    this.#idleInterval = idleInterval;
    this.#timeout = timeout;
    this.#ping = ping;
    this.#onTimeout = onTimeout;
    this.#receivedAt = this.#sentAt = clock.now();
    this.#scheduleCheck(idleInterval);
  }

  /** Something came from the other end. */
  onReceived() {
    this.#receivedAt = this.#clock.now();
    if (this.#pingedAt === null) return;
    this.#pingedAt = null;
    // The timer is set for an answer that does not come; ours to ask may be due before.
    this.#scheduleCheck(this.#idleInterval);
  }

  /** Something was said to the other end, which counts our silence too. */
  onSent() {
    this.#sentAt = this.#clock.now();
  }

  /** Asks now: the machine woke, the network changed, a tab was looked at. */
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
