import { resolveToken } from './token.js';
import { LineError } from '../shared/errors.js';
import { isImplicitTopic, withoutPosition } from '../shared/frames.js';
import { WorkerConnection } from './worker-connection.js';
import { Subscriptions } from './subscriptions.js';
import { Emitter, onAbort } from './emitter.js';
import { randomId } from '../shared/ids.js';
import { PendingRequests } from './pending-requests.js';
import { checkedName, checkedSince, checkedTimeout, encode } from './validate.js';
import { PORT_PROTOCOL, VERSION } from '../version.js';

/** How long a request waits for its answer unless it says otherwise, in milliseconds. */
const REQUEST_TIMEOUT = 10_000;
/** A send may wait a minute in the worker for a connection, and then for its answer, in milliseconds. */
const SEND_TIMEOUT = 75_000;

/** Events of the line itself; messages with these types are heard by `on('*')` only. */
const RESERVED = new Set(['status', 'gap', 'upgrade', 'error', '*']);

/**
 * A tab's half: the line as a page uses it. What its methods promise is written in main.d.ts, where editors look.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 *
 * @typedef {Frame & { topic: string, at: Position }} TopicMessage
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
  #id = randomId();
  /** @type {Emitter<(...args: any[]) => void>} */
  #listeners = new Emitter();
  /** @type {Status} */
  #status = { state: 'connecting', mode: 'shared', tabs: 1 };
  /** @type {{ line: string, key: string, inbox: number } | null} what a new worker can resume the line with */
  #resume;
  /** @type {PendingRequests} */
  #calls;
  #joins;
  /** @type {WorkerConnection} */
  #hookup;
  #options;
  #ended = () => {};
  #ending = false;
  /** Whether there was nobody yet to hear that all tabs shall close. */
  #logout = false;
  #hidden = false;
  /** What the switchboard was last told of that. */
  #toldHidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {Omit<ConstructorParameters<typeof WorkerConnection>[0], 'clock'>} options.hookup
   * @param {string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>)} [options.token]
   * @param {false | ((entry: import('../worker/event-log.js').Entry) => void)} [options.debug]
   * @param {boolean} [options.hidden]
   * @param {Promise<unknown>} [options.prerendered]  of a page that nobody sees yet: workers must wait for that
   * @param {{ line: string, key: string, inbox: number } | null} [options.resume]  of this tab's page before a reload
   * @param {() => boolean} [options.mayTellUpgrade]  whether the page has not been told lately, and reloaded in vain
   * @param {() => void} [options.ended]  told once, when the line is closed
   */
  constructor(options) {
    this.#options = options;
    this.#resume = options.resume ?? null;
    this.#hidden = options.hidden ?? false;
    this.#ended = options.ended ?? (() => {});
    this.#calls = new PendingRequests({
      clock: options.clock,
      doubt: () => this.#hookup.probe(),
      say: (frame) => this.#hookup.say(frame),
      withdraw: (n) => this.#hookup.say({ type: '$withdraw', n }),
    });
    this.#joins = new Subscriptions({
      calls: this.#calls,
      say: (frame) => this.#hookup.say(frame),
      emit: (event, what) => this.#listeners.emit(event, what),
    });
    this.#hookup = new WorkerConnection(
      { ...options.hookup, clock: options.clock },
      {
        hello: () => this.#hello(),
        heard: (frame) => this.#listeners.run(() => this.#frame(frame)),
        welcomed: () => this.#welcomed(),
        lost: () => this.#become({ ...this.#status, state: 'connecting' }),
      },
    );
    if (options.prerendered) options.prerendered.then(() => this.#rendered());
    else this.#hookup.plug();
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
    const stop = this.#listeners.on(type, fn);
    const forget = onAbort(signal, stop);
    return () => {
      stop();
      forget();
    };
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   * @param {{ drop?: boolean, signal?: AbortSignal }} [options]
   * @returns {Promise<void>}
   */
  async send(type, value, { drop = false, signal } = {}) {
    const frame = { type: '$send', name: checkedName('message type', type), value: encode(value) };
    this.#checkOpen();
    if (drop) this.#hookup.say(frame);
    else await this.#calls.call(frame, { timeout: SEND_TIMEOUT, signal, what: type });
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   * @param {{ timeout?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<any>}
   */
  async request(type, value, { timeout = REQUEST_TIMEOUT, signal } = {}) {
    const frame = { type: '$send', name: checkedName('message type', type), value: encode(value) };
    checkedTimeout(timeout);
    this.#checkOpen();
    return (await this.#calls.call(frame, { timeout, signal, what: type })).value;
  }

  /**
   * @param {string} topic
   * @param {unknown} [value]
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<any>}
   */
  async publish(topic, value, { signal } = {}) {
    const frame = { type: '$publish', topic: checkedName('topic', topic), value: encode(value), key: randomId() };
    this.#checkOpen();
    return (await this.#calls.call(frame, { timeout: SEND_TIMEOUT, signal, what: `publish to ${topic}` })).value;
  }

  /**
   * @param {string} name
   * @param {((value: any, message: TopicMessage) => void) | { since?: Position | 'start' | null, signal?: AbortSignal }} [fn]
   * @param {{ since?: Position | 'start' | null, signal?: AbortSignal }} [options]
   * @returns {import('./subscription.js').Subscription}
   */
  join(name, fn, options = typeof fn === 'object' ? fn : {}) {
    checkedName('topic', name);
    const { since, signal } = /** @type {{ since?: Position | 'start' | null, signal?: AbortSignal }} */ (options);
    const from = checkedSince(since);
    this.#checkOpen();
    const heard =
      typeof fn === 'function' ? (/** @type {Frame} */ frame) => this.#listeners.run(fn, frame.value, frame) : undefined;
    const subscription = this.#joins.join(name, heard, from, signal);
    if (signal?.aborted) subscription.close();
    return subscription;
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  ready({ signal } = {}) {
    return new Promise((/** @type {(status: Status) => void} */ resolve, reject) => {
      signal?.throwIfAborted();
      const look = () => {
        const { state } = this.#status;
        if (state !== 'open' && state !== 'closed') return;
        stop();
        forget();
        if (state === 'open') resolve(this.#status);
        else reject(this.#whyClosed());
      };
      const stop = this.#listeners.on('$settled', look);
      const forget = onAbort(signal, () => {
        stop();
        reject(signal?.reason);
      });
      look();
    });
  }

  /** @returns {Promise<any>} */
  async inspect() {
    const { mode, worker, reason } = this.#hookup;
    const tab = { id: this.#id, version: VERSION, mode, modeReason: reason, worker, topics: this.#joins.names() };
    const answer = this.#ending ? {} : await this.#calls.call({ type: '$inspect' }, { timeout: 5_000, what: 'inspect' });
    return { ...answer.value, status: this.#status, tab };
  }

  /**
   * @param {object} [options]
   * @param {boolean} [options.everywhere]  for all tabs of this browser
   */
  close({ everywhere = false } = {}) {
    if (everywhere) this.#logout = !this.#hookup.logout();
    this.#become({ ...this.#status, state: 'closed', code: 1000, reason: 'closed by this tab', retryAt: undefined });
  }

  /** The page goes, perhaps to come back. @returns {{ line: string, key: string, inbox: number } | null} */
  park() {
    if (!this.#ending) this.#hookup.unplug();
    return this.#resume;
  }

  /** The page came back: everything anew, under the same tab id and at the same places. */
  unpark() {
    if (!this.#ending) this.#hookup.plug();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.#hidden = hidden;
    this.#tellHidden();
    if (!hidden) this.#hookup.probe();
  }

  /** The network is back, or the page thawed. */
  wake() {
    this.#hookup.say({ type: '$nudge' });
    this.#hookup.probe();
  }

  /** The page is no longer one that nobody sees: workers may be had. */
  #rendered() {
    this.unpark();
    if (!this.#logout) return;
    this.#hookup.plug();
    this.#hookup.logout();
    this.#hookup.unplug();
  }

  #tellHidden() {
    const told = this.#hookup.say({ type: '$tab', state: this.#hidden ? 'hidden' : 'visible' });
    if (told) this.#toldHidden = this.#hidden;
  }

  #welcomed() {
    // What happened between our hello and the welcome, the switchboard has not heard.
    if (this.#hidden !== this.#toldHidden) this.#tellHidden();
    this.#calls.welcomed();
  }

  /** @returns {Frame} */
  #hello() {
    const { url, token, debug } = this.#options;
    this.#toldHidden = this.#hidden;
    return {
      type: '$hello',
      v: PORT_PROTOCOL,
      tab: this.#id,
      url,
      hidden: this.#hidden,
      givesTokens: token !== undefined,
      debug: Boolean(debug),
      topics: this.#joins.places(),
      resume: this.#resume,
      claims: this.#calls.claims(),
    };
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.$inbox !== undefined && this.#resume) {
      // A new worker that resumed the line may bring again what an earlier one brought already.
      if (frame.$inbox <= this.#resume.inbox) return;
      this.#resume.inbox = frame.$inbox;
    }
    if (frame.re !== undefined) this.#calls.settle(frame);
    else if (frame.type?.startsWith('$')) this.#service(frame);
    else if (frame.topic !== undefined) this.#topicFrame(/** @type {Frame & { topic: string }} */ (frame));
    else this.#message(frame);
  }

  /** @param {Frame} frame  of the switchboard's own */
  #service(frame) {
    switch (frame.type) {
      case '$status':
        return this.#become({ ...frame.status, mode: this.#hookup.mode, modeReason: this.#hookup.reason });
      case '$line': {
        const { line, key, inbox } = frame;
        // The same line may be told by a worker that is behind us.
        const known = this.#resume && this.#resume.line === line ? this.#resume.inbox : 0;
        this.#resume = { line, key, inbox: Math.max(inbox, known) };
        return;
      }
      case '$sent':
        return this.#calls.sent(frame);
      case '$sync':
        this.#hookup.say({ type: '$synced', n: frame.n });
        return;
      case '$gap':
        return this.#joins.gap(frame.topic, frame.at);
      case '$replay':
        for (const one of frame.frames) this.#joins.heard(one);
        return;
      case '$refused':
        return this.#joins.refused(frame.topic ?? '', LineError.from(frame.error));
      case '$upgrade':
        if (this.#options.mayTellUpgrade?.() ?? true) this.#listeners.emit('upgrade', { version: frame.version });
        return;
      case '$log':
        if (this.#options.debug) this.#options.debug(frame.entry);
        return;
      case '$token':
        this.#token(frame);
    }
  }

  /** @param {Frame & { topic: string }} frame */
  #topicFrame(frame) {
    if (!isImplicitTopic(frame.topic)) return this.#joins.heard(frame);
    this.#joins.passed(frame.topic, frame.at);
    this.#message(withoutPosition(frame));
  }

  /** @param {Frame} frame  for this tab or every tab */
  #message({ $inbox: _place, ...frame }) {
    if (frame.error !== undefined && frame.type === undefined) this.#listeners.emit('error', LineError.from(frame.error));
    if (frame.type !== undefined && !RESERVED.has(frame.type)) this.#listeners.emit(frame.type, frame.value, frame);
    this.#listeners.emit('*', frame.value, frame);
  }

  /** @param {Frame} ask */
  async #token({ n, reason }) {
    this.#hookup.say({ type: '$token', n, ...(await resolveToken(this.#options.token, reason)) });
  }

  /** @param {Status} status */
  #become(status) {
    const before = this.#status;
    if (before.state === 'closed') return;
    // What is not known is not there, also when it came over a port.
    const known = Object.entries(status).filter(([, value]) => value !== undefined);
    this.#status = Object.freeze(/** @type {Status} */ (Object.fromEntries(known)));
    if (status.state === 'closed') {
      const error = this.#whyClosed();
      this.#calls.failAll(error);
      this.#joins.end(error);
    }
    this.#listeners.emit('status', this.#status, before);
    this.#listeners.emit('$settled');
    if (this.#status.state === 'closed') this.#end();
  }

  /** A closed line stays closed, whoever opens another: this tab leaves it, and connecting again makes a new one. */
  #end() {
    if (this.#ending) return;
    this.#ending = true;
    this.#hookup.unplug();
    this.#ended();
  }

  #whyClosed() {
    const { code, reason } = this.#status;
    return new LineError('closed', `the line is closed${code ? ` (${code})` : ''}${reason ? `: ${reason}` : ''}`);
  }

  #checkOpen() {
    if (this.#status.state === 'closed') throw this.#whyClosed();
  }
}
