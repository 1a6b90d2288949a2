import { HIDDEN_MAX_DELAY, MAX_DELAY } from './backoff.js';
import { systemClock } from '../../shared/clock.js';
import { LOGIN_ENDED, reconnectPolicy } from './close-codes.js';
import { LineError } from '../../shared/errors.js';
import { isFromInbox, PROTOCOL } from '../../shared/frames.js';
import { checkLogin } from './login-check.js';
import { nextAttempt } from './next-attempt.js';
import { ServerSocket } from './server-socket.js';

/** How long a connection must last before earlier failures no longer count, in milliseconds. */
const STABLE_AFTER = 5_000;

/**
 * How many WebSockets in a row the server may refuse before the client looks whether it wants a login, and after a login has
 * ended, before it concludes that.
 */
const MAX_REFUSALS = 3;

/**
 * The worker's connection to the server, over any number of sockets: connect, reconnect, and resume the line.
 *
 *              start             $welcome
 *     closed ────────▶ connecting ────────▶ open
 *        ▲                 ▲  │ failed        │ lost
 *        │      delay over │  ▼               │
 *        │               waiting ◀────────────┘
 *        │
 *        └── from any state: stop, closeLine, no token, or a close code that forbids a retry
 *
 * Only `#setStatus` changes the state. Until it is `closed`, the connection retries without limit.
 *
 * It knows nothing of tabs. Its owner, the hub, supplies the content of `$hello` and receives frames and status changes.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
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
 * @property {(minimal: boolean) => { tabs: string[], secrets: string[], topics: Record<string, Position | null> }} helloPayload
 *   of a minimal `$hello`: without topics
 * @property {() => void} onBareHello  instead of `helloPayload`: nothing is named, so all of it follows `$welcome`
 * @property {(welcome: import('../../shared/frames.js').Welcome, lostReplies: boolean) => void} onWelcome
 * @property {(frame: import('../../shared/frames.js').Frame, text: string, inbox: number) => void} onFrame
 * @property {(violation: string, frame?: import('../../shared/frames.js').Frame) => void} onMalformed  instead of `onFrame`
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
  /** @type {ServerSocket | null} */
  #socket = null;
  /** Counts attempts, since a token may arrive after its attempt was given up. */
  #attempt = 0;
  #fetch;
  /** @type {ConnectionStatus} */
  #status = { state: 'closed' };
  /** The line that the next `$hello` resumes. @type {{ line: string, key: string } | null} */
  #line = null;
  #inbox = 0;
  #failures = 0;
  #protocolErrors = 0;
  /** Before this time `wake` causes no attempt, in milliseconds since the epoch. */
  #notBefore = 0;
  /** @type {'connect' | 'expired' | 'login'} */
  #tokenReason = 'connect';
  /** The user of the last `$welcome`. @type {string | undefined} */
  #user;
  /** Whether the login has ended, as the server says, and no `$welcome` has come since then. */
  #checksLogin = false;
  /** How many sockets in a row were closed before they were open. */
  #refusals = 0;
  /** The timer of the state: until the next attempt, or until the connection counts as stable. */
  #cancelTimer = () => {};
  #acksPaused = false;
  /**
   * Number of consecutive `$hello` frames without a `$welcome`. After two, or after a close with 1009, the next `$hello` omits
   * the topics, because it may have been too large.
   */
  #unansweredHellos = 0;
  /** Whether the URL may stand for the `$hello` of a new line; and whether it does in this attempt, which has no `$welcome` yet. */
  #helloInUrl;
  #isBare = false;
  /** Whether every tab is hidden: then reconnects are slower. */
  hidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {Owner} options.owner
   * @param {import('../event-log.js').EventLog} options.log
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {(url: string, init: RequestInit) => Promise<Response>} [options.fetch]  to look for a login
   * @param {import('../../shared/clock.js').Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {boolean} [options.helloInUrl]  whether to try the URL for the first `$hello`
   */
  constructor({
    url,
    owner,
    log,
    fetch,
    helloInUrl = false,
    WebSocket = globalThis.WebSocket,
    clock = systemClock,
    random = Math.random,
  }) {
    this.#url = url;
    this.#owner = owner;
    this.#log = log;
    this.#WebSocket = WebSocket;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#random = random;
    this.#helloInUrl = helloInUrl;
  }

  get status() {
    return this.#status;
  }

  get url() {
    return this.#url;
  }

  /** How many frames of the line's inbox were received. */
  get inbox() {
    return this.#inbox;
  }

  /** With which the line can be resumed, or null. @returns {SessionTicket | null} */
  get session() {
    return this.#line && { ...this.#line, inbox: this.#inbox };
  }

  /** The state as a WebSocket's `readyState`, for plain pages. */
  get readyState() {
    return { connecting: 0, open: 1, waiting: 3, closed: 3 }[this.#status.state];
  }

  /** Whether `send` sends: not before the owner has processed the `$welcome`. */
  get isOpen() {
    return this.#status.state === 'open' && (this.#socket?.isOpen ?? false);
  }

  /** The text of the error `closed`. */
  get closedReason() {
    const { code, reason } = this.#status;
    return `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`;
  }

  /** Bytes that were sent and have not left the browser yet. */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /**
   * Takes over the line of an earlier worker. Ignored if this connection has a line.
   * @param {SessionTicket} session
   */
  restoreSession({ line, key, inbox }) {
    if (this.#line) return;
    this.#line = { line, key };
    this.#inbox = inbox;
    if (!this.#isBare) return;
    // The URL of this attempt asks for a new line, and for no position.
    this.#discardSocket(1000);
    this.#connect();
  }

  /** Connects, if the connection is closed. */
  start() {
    if (this.#status.state !== 'closed') return;
    this.#failures = this.#protocolErrors = this.#notBefore = this.#refusals = 0;
    this.#checksLogin = false;
    this.#user = undefined;
    this.#connect();
  }

  /** Whether this side has closed the connection, so that it may be opened again. */
  get closedLocally() {
    return this.#status.state === 'closed' && this.#status.code === 1000;
  }

  /**
   * Ends the line: the server removes it at once.
   * @param {string} reason
   * @param {number} [code]
   */
  closeLine(reason, code = 1000) {
    this.send('{"type":"$bye"}');
    this.#line = null;
    this.stop({ code, reason });
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
    if (this.#status.state === 'open') this.#socket?.probe();
    else if (this.#status.state === 'waiting') {
      const earliest = Math.max(this.#clock.now() + this.#random() * 1_000, this.#notBefore);
      if (earliest < /** @type {number} */ (this.#status.retryAt)) this.#scheduleRetry(earliest, this.#status);
    }
  }

  /**
   * @param {string} text  one or more frames
   * @returns {boolean} false if the connection is not open and nothing was sent
   */
  send(text) {
    return this.isOpen && (this.#socket?.send(text) ?? false);
  }

  /** @param {boolean} paused  whether acknowledgements are withheld, because a tab lags */
  pauseAcks(paused) {
    this.#acksPaused = paused;
    this.#socket?.pauseAcks(paused);
  }

  /**
   * Of the socket: the server has opened or resumed the line.
   * @param {import('../../shared/frames.js').Welcome} welcome
   */
  onWelcome(welcome) {
    this.#unansweredHellos = this.#refusals = 0;
    this.#checksLogin = this.#isBare = false;
    this.#user = welcome.user;
    const lostReplies = welcome.resumed && this.#line !== null && welcome.inbox > this.#inbox;
    this.#line = { line: welcome.line, key: welcome.key };
    this.#inbox = welcome.inbox;
    this.#tokenReason = 'connect';
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(STABLE_AFTER, () => (this.#failures = this.#protocolErrors = 0));
    this.#log.add(`${welcome.resumed ? 'resumed' : 'opened'} line ${welcome.line}`);
    // The owner must process `$welcome` before it is notified of the state and sends anything.
    this.#setStatus({ state: 'open' }, () => this.#owner.onWelcome(welcome, lostReplies));
  }

  /**
   * Of the socket: a frame for the owner.
   * @param {import('../../shared/frames.js').Frame} frame
   * @param {string} text  the same, as received
   */
  onFrame(frame, text) {
    if (isFromInbox(frame)) this.#inbox++;
    this.#owner.onFrame(frame, text, this.#inbox);
  }

  /**
   * Of the socket: a malformed frame, which costs nothing but itself. The server counts it too, if it comes from the inbox.
   * @param {string} violation
   * @param {import('../../shared/frames.js').Frame} [frame]
   */
  onMalformed(violation, frame) {
    if (frame && isFromInbox(frame)) this.#inbox++;
    this.#owner.onMalformed(violation, frame);
  }

  /**
   * Of the socket: it has ended.
   * @param {import('./server-socket.js').SocketClose} close
   */
  onClosed({ code, reason, after = 0, wasWelcomed = false, wasRefused }) {
    const policy = reconnectPolicy(code);
    this.#discardSocket();
    this.#log.add(`connection closed: ${code} ${reason}`);
    if (wasRefused !== undefined) this.#refusals = wasRefused ? this.#refusals + 1 : 0;
    if (policy.checksLogin) this.#checksLogin = true;
    if (policy.refreshToken) this.#tokenReason = code === 4003 ? 'expired' : 'login';
    if (policy.dropLargestRequest && wasWelcomed) this.#owner.rejectLargest();
    else if (policy.dropLargestRequest) this.#unansweredHellos++;
    if (policy.newSession || policy.endsLine) this.#line = null;
    if (policy.action === 'limited') this.#protocolErrors++;
    const history = { failures: this.#failures, protocolErrors: this.#protocolErrors, after, maxDelay: this.#maxDelay };
    const next = nextAttempt(policy, history, this.#random);
    if (!next) {
      this.#setStatus({ state: 'closed', code, reason: reason || (policy.upgrade ? 'a newer version is needed' : '') });
      return;
    }
    this.#failures++;
    const now = this.#clock.now();
    this.#notBefore = next.minDelay > 0 ? now + next.minDelay : 0;
    this.#scheduleRetry(now + next.delay, { code, reason });
  }

  /** Of the socket: the server, or a proxy that drops the query, does not know what its URL stands for. */
  onNotAsked() {
    this.#helloInUrl = false;
    this.onClosed({ code: 0, reason: 'no welcome without $hello' });
  }

  async #connect() {
    const attempt = ++this.#attempt;
    this.#setStatus({ ...this.#status, state: 'connecting', retryAt: undefined });
    const why = await this.#missingLogin();
    if (attempt !== this.#attempt) return;
    if (why) return this.closeLine(why.reason, why.code);
    let token;
    try {
      token = await this.#owner.token(this.#tokenReason);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const { code, message, retryable } = LineError.from(error);
      this.#log.add(`no token: ${code}: ${message}`);
      if (code === 'unauthenticated' && this.#checksLogin) this.closeLine('the login has ended', LOGIN_ENDED);
      else if (retryable) this.onClosed({ code: 0, reason: message });
      else this.stop({ code: 4501, reason: `${code}: ${message}` });
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#isBare = this.#helloInUrl && token === undefined && !this.#line && this.#failures === 0;
    if (this.#isBare) this.#owner.onBareHello();
    try {
      this.#socket = new ServerSocket({
        url: this.#isBare ? withHello(this.#url) : this.#url,
        WebSocket: this.#WebSocket,
        encodeHello: this.#isBare ? undefined : () => this.#encodeHello(token),
        acksPaused: this.#acksPaused,
        listener: this,
        clock: this.#clock,
      });
    } catch (error) {
      // An invalid URL, or a content security policy that forbids it: a retry would not help.
      this.stop({ reason: `the browser refused ${this.#url}: ${error instanceof Error ? error.message : error}` });
    }
  }

  /**
   * Why the connection has to be closed, if the server refuses WebSockets because no user is logged in.
   * @returns {Promise<{ code: number, reason: string } | undefined>}
   */
  async #missingLogin() {
    if (!this.#fetch || this.#refusals < (this.#checksLogin ? 1 : MAX_REFUSALS)) return undefined;
    const hasEnded = this.#checksLogin;
    const hadUser = hasEnded || this.#user !== undefined;
    const found = await checkLogin(this.#url, { fetch: this.#fetch, clock: this.#clock, hadUser, hasEnded });
    this.#log.add(`WebSockets are refused: ${found}`);
    if (found !== 'login' && !(found === 'reachable' && hasEnded && this.#refusals >= MAX_REFUSALS)) return undefined;
    return hadUser ? { code: LOGIN_ENDED, reason: 'the login has ended' } : { code: 4501, reason: 'a login is required' };
  }

  /** @param {string | undefined} token */
  #encodeHello(token) {
    const minimal = this.#unansweredHellos++ > 1;
    // JSON.stringify omits undefined members, so the `$hello` of a new line has neither line nor key.
    return JSON.stringify({
      type: '$hello',
      v: PROTOCOL,
      ...this.session,
      ...this.#owner.helloPayload(minimal),
      token,
      binary: true,
    });
  }

  get #maxDelay() {
    return this.hidden ? HIDDEN_MAX_DELAY : MAX_DELAY;
  }

  /**
   * @param {number} retryAt
   * @param {{ code?: number, reason?: string }} why  the connection was closed
   */
  #scheduleRetry(retryAt, { code, reason }) {
    this.#cancelTimer();
    this.#setStatus({ state: 'waiting', code, reason, retryAt });
    this.#cancelTimer = this.#clock.after(Math.max(0, retryAt - this.#clock.now()), () => this.#connect());
  }

  /**
   * Ends the present attempt and its socket.
   * @param {number} [code]  with which the socket is closed; without one it is closed already
   */
  #discardSocket(code) {
    this.#attempt++;
    this.#isBare = false;
    this.#cancelTimer();
    this.#socket?.discard(code);
    this.#socket = null;
  }

  /**
   * @param {ConnectionStatus} status
   * @param {() => void} [first]  runs in the new state before the owner is notified of it, unless it changes the state again
   */
  #setStatus(status, first) {
    this.#status = status;
    first?.();
    if (this.#status === status) this.#owner.onStatus(status);
  }
}

/**
 * The URL that stands for the `$hello` of a new line, with which the first frame needs no round trip of its own.
 * @param {string} url
 */
function withHello(url) {
  const address = new URL(url);
  // Not by `searchParams`, which would write the rest anew.
  address.search += `${address.search ? '&' : '?'}partyline-hello=${PROTOCOL}`;
  return address.href;
}
