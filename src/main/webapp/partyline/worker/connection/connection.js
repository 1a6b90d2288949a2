import { backoff, MAX_DELAY, HIDDEN_MAX_DELAY } from './backoff.js';
import { systemClock } from '../../shared/clock.js';
import { reconnectPolicy } from './close-codes.js';
import { AckScheduler } from './ack-scheduler.js';
import { LineError } from '../../shared/errors.js';
import { isFromInbox, PROTOCOL, split } from '../../shared/frames.js';
import { Heartbeat } from './heartbeat.js';

/** How long a socket may take from its making to the server's welcome, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long a socket must live before its failures are forgotten, in milliseconds. */
const STABLE_AFTER = 5_000;
/** How often we come back after codes that say that one of us speaks wrongly. */
const MAX_PROTOCOL_ERRORS = 3;

/** Large messages come as bytes, which the server encodes once for all lines, where it encodes a text anew for each. */
const utf8 = new TextDecoder();

/**
 * The one WebSocket, with its reconnects: open it, greet, be welcomed, say and hear, lose it, come back and resume.
 *
 * It knows nothing of tabs. Whoever owns it (the switchboard) is asked for what to greet with, told what was heard, and
 * told how the wire is. A socket that is given up is never heard again: each attempt is a turn, and events of an older
 * turn are nobody's.
 *
 * @typedef {object} ConnectionStatus
 * @property {'connecting' | 'open' | 'waiting' | 'closed'} state
 * @property {number} [code]  why it last ended
 * @property {string} [reason]
 * @property {number} [retryAt]  when the next attempt starts, in milliseconds since the epoch
 *
 * @typedef {object} SessionTicket  what a line can be resumed with
 * @property {string} line
 * @property {string} key
 * @property {number} inbox
 *
 * @typedef {object} Owner
 * @property {(reason: 'connect' | 'expired' | 'login') => Promise<string | undefined>} token  rejects when there can be none
 * @property {(brief: boolean) => { tabs: string[], topics: Record<string, import('../../shared/frames.js').Position | null> }} helloPayload  without
 *   topics if it is to be brief
 * @property {(welcome: import('../../shared/frames.js').Welcome, lostReplies: boolean) => void} onWelcome
 * @property {(frame: import('../../shared/frames.js').Frame, text: string, inbox: number) => void} onFrame
 * @property {() => void} rejectLargest  the server closed because one message was too large
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
  /** @type {{ code: number, after: number, reason: string } | null} what `$bye` announced, since close codes get lost */
  #announcedClose = null;
  /** @type {Heartbeat | null} */
  #heartbeat = null;
  /** @type {AckScheduler | null} */
  #acks = null;
  /** @type {(() => void)[]} timers of this turn */
  #timers = [];
  #acksPaused = false;
  /** How many hellos were in vain. One was bad luck perhaps; more, or one for its size, were too long. */
  #unansweredHellos = 0;
  /** Whether every tab is hidden: then nobody waits, and we come back more slowly. */
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

  /** What the present line could be resumed with, or null. */
  get session() {
    return this.#session;
  }

  /** The state as a WebSocket's `readyState`, which pages in the style of the post understand. */
  get readyState() {
    return { connecting: 0, open: 1, waiting: 3, closed: 3 }[this.#status.state];
  }

  /** Whether what is said now goes out. */
  get isOpen() {
    return this.#status.state === 'open' && this.#socket?.readyState === 1;
  }

  /** In words, for those who want to use it. */
  get closedReason() {
    const { code, reason } = this.#status;
    return `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`;
  }

  /**
   * Characters handed to the socket that have not left yet.
   */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /**
   * Takes over a line that an earlier worker lost. Only a wire that never had a line of its own does.
   * @param {SessionTicket} session
   */
  restoreSession(session) {
    this.#session ??= session;
  }

  /** Opens the wire, if it is closed. */
  start() {
    if (this.#status.state !== 'closed') return;
    this.#failures = this.#protocolErrors = this.#notBefore = 0;
    this.#connect();
  }

  /** Whether the wire was closed by us and not by the server, so that anybody may open it again. */
  get closedLocally() {
    return this.#status.state === 'closed' && this.#status.code === 1000;
  }

  /**
   * Says goodbye, so that the server forgets the line at once.
   * @param {string} reason
   */
  closeLine(reason) {
    this.send('{"type":"$bye"}');
    this.#session = null;
    this.stop({ code: 1000, reason });
  }

  /**
   * Closes for good, until `start`.
   * @param {{ code?: number, reason: string }} why
   */
  stop({ code, reason }) {
    this.#discardSocket(1000);
    this.#setStatus({ state: 'closed', code, reason });
  }

  /**
   * Something happened after which it pays to look: the network came back, a tab became visible, the machine woke.
   * An open socket is asked for a sign of life; a waiting one tries at once, unless the server asked for patience.
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
   * @returns {boolean} false when the wire is not open, and the text went nowhere
   */
  send(text) {
    if (!this.isOpen) return false;
    this.#socket?.send(text);
    this.#heartbeat?.onSent();
    return true;
  }

  /** @param {boolean} paused  whether the server shall wait, since somebody has not got yet what was heard */
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
      // A URL that is none, or a policy that forbids it: neither heals by itself.
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
    // JSON.stringify leaves out what is undefined, so a new line's hello has neither line nor key.
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
    for (const { frame, text } of split(message, () => this.#log.add('the server sent a line that is no frame'))) {
      this.#onFrame(frame, text);
      if (generation !== this.#generation) return;
    }
    this.#acks?.onReceived(message.length);
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame
   * @param {string} text  the same as it came
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
      onTimeout: () => this.#abortSocket(4002, 'no sign of life from the server'),
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
    // The owner learns what the line remembers before it may say anything on it.
    this.#status = { state: 'open' };
    this.#owner.onWelcome(welcome, lostReplies);
    // Unless it was closed, being somebody else's.
    if (this.#socket) this.#owner.onStatus(this.#status);
  }

  /**
   * Gives up a socket that may never tell us that it closed.
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
    this.#log.add(`socket ended: ${code} ${reason}`);
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
   * Forgets the socket; closes it too when a code is given.
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
