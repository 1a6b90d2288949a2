/** After how long the rest is acknowledged, in milliseconds. */
const REST = 3_000;
/** The same for the first: by it the server learns that its welcome has arrived. */
const FIRST = 1_000;

/**
 * Tells the server how much this socket has brought us, so that it sends more.
 *
 * The server keeps a window of characters unacknowledged. An ack goes out for every so many characters or
 * WebSocket messages, whichever comes first, and a few seconds later for the rest.
 */
export class AckScheduler {
  #every;
  #messages;
  #clock;
  #ack;
  #heard = 0;
  #held = false;
  #acked = 0;
  /** WebSocket messages heard since the last ack. */
  #unacked = 0;
  /** @type {(() => void) | null} */
  #cancel = null;

  /**
   * @param {object} options
   * @param {number} options.every  characters
   * @param {number} options.messages
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(characters: number) => void} options.ack  told the total heard on this socket
   */
  constructor({ every, messages, clock, ack }) {
    this.#every = every;
    this.#messages = messages;
    this.#clock = clock;
    this.#ack = ack;
  }

  /** @param {number} characters  of one whole WebSocket message that was handed on */
  heard(characters) {
    this.#heard += characters;
    this.#unacked++;
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
    if (untold >= this.#every || this.#unacked >= this.#messages) this.#tell();
    else this.#cancel ??= this.#clock.after(this.#acked ? REST : FIRST, () => this.#tell());
  }

  #tell() {
    this.stop();
    this.#acked = this.#heard;
    this.#unacked = 0;
    this.#ack(this.#heard);
  }
}
