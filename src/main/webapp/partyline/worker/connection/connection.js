import { backoff, CAP, HIDDEN_CAP } from './backoff.js';
import { systemClock } from '../../shared/clock.js';
import { reconnectPolicy } from './close-codes.js';
import { AckScheduler } from './ack-scheduler.js';
import { LineError } from '../../shared/errors.js';
import { isFromInbox, PROTOCOL, split } from '../../shared/frames.js';
import { Heartbeat } from './heartbeat.js';

/** How long a socket may take from its making to the server's welcome, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long a socket must live before its failures are forgotten, in milliseconds. */
const HEALTHY = 5_000;
/** How often we come back after codes that say that one of us speaks wrongly. */
const FEW = 3;

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
 * @property {(brief: boolean) => { tabs: string[], topics: Record<string, import('../../shared/frames.js').Position | null> }} greeting  without
 *   topics if it is to be brief
 * @property {(welcome: import('../../shared/frames.js').Welcome, lostReplies: boolean) => void} welcomed
 * @property {(frame: import('../../shared/frames.js').Frame, text: string, inbox: number) => void} heard
 * @property {() => void} dropLargest  the server closed because one message was too large
 * @property {(status: ConnectionStatus) => void} changed
 */
export class Connection {
  #url;
  #owner;
  #WebSocket;
  #clock;
  #random;
  #diary;
  /** @type {WebSocket | null} */
  #socket = null;
  #turn = 0;
  /** @type {ConnectionStatus} */
  #status = { state: 'closed' };
  /** @type {SessionTicket | null} */
  #line = null;
  #failures = 0;
  #few = 0;
  #notBefore = 0;
  /** @type {'connect' | 'expired' | 'login'} */
  #tokenReason = 'connect';
  /** @type {{ code: number, after: number, reason: string } | null} what `$bye` announced, since close codes get lost */
  #bye = null;
  /** @type {Heartbeat | null} */
  #pulse = null;
  /** @type {AckScheduler | null} */
  #credit = null;
  /** @type {(() => void)[]} timers of this turn */
  #timers = [];
  #held = false;
  /** How many hellos were in vain. One was bad luck perhaps; more, or one for its size, were too long. */
  #vain = 0;
  /** Whether every tab is hidden: then nobody waits, and we come back more slowly. */
  hidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Owner} options.owner
   * @param {import('../event-log.js').EventLog} options.diary
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {import('../../shared/clock.js').Clock} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor({ url, owner, diary, WebSocket = globalThis.WebSocket, clock = systemClock, random = Math.random }) {
    this.#url = url;
    this.#owner = owner;
    this.#diary = diary;
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
  get resume() {
    return this.#line;
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
  get whyClosed() {
    const { code, reason } = this.#status;
    return `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`;
  }

  /**
   * Characters handed to the socket that have not left yet.
   */
  get backlog() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /**
   * Takes over a line that an earlier worker lost. Only a wire that never had a line of its own does.
   * @param {SessionTicket} resume
   */
  adopt(resume) {
    this.#line ??= resume;
  }

  /** Opens the wire, if it is closed. */
  start() {
    if (this.#status.state !== 'closed') return;
    this.#failures = this.#few = this.#notBefore = 0;
    this.#attempt();
  }

  /** Whether the wire was closed by us and not by the server, so that anybody may open it again. */
  get resting() {
    return this.#status.state === 'closed' && this.#status.code === 1000;
  }

  /**
   * Says goodbye, so that the server forgets the line at once.
   * @param {string} reason
   */
  bye(reason) {
    this.say('{"type":"$bye"}');
    this.#line = null;
    this.stop({ code: 1000, reason });
  }

  /**
   * Closes for good, until `start`.
   * @param {{ code?: number, reason: string }} why
   */
  stop({ code, reason }) {
    this.#letGo(1000);
    this.#become({ state: 'closed', code, reason });
  }

  /**
   * Something happened after which it pays to look: the network came back, a tab became visible, the machine woke.
   * An open socket is asked for a sign of life; a waiting one tries at once, unless the server asked for patience.
   */
  nudge() {
    if (this.#status.state === 'open') this.#pulse?.probe();
    else if (this.#status.state === 'waiting') {
      const earliest = Math.max(this.#clock.now() + this.#random() * 1_000, this.#notBefore);
      if (earliest < /** @type {number} */ (this.#status.retryAt)) this.#retryAt(earliest);
    }
  }

  /**
   * @param {string} text  one or more frames
   * @returns {boolean} false when the wire is not open, and the text went nowhere
   */
  say(text) {
    if (!this.isOpen) return false;
    this.#socket?.send(text);
    this.#pulse?.said();
    return true;
  }

  /** @param {boolean} held  whether the server shall wait, since somebody has not got yet what was heard */
  hold(held) {
    this.#held = held;
    this.#credit?.hold(held);
  }

  async #attempt() {
    const turn = ++this.#turn;
    this.#become({ ...this.#status, state: 'connecting', retryAt: undefined });
    let token;
    try {
      token = await this.#owner.token(this.#tokenReason);
    } catch (error) {
      if (turn !== this.#turn) return;
      const { code, message, retryable } = LineError.from(error);
      if (retryable) this.#ended(0, message);
      else this.stop({ code: 4501, reason: `${code}: ${message}` });
      return;
    }
    if (turn !== this.#turn) return;
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
    this.#bye = null;
    this.#timers.push(this.#clock.after(CONNECT_TIMEOUT, () => this.#giveUp(0, 'no welcome within 10 s')));
    socket.onopen = () => {
      socket.send(this.#hello(token));
      this.#vain++;
    };
    socket.onmessage = (event) => this.#message(event.data);
    socket.onclose = (event) => this.#ended(this.#bye?.code ?? event.code, this.#bye?.reason ?? event.reason);
  }

  /** @param {string | undefined} token */
  #hello(token) {
    // JSON.stringify leaves out what is undefined, so a new line's hello has neither line nor key.
    return JSON.stringify({
      type: '$hello',
      v: PROTOCOL,
      ...this.#line,
      ...this.#owner.greeting(this.#vain > 1),
      token,
      binary: true,
    });
  }

  /** @param {unknown} data */
  #message(data) {
    const message = typeof data === 'string' ? data : utf8.decode(/** @type {ArrayBuffer} */ (data));
    this.#pulse?.heard();
    const turn = this.#turn;
    for (const { frame, text } of split(message, () => this.#diary.note('the server sent a line that is no frame'))) {
      this.#frame(frame, text);
      if (turn !== this.#turn) return;
    }
    this.#credit?.heard(message.length);
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame
   * @param {string} text  the same as it came
   */
  #frame(frame, text) {
    switch (frame.type) {
      case '$welcome':
        return this.#welcome(/** @type {import('../../shared/frames.js').Welcome} */ (/** @type {unknown} */ (frame)));
      case '$ping':
        this.say('{"type":"$pong"}');
        return;
      case '$pong':
        return;
      case '$bye':
        this.#bye = { code: Number(frame.code), after: Number(frame.after) || 0, reason: String(frame.reason ?? '') };
        return;
    }
    if (isFromInbox(frame) && this.#line) this.#line = { ...this.#line, inbox: this.#line.inbox + 1 };
    this.#owner.heard(frame, text, this.#line?.inbox ?? 0);
  }

  /** @param {import('../../shared/frames.js').Welcome} welcome */
  #welcome(welcome) {
    this.#clearTimers();
    this.#vain = 0;
    const lostReplies = welcome.resumed && this.#line !== null && welcome.inbox > this.#line.inbox;
    this.#line = { line: welcome.line, key: welcome.key, inbox: welcome.inbox };
    this.#tokenReason = 'connect';
    this.#pulse = new Heartbeat({
      clock: this.#clock,
      quiet: welcome.ping || 20_000,
      ask: () => this.say('{"type":"$ping"}'),
      dead: () => this.#giveUp(4002, 'no sign of life from the server'),
    });
    this.#credit = new AckScheduler({
      clock: this.#clock,
      every: welcome.limits?.ack || 8_192,
      messages: welcome.limits?.ackMessages || 12,
      ack: (bytes) => this.say(JSON.stringify({ type: '$ack', bytes, inbox: this.#line?.inbox ?? 0 })),
    });
    this.#credit.hold(this.#held);
    this.#timers.push(this.#clock.after(HEALTHY, () => (this.#failures = this.#few = 0)));
    this.#diary.note(`${welcome.resumed ? 'resumed' : 'opened'} line ${welcome.line}`);
    // The owner learns what the line remembers before it may say anything on it.
    this.#status = { state: 'open' };
    this.#owner.welcomed(welcome, lostReplies);
    // Unless it was closed, being somebody else's.
    if (this.#socket) this.#owner.changed(this.#status);
  }

  /**
   * Gives up a socket that may never tell us that it closed.
   * @param {number} code
   * @param {string} reason
   */
  #giveUp(code, reason) {
    this.#letGo(4002);
    this.#ended(code, reason);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #ended(code, reason) {
    const { verdict, spread, doubling, renew, drop, anew, upgrade } = reconnectPolicy(code);
    const patience = this.#bye?.after ?? 0;
    const welcomed = this.#pulse !== null;
    this.#letGo();
    this.#bye = null;
    this.#diary.note(`socket ended: ${code} ${reason}`);
    if (renew) this.#tokenReason = code === 4003 ? 'expired' : 'login';
    if (drop && welcomed) this.#owner.dropLargest();
    else if (drop) this.#vain++;
    if (anew) this.#line = null;
    if ((verdict === 'stop' && !anew) || (verdict === 'few' && ++this.#few > FEW)) {
      this.#become({ state: 'closed', code, reason: reason || (upgrade ? 'a newer version is needed' : '') });
      return;
    }
    const now = this.#clock.now();
    const factor = doubling ? 2 ** Math.min(this.#failures, 5) : 1;
    const wait = spread
      ? factor * (spread[0] + this.#random() * (spread[1] - spread[0])) + backoff(this.#failures - 1, this.#random, this.#cap)
      : backoff(this.#failures, this.#random, this.#cap);
    this.#failures++;
    this.#notBefore = spread || patience ? now + Math.max(patience, spread ? wait : 0) : 0;
    this.#status = { state: 'waiting', code, reason };
    this.#retryAt(Math.max(now + wait, now + patience));
  }

  get #cap() {
    return this.hidden ? HIDDEN_CAP : CAP;
  }

  /** @param {number} when */
  #retryAt(when) {
    this.#clearTimers();
    this.#become({ ...this.#status, retryAt: when });
    this.#timers.push(this.#clock.after(Math.max(0, when - this.#clock.now()), () => this.#attempt()));
  }

  /**
   * Forgets the socket; closes it too when a code is given.
   * @param {number} [code]
   */
  #letGo(code) {
    this.#turn++;
    this.#clearTimers();
    this.#pulse?.stop();
    this.#credit?.stop();
    this.#pulse = this.#credit = null;
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
  #become(status) {
    this.#status = status;
    this.#owner.changed(status);
  }
}
