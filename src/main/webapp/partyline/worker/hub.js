import { systemClock } from '../shared/clock.js';
import { LineError } from '../shared/errors.js';
import { VERSION } from '../version.js';
import { Connection } from './connection/connection.js';
import { Delivery } from './delivery/delivery.js';
import { EventLog } from './event-log.js';
import { encodePlain, PlainPages } from './plain-pages.js';
import { queuedMessage } from './sending/queued-message.js';
import { Sender } from './sending/sender.js';
import { ServerProtocol } from './server-protocol.js';
import { TabConnection } from './tabs/tab-connection.js';
import { TabLiveness } from './tabs/tab-liveness.js';
import { TabProtocol } from './tabs/tab-protocol.js';
import { TokenRequests } from './token-requests.js';
import { Topics } from './topics/topics.js';

/** How long the line stays open after the last tab was closed, in milliseconds: longer than a reload takes. */
const IDLE_CLOSE_DELAY = 5_000;

/**
 * Connects tabs to the server connection: the registry of the tabs, and the owner of all parts of the worker.
 *
 * It runs in the SharedWorker, or in the page in direct mode; it only sees MessagePorts. `TabProtocol` dispatches what tabs
 * post, `ServerProtocol` what the server sends. A tab that attaches again, on the same port or another one, replaces its former
 * `TabConnection`.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../shared/port-protocol.js').WorkerFrame} WorkerFrame
 */
export class TabHub {
  /** The attached tabs. @type {Map<string, TabConnection>} */
  tabs = new Map();
  /** @type {Connection | null} */
  connection = null;
  /** For `inspect`. */
  counts = { undeliverable: 0, badFrames: 0 };
  #options;
  #clock;
  #liveness;
  #protocol;
  #serverProtocol = new ServerProtocol(this);
  #cancelIdleClose = () => {};

  /**
   * @param {object} options
   * @param {string} options.instance  unique among all runs of a worker
   * @param {'shared' | 'direct'} options.mode
   * @param {string} [options.url]  of the endpoint, for pages that pass none
   * @param {boolean} [options.named]  whether tabs that use main.js started this worker, not plain pages
   * @param {string} [options.lock]  the name of the lock that this worker holds until it dies
   * @param {LockManager} [options.locks]
   * @param {Pick<BroadcastChannel, 'postMessage'>} [options.channel]
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {(url: string, init: RequestInit) => Promise<Response>} [options.fetch]
   * @param {import('../shared/clock.js').Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {boolean} [options.helloInUrl]  whether to try the URL for the first `$hello`
   */
  constructor(options) {
    const { instance, mode, locks, channel, clock = systemClock } = options;
    const tabs = () => this.tabs.values();
    this.#options = options;
    this.#clock = clock;
    this.log = new EventLog(clock);
    this.sender = new Sender({ clock, owner: this });
    this.topics = new Topics({ clock, server: this.#serverProtocol, scheduleFlush: (tab) => this.delivery.schedule(tab) });
    this.delivery = new Delivery({
      clock,
      tabs,
      logOf: this.topics.logOf,
      onOverflow: (tab) => this.removeTab(tab, 'outbound queue overflow'),
      pauseAcks: (paused) => this.connection?.pauseAcks(paused),
    });
    const post = this.delivery.post.bind(this.delivery);
    this.tokenRequests = new TokenRequests({ clock, tabs, post });
    this.plainPages = new PlainPages({ channel, named: options.named });
    this.#liveness = new TabLiveness({
      clock,
      locks,
      tabs,
      onLost: (tab, reason) => this.removeTab(tab, reason),
      ping: (tab) => post(tab, { type: '$ping' }),
    });
    this.#protocol = new TabProtocol(this, clock);
    this.log.add(`hub ${instance} (${mode}, version ${VERSION})`);
    this.log.mirrorTo((entry) => {
      for (const tab of this.tabs.values()) if (tab.debug) post(tab, { type: '$log', entry });
    });
  }

  get instance() {
    return this.#options.instance;
  }

  /**
   * A page has connected. It gets the connection's state at once, and which worker this is: some browsers start a worker anew
   * on the ports of its predecessor, and only a new instance shows that.
   * @param {MessagePort} port
   */
  connect(port) {
    this.plainPages.add(port);
    this.#listen(port);
    const { instance, named } = this.#options;
    this.plainPages.post(port, {
      type: 'WSState',
      state: this.connection?.readyState ?? 0,
      ...(named && { worker: instance }),
    });
  }

  /** Opens the connection to the endpoint of pages that name none. */
  startDefault() {
    // After a close code that stops reconnecting, only a newly opened page connects again.
    if (this.#options.url && (!this.connection || this.connection.closedLocally)) this.start(this.#options.url);
  }

  /**
   * @param {string} url
   * @param {import('../shared/port-protocol.js').SessionTicket} [session]
   */
  start(url, session) {
    this.#cancelIdleClose();
    const { WebSocket, fetch, random, helloInUrl } = this.#options;
    this.connection ??= new Connection({
      url,
      WebSocket,
      fetch,
      random,
      helloInUrl,
      clock: this.#clock,
      log: this.log,
      owner: this.#serverProtocol,
    });
    if (session) this.connection.restoreSession(session);
    this.#updateHidden();
    this.connection.start();
  }

  /**
   * @param {MessagePort} port
   * @param {AttachFrame} frame
   */
  attach(port, frame) {
    const previous = this.tabs.get(frame.tab);
    this.plainPages.remove(port);
    const tab = new TabConnection({
      id: frame.tab,
      secret: frame.secret,
      port,
      hidden: frame.hidden === true,
      givesTokens: frame.givesTokens === true,
      debug: frame.debug === true,
      now: this.#clock.now(),
    });
    this.tabs.set(tab.id, tab);
    if (previous) {
      // The server need not know.
      this.#close(previous);
      if (previous.port !== port) previous.port.close();
    }
    this.#listen(port, tab);
    this.log.add(`tab ${tab.id} ${previous ? 're-attached' : 'attached'}`);
    tab.enqueue({ type: '$attached', worker: this.instance, lock: this.#options.lock, version: VERSION });
    // Messages for the tab were undeliverable while it was removed, or were queued for its old port.
    if (frame.worker === this.instance && !(previous && previous.queueLength === 0)) tab.enqueue({ type: '$gap', topic: '@tab' });
    // In direct mode tab and hub are in the same page and die together.
    if (this.#options.mode === 'shared') this.#liveness.watch(tab, frame.lock);
    for (const [topic, since] of Object.entries(frame.topics ?? {})) this.topics.join(tab, topic, since ?? null);
    for (const topic of this.topics.implicitTopics()) if (!tab.cursors.has(topic)) this.topics.join(tab, topic, null);
    this.sendTabState(tab.id, 'open', tab.secret);
    this.start(frame.url, frame.session ?? undefined);
    this.#recoverRequests(tab, frame);
    const session = this.connection?.status.state === 'open' ? this.connection.session : null;
    if (session) tab.enqueue({ type: '$session', ...session, resumed: true, limits: this.#serverProtocol.limits });
    this.broadcastStatus();
  }

  /**
   * Recovers the requests that the tab still waits for. `id` is known if an `$accepted` reached the tab.
   * @param {TabConnection} tab
   * @param {AttachFrame} frame
   */
  #recoverRequests(tab, { requests, session, worker }) {
    for (const { n, id, frame } of requests) {
      if (this.sender.has(tab.id, n)) continue;
      this.sender.recover(queuedMessage(tab.id, frame), id, {
        sameWorker: worker === this.instance,
        sameLine: session ? (this.connection?.session?.line ?? session.line) === session.line : false,
        open: this.connection?.status.state === 'open',
      });
    }
  }

  /**
   * Removes a tab that detached, died or overflowed.
   * @param {TabConnection} tab
   * @param {string} reason
   */
  removeTab(tab, reason) {
    if (this.tabs.get(tab.id) !== tab) return;
    this.tabs.delete(tab.id);
    this.#close(tab);
    this.sender.removeTab(tab.id);
    this.log.add(`tab ${tab.id} removed: ${reason}`);
    this.sendTabState(tab.id, 'gone');
    // The server has not opened the tabs beyond its limit, and now has room for one: the first of them, if it opened them in order.
    const next = [...this.tabs.values()][(this.#serverProtocol.limits.tabs ?? 0) - 1];
    if (next) this.sendTabState(next.id, 'open', next.secret);
    this.broadcastStatus();
    if (this.tabs.size > 0 || this.plainPages.size > 0) return;
    // In direct mode no other tab can attach: each page has a hub of its own.
    this.#cancelIdleClose = this.#clock.after(this.#options.mode === 'direct' ? 0 : IDLE_CLOSE_DELAY, () => {
      this.connection?.closeLine('the last tab was closed');
      this.topics.clear();
    });
  }

  /** @param {TabConnection} tab  no longer in `tabs` */
  #close(tab) {
    tab.close();
    // The port stays open: if the tab was only frozen, its next frame makes it attach again.
    this.#listen(tab.port);
    this.topics.removeTab(tab);
    this.delivery.onTabClosed();
  }

  /**
   * @param {TabConnection} tab
   * @param {'hidden' | 'visible'} state
   */
  setVisibility(tab, state) {
    tab.hidden = state === 'hidden';
    this.sendTabState(tab.id, state);
    if (tab.hidden) this.#liveness.onHidden(tab);
    else this.wake();
  }

  /** The network is back, or the page of a tab became active. */
  wake() {
    this.connection?.wake();
  }

  /**
   * @param {string} id  of a tab, perhaps closed by now
   * @param {WorkerFrame} frame
   */
  postToTab(id, frame) {
    const tab = this.tabs.get(id);
    if (tab) this.delivery.post(tab, frame);
  }

  /** Posts the line's state to all tabs. */
  broadcastStatus() {
    for (const tab of this.tabs.values()) this.delivery.post(tab, { type: '$status', status: this.status() });
  }

  /**
   * The line's state, as tabs see it.
   * @returns {import('../shared/port-protocol.js').LineStatus}
   */
  status() {
    const { state, code, reason, retryAt } = this.connection?.status ?? { state: 'connecting' };
    const user = state === 'open' ? this.#serverProtocol.user : undefined;
    return { state, mode: this.#options.mode, code, reason, retryAt, user, tabs: this.tabs.size + this.plainPages.size };
  }

  /**
   * Closes the line for all tabs, as after a logout.
   * @param {string} reason
   * @param {number} [code]
   */
  closeLine(reason, code) {
    this.connection?.closeLine(reason, code);
  }

  /** What `line.inspect()` shows. */
  inspect() {
    return {
      version: VERSION,
      worker: this.instance,
      url: this.connection?.url,
      line: this.connection?.session?.line,
      status: this.status(),
      tabs: [...this.tabs.values()].map((tab) => tab.describe()),
      pages: this.plainPages.ids(),
      topics: this.topics.describe(),
      waiting: this.sender.queueLength,
      unanswered: this.sender.inFlightCount,
      limits: this.#serverProtocol.limits,
      counts: this.counts,
      log: this.log.entries(),
    };
  }

  /**
   * @param {import('./sending/queued-message.js').PlainSender} page
   * @param {LineError} error
   */
  rejectPlain({ port, from }, error) {
    this.plainPages.post(port, { type: 'message', data: { from, error: error.toJSON() } });
  }

  /**
   * @param {MessagePort} port
   * @param {TabConnection} [tab]  that is attached on it
   */
  #listen(port, tab) {
    port.onmessage = ({ data }) => {
      if (typeof data?.type === 'string' && data.type.startsWith('$')) this.#protocol.onFrame(port, tab, data);
      else if (data !== null && typeof data === 'object') this.#onPlainMessage(port, data);
    };
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} data
   */
  #onPlainMessage(port, data) {
    // No `$tab` for plain pages: they choose their own ids, so pages of two browsers may use the same one, which the server
    // accepts in the plain message shapes only.
    this.plainPages.touch(port, data.from);
    this.startDefault();
    const page = { port, from: /** @type {string} */ (data.from) };
    try {
      this.sender.sendPlain(page, encodePlain(data));
    } catch (error) {
      this.rejectPlain(page, LineError.from(error));
    }
  }

  /**
   * Reports a tab's state to the server. While there is no connection, the next `$hello` does, and what changes before its
   * `$welcome` is reported after that.
   * @param {string} id
   * @param {'open' | 'hidden' | 'visible' | 'gone'} state
   * @param {string} [secret]  of a tab that was opened
   */
  sendTabState(id, state, secret) {
    this.connection?.send(JSON.stringify({ type: '$tab', from: id, secret, state }));
    this.#updateHidden();
  }

  #updateHidden() {
    const tabs = [...this.tabs.values()];
    if (this.connection) this.connection.hidden = tabs.length > 0 && tabs.every(({ hidden }) => hidden);
  }
}
