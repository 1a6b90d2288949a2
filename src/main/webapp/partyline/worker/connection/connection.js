import { backoff, MAX_DELAY, HIDDEN_MAX_DELAY } from './backoff.js';
import { systemClock } from '../../shared/clock.js';
import { reconnectPolicy } from './close-codes.js';
import { AckScheduler } from './ack-scheduler.js';
import { LineError } from '../../shared/errors.js';
import { isFromInbox, PROTOCOL, split } from '../../shared/frames.js';
import { Heartbeat } from './heartbeat.js';

/** How long a socket may take from its creation to `$welcome`, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long a connection must last before earlier failures no longer count, in milliseconds. */
const STABLE_AFTER = 5_000;
/** How often the client reconnects after close codes that indicate a protocol error. */
const MAX_PROTOCOL_ERRORS = 3;

/** Large messages are binary: containers encode a text once for each connection, bytes are encoded once for all. */
const utf8 = new TextDecoder();

/**
 * The one WebSocket of the worker: handshake, heartbeat, acknowledgements, reconnect and resume.
 *
 * It knows nothing of tabs. Its owner, the hub, supplies the content of `$hello` and receives frames and status changes. Each
 * attempt has a generation; events of an earlier generation are ignored.
 *
 * @typedef {object} ConnectionStatus
 * @property {'connecting' | 'open' | 'waiting' | 'closed'} state
 * @property {number} [code]  the last close code
 * @property {string} [reason]
 * @property {number} [retryAt]  when the next attempt starts, in milliseconds since the epoch
 *
 * @typedef {import('../../shared/port-protocol.js').SessionTicket} SessionTicket
 *
 * @typedef {object} Owner
 * @property {(reason: 'connect' | 'expired' | 'login') => Promise<string | undefined>} token  rejects if there is none
 * @property {(brief: boolean) => { tabs: string[], topics: Record<string, import('../../shared/frames.js').Position | null> }} helloPayload  without
 *   topics if it must be brief
 * @property {(welcome: import('../../shared/frames.js').Welcome, lostReplies: boolean) => void} onWelcome
 * @property {(frame: import('../../shared/frames.js').Frame, text: string, inbox: number) => void} onFrame
 * @property {() => void} rejectLargest  the server closed the connection because a message was too large
 * @property {(status: ConnectionStatus) => void} onStatus
 */
export class Connection {
  #url;
  #owner;
  #WebSocket;
  #clock;
  #random;
  #log;
  /** @type {WebSocket | null} */
  #socket = null;
  #generation = 0;
  /** @type {ConnectionStatus} */
  #status = { state: 'closed' };
  /** @type {SessionTicket | null} */
  #session = null;
  #failures = 0;
  #protocolErrors = 0;
  #notBefore = 0;
  /** @type {'connect' | 'expired' | 'login'} */
  #tokenReason = 'connect';
  /** @type {{ code: number, after: number, reason: string } | null} announced by `$bye`, because intermediaries may replace close codes */
  #announcedClose = null;
  /** @type {Heartbeat | null} */
  #heartbeat = null;
  /** @type {AckScheduler | null} */
  #acks = null;
  /** @type {(() => void)[]} timers of this generation */
  #timers = [];
  #acksPaused = false;
  /**
   * Number of consecutive `$hello` frames without a `$welcome`. After two, or after a close with 1009, the next `$hello` omits
   * the topics.
   */
  #unansweredHellos = 0;
  /** Whether every tab is hidden: then reconnects are slower. */
  hidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Owner} options.owner
   * @param {import('../event-log.js').EventLog} options.log
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {import('../../shared/clock.js').Clock} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor({ url, owner, log, WebSocket = globalThis.WebSocket, clock = systemClock, random = Math.random }) {
    this.#url = url;
    this.#owner = owner;
    this.#log = log;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
  }

  get status() {
    return this.#status;
  }

  get url() {
    return this.#url;
  }

  /** With which the current line could be resumed, or null. */
  get session() {
    return this.#session;
  }

  /** The state as a WebSocket's `readyState`, for plain pages. */
  get readyState() {
    return { connecting: 0, open: 1, waiting: 3, closed: 3 }[this.#status.state];
  }

  /** Whether `send` sends. */
  get isOpen() {
    return this.#status.state === 'open' && this.#socket?.readyState === 1;
  }

  /** The text of the error `closed`. */
  get closedReason() {
    const { code, reason } = this.#status;
    return `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`;
  }

  /**
   * Bytes passed to the socket and not sent to the network yet.
   */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /**
   * Takes over the line of an earlier worker. Ignored if this connection has had a line of its own.
   * @param {SessionTicket} session
   */
  restoreSession(session) {
    this.#session ??= session;
  }

  /** Connects, if the connection is closed. */
  start() {
    if (this.#status.state !== 'closed') return;
    this.#failures = this.#protocolErrors = this.#notBefore = 0;
    this.#connect();
  }

  /** Whether this side has closed the connection, so that it may be opened again. */
  get closedLocally() {
    return this.#status.state === 'closed' && this.#status.code === 1000;
  }

  /**
   * Ends the line: the server removes it at once.
   * @param {string} reason
   */
  closeLine(reason) {
    this.send('{"type":"$bye"}');
    this.#session = null;
    this.stop({ code: 1000, reason });
  }

  /**
   * Closes the connection until `start`.
   * @param {{ code?: number, reason: string }} why
   */
  stop({ code, reason }) {
    this.#discardSocket(1000);
    this.#setStatus({ state: 'closed', code, reason });
  }

  /**
   * The network is back, a tab became visible, or the machine woke. An open connection is pinged. A waiting one retries within
   * a second, unless the server has requested a longer delay.
   */
  wake() {
    if (this.#status.state === 'open') this.#heartbeat?.probe();
    else if (this.#status.state === 'waiting') {
      const earliest = Math.max(this.#clock.now() + this.#random() * 1_000, this.#notBefore);
      if (earliest < /** @type {number} */ (this.#status.retryAt)) this.#scheduleRetry(earliest);
    }
  }

  /**
   * @param {string} text  one or more frames
   * @returns {boolean} false if the connection is not open and nothing was sent
   */
  send(text) {
    if (!this.isOpen) return false;
    this.#socket?.send(text);
    this.#heartbeat?.onSent();
    return true;
  }

  /** @param {boolean} paused  whether acknowledgements are withheld, because a tab lags */
  pauseAcks(paused) {
    this.#acksPaused = paused;
    this.#acks?.pause(paused);
  }

  async #connect() {
    const generation = ++this.#generation;
    this.#setStatus({ ...this.#status, state: 'connecting', retryAt: undefined });
    let token;
    try {
      token = await this.#owner.token(this.#tokenReason);
    } catch (error) {
      if (generation !== this.#generation) return;
      const { code, message, retryable } = LineError.from(error);
      if (retryable) this.#onClosed(0, message);
      else this.stop({ code: 4501, reason: `${code}: ${message}` });
      return;
    }
    if (generation !== this.#generation) return;
    let socket;
    try {
      socket = new this.#WebSocket(this.#url);
    } catch (error) {
      // An invalid URL, or a content security policy that forbids it: a retry would not help.
      this.stop({ reason: `the browser refused ${this.#url}: ${error instanceof Error ? error.message : error}` });
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#announcedClose = null;
    this.#timers.push(this.#clock.after(CONNECT_TIMEOUT, () => this.#abortSocket(0, 'no welcome within 10 s')));
    socket.onopen = () => {
      socket.send(this.#helloFrame(token));
      this.#unansweredHellos++;
    };
    socket.onmessage = (event) => this.#onMessage(event.data);
    socket.onclose = (event) =>
      this.#onClosed(this.#announcedClose?.code ?? event.code, this.#announcedClose?.reason ?? event.reason);
  }

  /** @param {string | undefined} token */
  #helloFrame(token) {
    // JSON.stringify omits undefined members, so the `$hello` of a new line has neither line nor key.
    return JSON.stringify({
      type: '$hello',
      v: PROTOCOL,
      ...this.#session,
      ...this.#owner.helloPayload(this.#unansweredHellos > 1),
      token,
      binary: true,
    });
  }

  /** @param {unknown} data */
  #onMessage(data) {
    const message = typeof data === 'string' ? data : utf8.decode(/** @type {ArrayBuffer} */ (data));
    this.#heartbeat?.onReceived();
    const generation = this.#generation;
    for (const { frame, text } of split(message, () => this.#log.add('malformed frame from the server'))) {
      this.#onFrame(frame, text);
      if (generation !== this.#generation) return;
    }
    this.#acks?.onReceived(message.length);
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame
   * @param {string} text  the same, as received
   */
  #onFrame(frame, text) {
    switch (frame.type) {
      case '$welcome':
        return this.#onWelcome(/** @type {import('../../shared/frames.js').Welcome} */ (/** @type {unknown} */ (frame)));
      case '$ping':
        this.send('{"type":"$pong"}');
        return;
      case '$pong':
        return;
      case '$bye':
        this.#announcedClose = { code: Number(frame.code), after: Number(frame.after) || 0, reason: String(frame.reason ?? '') };
        return;
    }
    if (isFromInbox(frame) && this.#session) this.#session = { ...this.#session, inbox: this.#session.inbox + 1 };
    this.#owner.onFrame(frame, text, this.#session?.inbox ?? 0);
  }

  /** @param {import('../../shared/frames.js').Welcome} welcome */
  #onWelcome(welcome) {
    this.#clearTimers();
    this.#unansweredHellos = 0;
    const lostReplies = welcome.resumed && this.#session !== null && welcome.inbox > this.#session.inbox;
    this.#session = { line: welcome.line, key: welcome.key, inbox: welcome.inbox };
    this.#tokenReason = 'connect';
    this.#heartbeat = new Heartbeat({
      clock: this.#clock,
      idleInterval: welcome.ping || 20_000,
      ping: () => this.send('{"type":"$ping"}'),
      onTimeout: () => this.#abortSocket(4002, 'heartbeat timeout'),
    });
    this.#acks = new AckScheduler({
      clock: this.#clock,
      everyChars: welcome.limits?.ack || 8_192,
      everyMessages: welcome.limits?.ackMessages || 12,
      ack: (bytes) => this.send(JSON.stringify({ type: '$ack', bytes, inbox: this.#session?.inbox ?? 0 })),
    });
    this.#acks.pause(this.#acksPaused);
    this.#timers.push(this.#clock.after(STABLE_AFTER, () => (this.#failures = this.#protocolErrors = 0)));
    this.#log.add(`${welcome.resumed ? 'resumed' : 'opened'} line ${welcome.line}`);
    // The owner must process `$welcome` before it sends anything.
    this.#status = { state: 'open' };
    this.#owner.onWelcome(welcome, lostReplies);
    // Unless the owner has closed the connection, because the line has another user.
    if (this.#socket) this.#owner.onStatus(this.#status);
  }

  /**
   * Gives up a socket that may never fire `close`.
   * @param {number} code
   * @param {string} reason
   */
  #abortSocket(code, reason) {
    this.#discardSocket(4002);
    this.#onClosed(code, reason);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #onClosed(code, reason) {
    const { action, spread, doubling, refreshToken, dropLargestRequest, newSession, upgrade } = reconnectPolicy(code);
    const minDelay = this.#announcedClose?.after ?? 0;
    const welcomed = this.#heartbeat !== null;
    this.#discardSocket();
    this.#announcedClose = null;
    this.#log.add(`connection closed: ${code} ${reason}`);
    if (refreshToken) this.#tokenReason = code === 4003 ? 'expired' : 'login';
    if (dropLargestRequest && welcomed) this.#owner.rejectLargest();
    else if (dropLargestRequest) this.#unansweredHellos++;
    if (newSession) this.#session = null;
    if ((action === 'stop' && !newSession) || (action === 'few' && ++this.#protocolErrors > MAX_PROTOCOL_ERRORS)) {
      this.#setStatus({ state: 'closed', code, reason: reason || (upgrade ? 'a newer version is needed' : '') });
      return;
    }
    const now = this.#clock.now();
    const factor = doubling ? 2 ** Math.min(this.#failures, 5) : 1;
    const wait = spread
      ? factor * (spread[0] + this.#random() * (spread[1] - spread[0])) +
        backoff(this.#failures - 1, this.#random, this.#maxDelay)
      : backoff(this.#failures, this.#random, this.#maxDelay);
    this.#failures++;
    this.#notBefore = spread || minDelay ? now + Math.max(minDelay, spread ? wait : 0) : 0;
    this.#status = { state: 'waiting', code, reason };
    this.#scheduleRetry(Math.max(now + wait, now + minDelay));
  }

  get #maxDelay() {
    return this.hidden ? HIDDEN_MAX_DELAY : MAX_DELAY;
  }

  /** @param {number} when */
  #scheduleRetry(when) {
    this.#clearTimers();
    this.#setStatus({ ...this.#status, retryAt: when });
    this.#timers.push(this.#clock.after(Math.max(0, when - this.#clock.now()), () => this.#connect()));
  }

  /**
   * Drops the socket, and closes it if a code is given.
   * @param {number} [code]
   */
  #discardSocket(code) {
    this.#generation++;
    this.#clearTimers();
    this.#heartbeat?.stop();
    this.#acks?.stop();
    this.#heartbeat = this.#acks = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code !== undefined) socket.close(code);
  }

  #clearTimers() {
    for (const cancel of this.#timers.splice(0)) cancel();
  }

  /** @param {ConnectionStatus} status */
  #setStatus(status) {
    this.#status = status;
    this.#owner.onStatus(status);
  }
}
