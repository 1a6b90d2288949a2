/** Delay of the acknowledgement if the thresholds are not reached, in milliseconds. */
const ACK_DELAY = 3_000;
/** The delay of the first acknowledgement, which confirms that `$welcome` has arrived. */
const FIRST_ACK_DELAY = 1_000;

/**
 * Acknowledges what was received on this socket, which grants the server new credit.
 *
 * The server keeps at most one window of characters unacknowledged. An acknowledgement is sent after a number of characters
 * or of WebSocket messages, whichever comes first, and after a delay for the remainder.
 */
export class AckScheduler {
  #everyChars;
  #everyMessages;
  #clock;
  #ack;
  #received = 0;
  #paused = false;
  #acked = 0;
  /** WebSocket messages received since the last acknowledgement. */
  #unackedMessages = 0;
  /** @type {(() => void) | null} */
  #cancel = null;

  /**
   * @param {object} options
   * @param {number} options.everyChars  characters
   * @param {number} options.everyMessages
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(characters: number) => void} options.ack  called with the total received on this socket
   */
  constructor({ everyChars, everyMessages, clock, ack }) {
    this.#everyChars = everyChars;
    this.#everyMessages = everyMessages;
    this.#clock = clock;
    this.#ack = ack;
  }

  /** @param {number} characters  of one whole WebSocket message that was processed */
  onReceived(characters) {
    this.#received += characters;
    this.#unackedMessages++;
    this.#maybeAck();
  }

  /** @param {boolean} paused  whether acknowledgements are withheld, because a tab lags */
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
