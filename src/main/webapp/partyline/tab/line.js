import { resolveToken } from './token.js';
import { LineError } from '../shared/errors.js';
import { isImplicitTopic, isQuestion, withoutPosition } from '../shared/frames.js';
import { WorkerConnection } from './worker-connection.js';
import { Subscriptions } from './subscriptions.js';
import { Answers } from './answers.js';
import { Emitter } from './emitter.js';
import { onAbort } from '../shared/on-abort.js';
import { newTabSecret, publicNameOf, tabIdOf } from '../shared/ids.js';
import { isMessage, isReply } from '../shared/port-protocol.js';
import { PendingRequests } from './pending-requests.js';
import { MessageLimits } from '../shared/message-limits.js';
import { answerFrame, checkedBuffer, checkedName, checkedSince, checkedTimeout, publishFrame, sendFrame } from './validate.js';
import { PORT_PROTOCOL, VERSION } from '../version.js';

/** The default timeout of a request, in milliseconds. */
const REQUEST_TIMEOUT = 10_000;
/** The timeout of a send, in milliseconds: it may wait a minute in the worker for a connection, and then for its reply. */
const SEND_TIMEOUT = 75_000;

const NO_LIMITS = new MessageLimits();

/** Events of the line itself; messages of these types are emitted to `on('*')` only. */
const RESERVED_EVENTS = new Set(['status', 'gap', 'upgrade', 'error', '*']);

/**
 * The line as a page uses it. main.d.ts documents its methods, because editors show that.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {import('../shared/port-protocol.js').LineFrame} LineFrame
 * @typedef {import('../shared/port-protocol.js').ReplyFrame} ReplyFrame
 * @typedef {import('../shared/port-protocol.js').InboxFrame} InboxFrame
 * @typedef {import('../shared/port-protocol.js').TopicFrame} TopicFrame
 * @typedef {import('../shared/port-protocol.js').SessionTicket} SessionTicket
 *
 * @typedef {Frame & { topic: string, at: Position }} TopicMessage
 *
 * @typedef {{ since?: Position | 'start' | null, buffer?: number, signal?: AbortSignal }} JoinOptions
 *
 * @typedef {object} Status
 * @property {'connecting' | 'open' | 'waiting' | 'closed'} state
 * @property {'shared' | 'direct'} mode
 * @property {string} [modeReason]
 * @property {number} [code]
 * @property {string} [reason]
 * @property {number} [retryAt]
 * @property {number} tabs
 * @property {string} [user]
 */
export class Line {
  #secret = newTabSecret();
  #id = tabIdOf(this.#secret);
  /** @type {Emitter<(...args: any[]) => void>} */
  #emitter = new Emitter();
  #answers = new Answers();
  /** @type {Status} */
  #status = { state: 'connecting', mode: 'shared', tabs: 1 };
  /** @type {SessionTicket | null} what a new worker can resume the line with */
  #session;
  /** The server's limits of the last `$session`; before the first one there are none. */
  #limits = NO_LIMITS;
  /** @type {PendingRequests} */
  #requests;
  #subscriptions;
  /** @type {WorkerConnection} */
  #workerConnection;
  #options;
  #onClosed = () => {};
  #detached = false;
  /** Whether the line must be closed for all tabs as soon as there is a port to post that on. */
  #closeLinePending = false;
  #hidden = false;
  /** The value of `#hidden` that was posted last. */
  #postedHidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {Omit<ConstructorParameters<typeof WorkerConnection>[0], 'clock'>} options.workerConnection
   * @param {string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>)} [options.token]
   * @param {false | ((entry: import('../worker/event-log.js').Entry) => void)} [options.debug]
   * @param {boolean} [options.hidden]
   * @param {Promise<unknown>} [options.prerendered]  resolves when a prerendered page is shown; it cannot start a worker before
   * @param {SessionTicket | null} [options.session]  kept by this tab's page before a reload
   * @param {() => boolean} [options.mayAnnounceUpgrade]  false if the page got the event before and reloaded without success
   * @param {() => Promise<unknown>} [options.refreshFiles]  has the browser revalidate the files that it may use from its cache
   * @param {() => void} [options.onClosed]  called once
   */
  constructor(options) {
    this.#options = options;
    this.#session = options.session ?? null;
    this.#hidden = options.hidden ?? false;
    this.#onClosed = options.onClosed ?? (() => {});
    this.#workerConnection = new WorkerConnection(
      { ...options.workerConnection, clock: options.clock },
      {
        attachFrame: () => this.#attachFrame(),
        onBatch: () => this.#subscriptions.trim(),
        onFrame: this.#onFrame,
        onAttached: () => this.#onAttached(),
        onLost: () => this.#setStatus({ ...this.#status, state: 'connecting' }),
      },
    );
    this.#requests = new PendingRequests({ clock: options.clock, worker: this.#workerConnection });
    this.#subscriptions = new Subscriptions({
      requests: this.#requests,
      post: (frame) => this.#workerConnection.post(frame),
      emit: (event, what) => this.#emitter.emit(event, what),
      tab: { id: this.#id, publicName: publicNameOf(this.#id) },
    });
    if (options.prerendered) options.prerendered.then(() => this.#onRendered());
    else this.#workerConnection.connect();
  }

  get id() {
    return this.#id;
  }

  get status() {
    return this.#status;
  }

  /**
   * @param {string} type
   * @param {(...args: any[]) => void} fn
   * @param {{ signal?: AbortSignal }} [options]
   */
  on(type, fn, { signal } = {}) {
    if (signal?.aborted) return () => {};
    const stop = this.#emitter.on(type, fn);
    const removeAbortListener = onAbort(signal, stop);
    return () => {
      stop();
      removeAbortListener();
    };
  }

  /**
   * @param {string} type
   * @param {import('./answers.js').AnswerFunction} fn
   * @param {{ signal?: AbortSignal }} [options]
   */
  answer(type, fn, { signal } = {}) {
    checkedName('question type', type);
    if (signal?.aborted) return () => {};
    const stop = this.#answers.add(type, fn);
    const removeAbortListener = onAbort(signal, stop);
    return () => {
      stop();
      removeAbortListener();
    };
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   * @param {{ drop?: boolean, signal?: AbortSignal }} [options]
   * @returns {Promise<void>}
   */
  async send(type, value, { drop = false, signal } = {}) {
    // A message that may be dropped is dropped, and not rejected, if the server does not accept it: the worker checks it.
    const frame = sendFrame(type, value, this.#id, drop ? NO_LIMITS : this.#limits);
    this.#checkOpen();
    if (drop) this.#workerConnection.post(frame);
    else await this.#requests.send(frame, { timeout: SEND_TIMEOUT, signal, what: type });
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   * @param {{ timeout?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<any>}
   */
  async request(type, value, { timeout = REQUEST_TIMEOUT, signal } = {}) {
    const frame = sendFrame(type, value, this.#id, this.#limits);
    checkedTimeout(timeout);
    this.#checkOpen();
    return (await this.#requests.send(frame, { timeout, signal, what: type })).value;
  }

  /**
   * @param {string} topic
   * @param {unknown} [value]
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<any>}
   */
  async publish(topic, value, { signal } = {}) {
    const frame = publishFrame(topic, value, this.#id, this.#limits);
    this.#checkOpen();
    return (await this.#requests.send(frame, { timeout: SEND_TIMEOUT, signal, what: `publish to ${topic}` })).value;
  }

  /**
   * @param {string} name
   * @param {((value: any, message: TopicMessage) => void) | JoinOptions} [fn]
   * @param {JoinOptions} [options]
   * @returns {import('./subscription.js').Subscription}
   */
  join(name, fn, options = typeof fn === 'object' ? fn : {}) {
    checkedName('topic', name);
    const { since, signal, buffer } = /** @type {JoinOptions} */ (options);
    const from = checkedSince(since);
    checkedBuffer(buffer);
    this.#checkOpen();
    const onMessage =
      typeof fn === 'function' ? (/** @type {Frame} */ frame) => this.#emitter.run(fn, frame.value, frame) : undefined;
    const subscription = this.#subscriptions.join(name, onMessage, from, { signal, buffer });
    if (signal?.aborted) subscription.close();
    return subscription;
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  ready({ signal } = {}) {
    return new Promise((/** @type {(status: Status) => void} */ resolve, reject) => {
      signal?.throwIfAborted();
      const check = () => {
        const { state } = this.#status;
        if (state !== 'open' && state !== 'closed') return;
        stop();
        removeAbortListener();
        if (state === 'open') resolve(this.#status);
        else reject(this.#closedError());
      };
      const stop = this.#emitter.on('$settled', check);
      const removeAbortListener = onAbort(signal, () => {
        stop();
        reject(signal?.reason);
      });
      check();
    });
  }

  /** @returns {Promise<any>} */
  async inspect() {
    const { mode, worker, reason } = this.#workerConnection;
    const tab = { id: this.#id, version: VERSION, mode, modeReason: reason, worker, topics: this.#subscriptions.names() };
    const reply = this.#detached
      ? undefined
      : await this.#requests.send({ type: '$inspect' }, { timeout: 5_000, what: 'inspect' });
    return { ...reply?.value, status: this.#status, tab };
  }

  /**
   * @param {object} [options]
   * @param {boolean} [options.everywhere]  for all tabs of this browser
   */
  close({ everywhere = false } = {}) {
    if (everywhere) this.#closeLinePending = !this.#workerConnection.closeLine();
    this.#setStatus({ ...this.#status, state: 'closed', code: 1000, reason: 'closed by this tab', retryAt: undefined });
  }

  /** What a reload of this page can resume the line with. @returns {SessionTicket | null} */
  get session() {
    return this.#session;
  }

  /** The page ends or enters the back/forward cache, and its own listeners of that have run. */
  suspend() {
    if (!this.#detached) this.#workerConnection.disconnect();
  }

  /** The page came back: the tab attaches again with the same id and positions. */
  resume() {
    if (!this.#detached) this.#workerConnection.connect();
  }

  /** @param {boolean} hidden */
  setHidden(hidden) {
    this.#hidden = hidden;
    this.#postVisibility();
    if (!hidden) this.#workerConnection.probe();
  }

  /** The network is back, or the page thawed. */
  wake() {
    this.#workerConnection.post({ type: '$wake' });
    this.#workerConnection.probe();
  }

  /** The prerendered page is shown, so it may start a worker. */
  #onRendered() {
    this.resume();
    if (!this.#closeLinePending) return;
    this.#workerConnection.connect();
    this.#workerConnection.closeLine();
    this.#workerConnection.disconnect();
  }

  #postVisibility() {
    const posted = this.#workerConnection.post({ type: '$visibility', state: this.#hidden ? 'hidden' : 'visible' });
    if (posted) this.#postedHidden = this.#hidden;
  }

  #onAttached() {
    // The page may have been hidden or shown after `$attach` was posted.
    if (this.#hidden !== this.#postedHidden) this.#postVisibility();
    this.#requests.onAttached();
  }

  /** @returns {import('../shared/port-protocol.js').AttachFrame} */
  #attachFrame() {
    const { url, token, debug } = this.#options;
    this.#postedHidden = this.#hidden;
    return {
      type: '$attach',
      v: PORT_PROTOCOL,
      tab: this.#id,
      secret: this.#secret,
      url,
      hidden: this.#hidden,
      givesTokens: token !== undefined,
      debug: Boolean(debug),
      topics: this.#subscriptions.positions(),
      session: this.#session,
      requests: this.#requests.unresolved(),
    };
  }

  /** @param {LineFrame | ReplyFrame | InboxFrame | TopicFrame} frame */
  #onFrame = (frame) => {
    if (isReply(frame)) return this.#requests.resolve(frame);
    if (!isMessage(frame)) return this.#onLineFrame(frame);
    if (frame.$inbox !== undefined && this.#session) {
      // A new worker that resumed the line may deliver again what an earlier one delivered already.
      if (frame.$inbox <= this.#session.inbox) return;
      this.#session.inbox = frame.$inbox;
    }
    if (frame.topic !== undefined) this.#onTopicFrame(/** @type {TopicFrame} */ (frame));
    else if (isQuestion(frame)) this.#onQuestion(frame);
    else this.#onMessage(frame);
  };

  /** @param {LineFrame} frame */
  #onLineFrame(frame) {
    switch (frame.type) {
      case '$status':
        return this.#setStatus({ ...frame.status, mode: this.#workerConnection.mode, modeReason: this.#workerConnection.reason });
      case '$session': {
        const { line, key, inbox } = frame;
        this.#limits = new MessageLimits(frame.limits);
        // A new worker may have received less of the inbox than this tab.
        const known = this.#session && this.#session.line === line ? this.#session.inbox : 0;
        this.#session = { line, key, inbox: Math.max(inbox, known) };
        return;
      }
      case '$accepted':
        return this.#requests.onAccepted(frame);
      case '$sync':
        this.#workerConnection.post({ type: '$synced', n: frame.n });
        return;
      case '$gap':
        return this.#subscriptions.gap(frame.topic, frame.at);
      case '$replay':
        for (const one of frame.frames) this.#subscriptions.deliver(one);
        return;
      case '$joinFailed':
        return this.#subscriptions.fail(frame.topic, LineError.from(frame.error));
      case '$upgrade':
        return this.#onUpgrade(frame.version);
      case '$log':
        if (this.#options.debug) this.#emitter.run(this.#options.debug, frame.entry);
        return;
      case '$tokenRequest':
        this.#onTokenRequest(frame);
    }
  }

  /** @param {string} version */
  #onUpgrade(version) {
    const emit = () => {
      if (this.#options.mayAnnounceUpgrade?.() ?? true) this.#emitter.emit('upgrade', { version });
    };
    // A page that reloads would get the same old files from the cache.
    if (this.#options.refreshFiles) this.#options.refreshFiles().then(emit, emit);
    else emit();
  }

  /** @param {TopicFrame} frame */
  #onTopicFrame(frame) {
    if (!isImplicitTopic(frame.topic)) return this.#subscriptions.deliver(frame);
    this.#subscriptions.advance(frame.topic, frame.at);
    this.#onMessage(withoutPosition(frame));
  }

  /** @param {Frame} frame  for this tab or all tabs */
  #onMessage({ $inbox: _inbox, ...frame }) {
    if (frame.error !== undefined && frame.type === undefined) this.#emitter.emit('error', LineError.from(frame.error));
    if (frame.type !== undefined && !RESERVED_EVENTS.has(frame.type)) this.#emitter.emit(frame.type, frame.value, frame);
    this.#emitter.emit('*', frame.value, frame);
  }

  /**
   * The answer is a request, so that it is not lost with a connection or a worker. The server acts on the first one only.
   * @param {Frame} question
   */
  async #onQuestion({ $inbox: _inbox, ...question }) {
    const answer = await this.#answers.of(question);
    if (this.#detached) return;
    const frame = answerFrame(question.id, answer, this.#id, this.#limits);
    // The server may have stopped waiting, and the page never waits.
    this.#requests.send(frame, { timeout: SEND_TIMEOUT, what: `answer to ${question.type}` }).catch(() => {});
  }

  /** @param {{ n: number, reason: string }} request */
  async #onTokenRequest({ n, reason }) {
    this.#workerConnection.post({ type: '$tokenReply', n, ...(await resolveToken(this.#options.token, reason)) });
  }

  /** @param {Status} status */
  #setStatus(status) {
    const before = this.#status;
    if (before.state === 'closed') return;
    // Omit members that are undefined.
    const known = Object.entries(status).filter(([, value]) => value !== undefined);
    this.#status = Object.freeze(/** @type {Status} */ (Object.fromEntries(known)));
    if (status.state === 'closed') {
      // From now on every message is rejected with `closed`, whatever its size.
      this.#limits = NO_LIMITS;
      const error = this.#closedError();
      this.#requests.rejectAll(error);
      this.#subscriptions.failAll(error);
    }
    this.#emitter.emit('status', this.#status, before);
    this.#emitter.emit('$settled');
    if (this.#status.state === 'closed') this.#detach();
  }

  /** A closed line is never opened again: the tab detaches, and `connect` makes a new one. */
  #detach() {
    if (this.#detached) return;
    this.#detached = true;
    this.#workerConnection.disconnect();
    this.#onClosed();
  }

  #closedError() {
    const { code, reason } = this.#status;
    return new LineError('closed', `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`);
  }

  #checkOpen() {
    if (this.#status.state === 'closed') throw this.#closedError();
  }
}
