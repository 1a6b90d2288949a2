import { AckScheduler } from './ack-scheduler.js';
import { findFrameViolation } from './frame-violation.js';
import { split } from '../../shared/frames.js';
import { Heartbeat } from './heartbeat.js';

/** How long a socket may take from its creation to `$welcome`, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long after `open` a `$welcome` may take for which no `$hello` is sent, in milliseconds: it is sent right behind the handshake. */
const UNASKED_TIMEOUT = 2_000;

/** Large messages are binary: containers encode a text once for each connection, bytes are encoded once for all. */
const utf8 = new TextDecoder();

/**
 * One WebSocket, from its creation to its end: the handshake and its timeout, decoding, heartbeat and acknowledgements.
 *
 * It ends once: when the server closes it, when a timeout gives it up, or by `discard`. After that it reports nothing, since a
 * half-open socket may fire `close` minutes later, when the connection has another one.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Welcome} Welcome
 *
 * @typedef {object} SocketListener
 * @property {number} inbox  how many frames of the line's inbox were received
 * @property {(welcome: Welcome) => void} onWelcome
 * @property {(frame: Frame, text: string) => void} onFrame
 * @property {(violation: string, frame?: Frame) => void} onMalformed  instead of `onFrame`; without a frame if it is no JSON object
 * @property {(close: SocketClose) => void} onClosed
 * @property {() => void} onNotAsked  no `$welcome` came without `$hello`; the socket is discarded
 *
 * @typedef {object} SocketClose
 * @property {number} code
 * @property {string} reason
 * @property {number} [after]  the delay before the next attempt that the server asked for, in milliseconds
 * @property {boolean} [wasWelcomed]
 * @property {boolean} [wasRefused]  it was closed before it was open
 */
export class ServerSocket {
  #socket;
  #listener;
  #clock;
  /** From `$bye`: intermediaries may replace close codes. @type {{ code: number, after: number, reason: string } | null} */
  #announcedClose = null;
  #cancelTimeout;
  /** From `$welcome` on. @type {Heartbeat | null} */
  #heartbeat = null;
  /** From `$welcome` on. @type {AckScheduler | null} */
  #acks = null;
  #acksPaused;
  #isDiscarded = false;
  #wasOpened = false;
  /** Why the handshake failed, if it does. */
  #timeoutReason = 'no welcome within 10 s';

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {typeof WebSocket} options.WebSocket  its constructor throws if the URL is invalid or not allowed
   * @param {() => string} [options.encodeHello]  called when the socket is open; without it the URL stands for the `$hello`
   * @param {boolean} options.acksPaused
   * @param {SocketListener} options.listener
   * @param {import('../../shared/clock.js').Clock} options.clock
   */
  constructor({ url, WebSocket, encodeHello, acksPaused, listener, clock }) {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#wasOpened = true;
      if (encodeHello) return socket.send(encodeHello());
      this.#cancelTimeout();
      this.#cancelTimeout = clock.after(UNASKED_TIMEOUT, () => {
        // The server removes a line that it may have opened.
        this.discard(1000);
        listener.onNotAsked();
      });
    };
    socket.onmessage = this.#onMessage;
    socket.onclose = ({ code, reason }) => this.#end({ code, reason, ...this.#announcedClose });
    this.#socket = socket;
    this.#acksPaused = acksPaused;
    this.#listener = listener;
    this.#clock = clock;
    this.#cancelTimeout = clock.after(CONNECT_TIMEOUT, () => this.#abort(0, this.#timeoutReason));
  }

  /** Whether `send` sends. */
  get isOpen() {
    return this.#heartbeat !== null && this.#socket.readyState === 1;
  }

  /** Bytes that were sent and have not left the browser yet. */
  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  /**
   * @param {string} text  one or more frames
   * @returns {boolean} false if the socket is not open and nothing was sent
   */
  send(text) {
    if (!this.isOpen) return false;
    this.#socket.send(text);
    this.#heartbeat?.onSent();
    return true;
  }

  /** Pings now, to find out whether the server is still there. */
  probe() {
    this.#heartbeat?.probe();
  }

  /** @param {boolean} paused */
  pauseAcks(paused) {
    this.#acksPaused = paused;
    this.#acks?.pause(paused);
  }

  /**
   * Ends the socket without a report.
   * @param {number} [code]  with which it is closed; without one it is closed already
   */
  discard(code) {
    this.#isDiscarded = true;
    this.#cancelTimeout();
    this.#heartbeat?.stop();
    this.#acks?.stop();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    if (code !== undefined) this.#socket.close(code);
  }

  /** @param {MessageEvent} event */
  #onMessage = ({ data }) => {
    const message = typeof data === 'string' ? data : utf8.decode(data);
    this.#heartbeat?.onReceived();
    const failures = [];
    for (const { frame, text } of split(message, () => this.#listener.onMalformed('no JSON object'))) {
      try {
        this.#onFrame(frame, text);
      } catch (error) {
        // The other frames are processed, and all are acknowledged: the server counts them too.
        failures.push(error);
      }
      if (this.#isDiscarded) break;
    }
    if (!this.#isDiscarded) this.#acks?.onReceived(message.length);
    if (failures.length > 0) throw failures[0];
  };

  /**
   * @param {Frame} frame
   * @param {string} text  the same, as received
   */
  #onFrame(frame, text) {
    const violation = this.#heartbeat && frame.type === '$welcome' ? '$welcome after $welcome' : findFrameViolation(frame);
    if (violation === undefined) {
      if (!this.#handle(frame)) this.#listener.onFrame(frame, text);
      return;
    }
    if (frame.type === '$welcome') this.#timeoutReason = `malformed welcome: ${violation}`;
    this.#listener.onMalformed(violation, frame);
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} whether it concerns the socket alone
   */
  #handle(frame) {
    switch (frame.type) {
      case '$welcome':
        this.#onWelcome(/** @type {Welcome} */ (/** @type {unknown} */ (frame)));
        return true;
      case '$ping':
        this.send('{"type":"$pong"}');
        return true;
      case '$pong':
        return true;
      case '$bye':
        this.#announcedClose = { code: frame.code, after: frame.after ?? 0, reason: frame.reason ?? '' };
        return true;
    }
    return false;
  }

  /** @param {Welcome} welcome */
  #onWelcome(welcome) {
    this.#cancelTimeout();
    this.#heartbeat = new Heartbeat({
      clock: this.#clock,
      idleInterval: welcome.ping ?? 20_000,
      ping: () => this.send('{"type":"$ping"}'),
      onTimeout: () => this.#abort(4002, 'heartbeat timeout'),
    });
    this.#acks = new AckScheduler({
      clock: this.#clock,
      everyChars: welcome.limits?.ack || 8_192,
      everyMessages: welcome.limits?.ackMessages || 12,
      ack: (bytes) => this.send(JSON.stringify({ type: '$ack', bytes, inbox: this.#listener.inbox })),
    });
    this.#acks.pause(this.#acksPaused);
    this.#listener.onWelcome(welcome);
  }

  /**
   * Gives up a socket that may never fire `close`.
   * @param {number} code
   * @param {string} reason
   */
  #abort(code, reason) {
    this.#end({ code, reason, after: this.#announcedClose?.after }, 4002);
  }

  /**
   * @param {SocketClose} close
   * @param {number} [code]  with which the socket is closed
   */
  #end(close, code) {
    if (this.#isDiscarded) return;
    this.discard(code);
    this.#listener.onClosed({ ...close, wasWelcomed: this.#heartbeat !== null, wasRefused: !this.#wasOpened });
  }
}
