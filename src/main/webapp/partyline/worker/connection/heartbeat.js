/**
 * Whether the other end of a socket still lives: asks after silence, and gives up when nobody answers.
 *
 * A half-open socket (a laptop that slept, a network that changed) looks open for hours. Times are compared by wall
 * clock, since a timer that slept with its machine fires as if nothing had happened; after such a sleep the other end
 * is asked first and not condemned at once.
 */
export class Heartbeat {
  #clock;
  #quiet;
  #grace;
  #ask;
  #dead;
  #heardAt;
  #saidAt;
  /** @type {number | null} */
  #askedAt = null;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {number} options.quiet  milliseconds of silence, of either side, after which we ask
   * @param {number} [options.grace]  milliseconds the other end has to answer
   * @param {() => void} options.ask
   * @param {() => void} options.dead
   */
  constructor({ clock, quiet, grace = 10_000, ask, dead }) {
    this.#clock = clock;
    this.#quiet = quiet;
    this.#grace = grace;
    this.#ask = ask;
    this.#dead = dead;
    this.#heardAt = this.#saidAt = clock.now();
    this.#wait(quiet);
  }

  /** Something came from the other end. */
  heard() {
    this.#heardAt = this.#clock.now();
    if (this.#askedAt === null) return;
    this.#askedAt = null;
    // The timer is set for an answer that does not come; ours to ask may be due before.
    this.#wait(this.#quiet);
  }

  /** Something was said to the other end, which counts our silence too. */
  said() {
    this.#saidAt = this.#clock.now();
  }

  /** Asks now: the machine woke, the network changed, a tab was looked at. */
  probe() {
    if (this.#askedAt !== null) return;
    this.#askedAt = this.#clock.now();
    this.#ask();
    this.#wait(this.#grace);
  }

  stop() {
    this.#cancel();
  }

  /** @param {number} milliseconds */
  #wait(milliseconds) {
    this.#cancel();
    this.#cancel = this.#clock.after(milliseconds, () => this.#look());
  }

  #look() {
    const now = this.#clock.now();
    if (this.#askedAt !== null) {
      const left = this.#askedAt + this.#grace - now;
      if (left > 0) this.#wait(left);
      else this.#dead();
      return;
    }
    const due = Math.min(this.#heardAt, this.#saidAt) + this.#quiet;
    if (now >= due) {
      this.#saidAt = now;
      this.probe();
    } else this.#wait(due - now);
  }
}
