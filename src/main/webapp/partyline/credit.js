/**
 * Tells the server how much this socket has brought us, so that it sends more.
 *
 * The server keeps a window of characters unacknowledged. An ack goes out for every so many characters, and a second
 * after the last message, when the rest is told too.
 */
export class Credit {
  #every;
  #clock;
  #ack;
  #heard = 0;
  #held = false;
  #acked = 0;
  /** @type {(() => void) | null} */
  #cancel = null;

  /**
   * @param {object} options
   * @param {number} options.every  characters
   * @param {import('./clock.js').Clock} options.clock
   * @param {(characters: number) => void} options.ack  told the total heard on this socket
   */
  constructor({ every, clock, ack }) {
    this.#every = every;
    this.#clock = clock;
    this.#ack = ack;
  }

  /** @param {number} characters  of one whole WebSocket message that was handed on */
  heard(characters) {
    this.#heard += characters;
    this.#look();
  }

  /** @param {boolean} held  whether nothing is told for now: what was heard waits for somebody */
  hold(held) {
    this.#held = held;
    if (held) this.stop();
    else this.#look();
  }

  stop() {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look() {
    const untold = this.#heard - this.#acked;
    if (this.#held || untold === 0) return;
    if (untold >= this.#every) this.#tell();
    else this.#cancel ??= this.#clock.after(1_000, () => this.#tell());
  }

  #tell() {
    this.stop();
    this.#acked = this.#heard;
    this.#ack(this.#heard);
  }
}
