import { LineError } from './errors.js';
import { isEverybodys, isName, withoutPlace } from './frames.js';
import { Hookup } from './hookup.js';
import { Listeners } from './listeners.js';
import { randomId } from './names.js';
import { PendingCalls } from './pending.js';
import { Subscription } from './subscription.js';
import { HOUSE } from './version.js';

/** How long a request waits for its answer unless it says otherwise, in milliseconds. */
const REQUEST_TIMEOUT = 10_000;
/** A send may wait a minute in the worker for a connection, and then for its answer, in milliseconds. */
const SEND_TIMEOUT = 75_000;

/** Events of the line itself; messages with these types are heard by `on('*')` only. */
const RESERVED = new Set(['status', 'gap', 'upgrade', 'error', '*']);

/**
 * A tab's half: the line as a page uses it. What its methods promise is written in main.js, where users look.
 *
 * @typedef {import('./frames.js').Frame} Frame
 * @typedef {import('./frames.js').Position} Position
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
  /** @type {Listeners<(...args: any[]) => void>} */
  #listeners = new Listeners();
  /** @type {Map<string, { subscriptions: Set<Subscription>, at: Position | null, joined: boolean }>} */
  #topics = new Map();
  /** @type {Status} */
  #status = { state: 'connecting', mode: 'shared', tabs: 1 };
  /** @type {{ line: string, key: string, inbox: number } | null} what a new worker can resume the line with */
  #resume;
  /** @type {PendingCalls} */
  #calls;
  /** @type {Hookup} */
  #hookup;
  #options;
  #ended = () => {};
  #ending = false;
  #hidden = false;

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {import('./clock.js').Clock} options.clock
   * @param {Omit<ConstructorParameters<typeof Hookup>[0], 'clock'>} options.hookup
   * @param {string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>)} [options.token]
   * @param {false | ((entry: import('./diary.js').Entry) => void)} [options.debug]
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
    this.#calls = new PendingCalls({
      clock: options.clock,
      say: (frame) => this.#hookup.say(frame),
      withdraw: (n) => this.#hookup.say({ type: '$withdraw', n }),
    });
    this.#hookup = new Hookup(
      { ...options.hookup, clock: options.clock },
      {
        hello: () => this.#hello(),
        heard: (burst) => this.#heard(burst),
        welcomed: () => this.#calls.welcomed(),
        lost: () => this.#become({ ...this.#status, state: 'connecting' }),
      },
    );
    if (options.prerendered) options.prerendered.then(() => this.unpark());
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
    const undo = this.#listeners.on(type, fn);
    signal?.addEventListener('abort', undo, { once: true });
    return undo;
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   * @param {{ drop?: boolean, signal?: AbortSignal }} [options]
   * @returns {Promise<void>}
   */
  async send(type, value, { drop = false, signal } = {}) {
    const frame = { type: '$send', name: checked('message type', type), value: encode(value) };
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
    const frame = { type: '$send', name: checked('message type', type), value: encode(value) };
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
    const frame = { type: '$publish', topic: checked('topic', topic), value: encode(value), key: randomId() };
    this.#checkOpen();
    return (await this.#calls.call(frame, { timeout: SEND_TIMEOUT, signal, what: `publish to ${topic}` })).value;
  }

  /**
   * @param {string} name
   * @param {((value: any, message: TopicMessage) => void) | { since?: Position | 'start', signal?: AbortSignal }} [fn]
   * @param {{ since?: Position | 'start', signal?: AbortSignal }} [options]
   * @returns {Subscription}
   */
  join(name, fn, options = typeof fn === 'object' ? fn : {}) {
    checked('topic', name);
    this.#checkOpen();
    const { since, signal } = /** @type {{ since?: Position | 'start', signal?: AbortSignal }} */ (options);
    const subscription = new Subscription({
      topic: name,
      fn: typeof fn === 'function' ? (frame) => this.#listeners.run(fn, frame.value, frame) : undefined,
      leave: (one) => this.#left(one),
      missed: () => this.#emit('gap', { topic: name, at: subscription.position }),
    });
    const topic = this.#topics.get(name) ?? { subscriptions: new Set(), at: null, joined: false };
    this.#topics.set(name, topic);
    topic.subscriptions.add(subscription);
    if (topic.joined && topic.at && !since) subscription.joined({ at: topic.at, gap: false });
    else this.#join(name, topic, subscription, since);
    signal?.addEventListener('abort', () => subscription.close(), { once: true });
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
        if (state === 'open') resolve(this.#status);
        else reject(this.#whyClosed());
      };
      const stop = this.#listeners.on('$settled', look);
      signal?.addEventListener('abort', () => (stop(), reject(signal.reason)), { once: true });
      look();
    });
  }

  /** @returns {Promise<any>} */
  async inspect() {
    const { mode, worker, reason } = this.#hookup;
    const tab = { id: this.#id, mode, modeReason: reason, worker, topics: [...this.#topics.keys()] };
    const answer = this.#ending ? {} : await this.#calls.call({ type: '$inspect' }, { timeout: 5_000, what: 'inspect' });
    return { ...answer.value, status: this.#status, tab };
  }

  /**
   * @param {object} [options]
   * @param {boolean} [options.everywhere]  for all tabs of this browser
   */
  close({ everywhere = false } = {}) {
    if (everywhere) this.#hookup.say({ type: '$logout' });
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
    this.#hookup.say({ type: '$tab', state: hidden ? 'hidden' : 'visible' });
    if (!hidden) this.#hookup.probe();
  }

  /** The network is back, or the page thawed. */
  wake() {
    this.#hookup.say({ type: '$nudge' });
    this.#hookup.probe();
  }

  /** @returns {Frame} */
  #hello() {
    /** @type {Record<string, Position | null>} */
    const topics = {};
    // A join that is not answered yet is asked for again by itself.
    for (const [name, { at, joined }] of this.#topics) if (joined) topics[name] = at;
    const { url, token, debug } = this.#options;
    return {
      type: '$hello',
      v: HOUSE,
      tab: this.#id,
      url,
      hidden: this.#hidden,
      givesTokens: token !== undefined,
      debug: Boolean(debug),
      topics,
      resume: this.#resume,
      claims: this.#calls.claims(),
    };
  }

  /** @param {Frame[]} burst */
  #heard(burst) {
    for (const frame of burst) this.#listeners.run(() => this.#frame(frame));
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
    else if (frame.topic !== undefined) this.#topicFrame(frame, frame.topic);
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
      case '$gap': {
        const topic = this.#topics.get(frame.topic ?? '');
        if (topic && frame.at) topic.at = frame.at;
        return this.#emit('gap', { topic: frame.topic, at: frame.at });
      }
      case '$refused':
        return this.#refused(frame.topic ?? '', LineError.from(frame.error));
      case '$upgrade':
        if (this.#options.mayTellUpgrade?.() ?? true) this.#emit('upgrade', { version: frame.version });
        return;
      case '$log':
        if (this.#options.debug) this.#options.debug(frame.entry);
        return;
      case '$token':
        this.#token(frame);
    }
  }

  /**
   * @param {Frame} frame
   * @param {string} name
   */
  #topicFrame(frame, name) {
    if (isEverybodys(name)) {
      const { at } = frame;
      const topic = this.#topics.get(name) ?? { subscriptions: new Set(), at: null, joined: true };
      this.#topics.set(name, topic);
      topic.at = at ?? null;
      this.#message(withoutPlace(frame));
      return;
    }
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.at = frame.at ?? topic.at;
    for (const subscription of [...topic.subscriptions]) subscription.hear(frame);
  }

  /** @param {Frame} frame  for this tab or every tab */
  #message({ $inbox: _place, ...frame }) {
    if (frame.error !== undefined && frame.type === undefined) this.#emit('error', LineError.from(frame.error));
    if (frame.type !== undefined && !RESERVED.has(frame.type)) this.#emit(frame.type, frame.value, frame);
    this.#emit('*', frame.value, frame);
  }

  /**
   * @param {string} name
   * @param {{ subscriptions: Set<Subscription>, at: Position | null, joined: boolean }} topic
   * @param {Subscription} subscription
   * @param {Position | 'start' | undefined} since
   */
  async #join(name, topic, subscription, since) {
    try {
      await this.#calls.call(
        { type: '$join', topic: name, since },
        {
          answered: ({ value }) => {
            topic.joined = true;
            topic.at ??= value.at;
            subscription.joined(value);
          },
        },
      );
    } catch (error) {
      if (topic.subscriptions.has(subscription)) this.#refused(name, LineError.from(error));
    }
  }

  /** @param {Subscription} subscription */
  #left(subscription) {
    const topic = this.#topics.get(subscription.topic);
    if (!topic?.subscriptions.delete(subscription) || topic.subscriptions.size > 0) return;
    this.#topics.delete(subscription.topic);
    this.#hookup.say({ type: '$leave', topic: subscription.topic });
  }

  /**
   * @param {string} name
   * @param {LineError} error
   */
  #refused(name, error) {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    for (const subscription of topic?.subscriptions ?? []) subscription.fail(error);
    if (topic && error.code !== 'closed') this.#emit('error', error);
  }

  /** @param {Frame} ask */
  async #token({ n, reason }) {
    const { token } = this.#options;
    try {
      const value = typeof token === 'function' ? await token({ reason }) : token;
      this.#hookup.say({ type: '$token', n, token: value });
    } catch (error) {
      const { status } = Object(error);
      const refused = status === 401 || status === 403;
      this.#hookup.say({ type: '$token', n, error: { ...LineError.from(error).toJSON(), ...(refused && { code: 'unauthenticated' }) } });
    }
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
      for (const name of [...this.#topics.keys()]) this.#refused(name, error);
    }
    this.#emit('status', this.#status, before);
    this.#emit('$settled');
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

  /**
   * @param {string} name
   * @param {...any} args
   */
  #emit(name, ...args) {
    this.#listeners.emit(name, ...args);
  }
}

/**
 * @param {string} what
 * @param {string} name
 */
function checked(what, name) {
  if (isName(name)) return name;
  throw new TypeError(`${what} must be 1 to 128 characters of A-Z a-z 0-9 _ . : / -, not ${JSON.stringify(name)}`);
}

/**
 * The tab that sends a value pays for writing it, and hears at once when it cannot be written.
 * @param {unknown} value
 * @returns {string | undefined}
 */
function encode(value) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new LineError('bad_value', `the value cannot be written as JSON: ${why}`, { cause: error });
  }
  if (text === undefined && value !== undefined) throw new LineError('bad_value', `a ${typeof value} cannot be written as JSON`);
  return text;
}
