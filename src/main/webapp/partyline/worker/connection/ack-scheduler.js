/** After how long the rest is acknowledged, in milliseconds. */
const ACK_DELAY = 3_000;
/** The same for the first: by it the server learns that its welcome has arrived. */
const FIRST_ACK_DELAY = 1_000;

/**
 * Tells the server how much this socket has brought us, so that it sends more.
 *
 * The server keeps a window of characters unacknowledged. An ack goes out for every so many characters or
 * WebSocket messages, whichever comes first, and a few seconds later for the rest.
 */
export class AckScheduler {
  #everyChars;
  #everyMessages;
  #clock;
  #ack;
  #received = 0;
  #paused = false;
  #acked = 0;
  /** WebSocket messages heard since the last ack. */
  #unackedMessages = 0;
  /** @type {(() => void) | null} */
  #cancel = null;

  /**
   * @param {object} options
   * @param {number} options.everyChars  characters
   * @param {number} options.everyMessages
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(characters: number) => void} options.ack  told the total heard on this socket
   */
  constructor({ everyChars, everyMessages, clock, ack }) {
    this.#everyChars = everyChars;
    this.#everyMessages = everyMessages;
    this.#clock = clock;
    this.#ack = ack;
  }

  /** @param {number} characters  of one whole WebSocket message that was handed on */
  onReceived(characters) {
    this.#received += characters;
    this.#unackedMessages++;
    this.#maybeAck();
  }

  /** @param {boolean} paused  whether nothing is told for now: what was heard waits for somebody */
  pause(paused) {
    this.#paused = paused;
    if (paused) this.stop();
    else this.#maybeAck();
  }

  stop() {
    this.#cancel?.();
    this.#cancel = null;
  }

  #maybeAck() {
    const unackedChars = this.#received - this.#acked;
    if (this.#paused || unackedChars === 0) return;
    if (unackedChars >= this.#everyChars || this.#unackedMessages >= this.#everyMessages) this.#sendAck();
    else this.#cancel ??= this.#clock.after(this.#acked ? ACK_DELAY : FIRST_ACK_DELAY, () => this.#sendAck());
  }

  #sendAck() {
    this.stop();
    this.#acked = this.#received;
    this.#unackedMessages = 0;
    this.#ack(this.#received);
  }
}
