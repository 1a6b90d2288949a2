import { FlushScheduler } from './delivery/flush-scheduler.js';
import { systemClock } from '../shared/clock.js';
import { EventLog } from './event-log.js';
import { LineError } from '../shared/errors.js';
import { isImplicitTopic, isName, isTabId, withoutPosition } from '../shared/frames.js';
import { TabProtocol } from './tabs/tab-protocol.js';
import { Sender } from './sending/sender.js';
import { FanOut } from './delivery/fan-out.js';
import { Backpressure } from './delivery/backpressure.js';
import { PlainPages } from './plain-pages.js';
import { TabLiveness } from './tabs/tab-liveness.js';
import { TokenRequests } from './token-requests.js';
import { Topics } from './topics/topics.js';
import { VERSION } from '../version.js';
import { Connection } from './connection/connection.js';

/** How long the line stays open after the last tab was removed, in milliseconds: long enough for a reload. */
const IDLE_CLOSE_DELAY = 5_000;

/**
 * Connects tabs to the server connection: the registry of tabs, and the wiring of the worker's parts.
 *
 * Runs in the SharedWorker, or in the page in direct mode; it only sees MessagePorts. `TabProtocol` dispatches the frames of
 * tabs, `PlainPages` serves plain pages.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('./tabs/tab-connection.js').TabConnection} TabConnection
 */
export class TabHub {
  /** @type {Map<string, TabConnection>} */
  tabs = new Map();
  /** @type {Connection | null} */
  connection = null;
  /** Counters for `inspect`. */
  counts = { undeliverable: 0, badFrames: 0 };
  /** Of the last welcome. @type {Record<string, number>} */
  limits = {};
  #options;
  #clock;
  #protocol;
  #flusher;
  #backpressure;
  #cancelIdleClose = () => {};
  /** @type {string | undefined} */
  #user;
  #welcomes = 0;

  /**
   * @param {object} options
   * @param {string} options.instance  a name that no other run of a worker has
   * @param {'shared' | 'direct'} options.mode
   * @param {string} [options.url]  of the endpoint, for plain pages
   * @param {boolean} [options.named]  whether a tab of Partyline started this worker, and not a plain page
   * @param {string} [options.lock]  the name of the lock that this worker holds while it lives
   * @param {LockManager} [options.locks]
   * @param {Pick<BroadcastChannel, 'postMessage'>} [options.channel]
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {import('../shared/clock.js').Clock} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor(options) {
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#clock = clock;
    this.log = new EventLog(clock);
    this.sender = new Sender({ clock, owner: this });
    this.#flusher = new FlushScheduler({ clock, flush: (tabs) => this.#flush(tabs) });
    this.#backpressure = new Backpressure({ clock, pauseAcks: (paused) => this.connection?.pauseAcks(paused) });
    this.tokenRequests = new TokenRequests(clock);
    this.plainPages = new PlainPages(options.channel);
    this.topics = new Topics({
      clock,
      scheduleFlush: (tab) => this.scheduleFlush(tab),
      server: {
        join: (topic, at) => this.#sendJoin(topic, at, (reply) => this.#onJoinReply(topic, reply)),
        replay: (topic, at) => this.#sendJoin(topic, at, (answer) => this.topics.onReplayed(topic, answer)),
        leave: (topic) => this.sender.sendControl({ type: '$leave', topic }, () => this.topics.onLeft(topic)),
      },
    });
    this.liveness = new TabLiveness({
      clock,
      locks: options.locks,
      onLost: (tab, reason) => this.removeTab(tab, reason),
      ping: (tab) => this.postTo(tab, { type: '$ping' }),
    });
    this.#protocol = new TabProtocol(this, clock);
    this.log.add(`hub ${options.instance} (${options.mode}, version ${VERSION})`);
    this.log.mirrorTo((entry) => {
      for (const tab of this.tabs.values()) if (tab.debug) this.postTo(tab, { type: '$log', entry });
    });
  }

  get instance() {
    return this.#options.instance;
  }

  get mode() {
    return this.#options.mode;
  }

  get lock() {
    return this.#options.lock;
  }

  /**
   * A page opened a port. It gets the state and the instance at once: some browsers restart a worker on the ports of its
   * predecessor, and only the new instance id reveals that.
   * @param {MessagePort} port
   */
  connect(port) {
    this.plainPages.add(port);
    port.onmessage = (event) => this.#onPortMessage(port, event.data);
    const { instance, named } = this.#options;
    this.plainPages.post(port, { type: 'WSState', state: this.connection?.readyState ?? 0, ...(named && { worker: instance }) });
  }

  /** Connects to the default endpoint, for plain pages. */
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
    const { WebSocket, random } = this.#options;
    this.connection ??= new Connection({
      url,
      WebSocket,
      random,
      clock: this.#clock,
      log: this.log,
      owner: {
        token: (reason) =>
          this.tokenRequests.get(
            () => [...this.tabs.values()],
            reason,
            (tab, frame) => this.postTo(tab, frame),
          ),
        helloPayload: (minimal) => ({ tabs: [...this.tabs.keys()], topics: this.topics.helloTopics(minimal) }),
        onWelcome: (welcome, lostReplies) => this.#onWelcome(welcome, lostReplies),
        onFrame: (frame, text, inbox) => this.#onFrame(frame, text, inbox),
        rejectLargest: () => this.sender.rejectLargest(),
        onStatus: (status) => this.#onStatus(status),
      },
    });
    if (session) this.connection.restoreSession(session);
    this.#updateHidden();
    this.connection.start();
  }

  /**
   * @param {MessagePort} port
   * @param {any} data
   */
  #onPortMessage(port, data) {
    if (typeof data?.type === 'string' && data.type.startsWith('$')) this.#protocol.onFrame(port, data);
    else if (data !== null && typeof data === 'object') this.#onPlainMessage(port, data);
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
      const text = JSON.stringify({ data });
      const violation = !isTabId(data.from)
        ? 'its `from` is not 1 to 64 characters of A-Z a-z 0-9 _ -'
        : data.type !== undefined && !isName(data.type)
          ? 'its `type` is not 1 to 128 characters of A-Z a-z 0-9 _ . : / -'
          : undefined;
      if (violation) this.rejectPlain(page, new LineError('bad_value', `the message cannot be sent: ${violation}`));
      else this.sender.sendPlain(page, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      this.rejectPlain(page, new LineError('bad_value', `cannot be written as JSON: ${reason}`));
    }
  }

  /**
   * @param {import('./sending/queued-message.js').PlainSender} page
   * @param {LineError} error
   */
  rejectPlain({ port, from }, error) {
    this.plainPages.post(port, { type: 'message', data: { from, error: error.toJSON() } });
  }

  /**
   * @param {string} id  of a tab, perhaps closed by now
   * @param {WorkerFrame} frame
   */
  postToTab(id, frame) {
    const tab = this.tabs.get(id);
    if (tab) this.postTo(tab, frame);
  }

  /**
   * Queues a frame for one tab, for its next flush.
   * @param {TabConnection} tab
   * @param {WorkerFrame} frame
   * @param {number} [chars]
   */
  postTo(tab, frame, chars = 0) {
    // The queue is full before the scheduled flush.
    if (!tab.hasRoom(chars)) tab.flush(new FanOut(this.topics.logOf));
    tab.enqueue(frame, chars);
    if (tab.isOverflowing) this.removeTab(tab, 'outbound queue overflow');
    else this.scheduleFlush(tab);
  }

  /** @param {TabConnection} tab  has something new to read */
  scheduleFlush(tab) {
    this.#flusher.schedule(tab);
  }

  /** @param {TabConnection[]} tabs */
  #flush(tabs) {
    const fanOut = new FanOut(this.topics.logOf);
    for (const tab of tabs) {
      tab.flush(fanOut);
      if (tab.isLagging(fanOut)) this.#backpressure.onLagging(tab);
      else this.#backpressure.release(tab);
    }
  }

  /**
   * Reports a tab's state to the server. While there is no connection, the next `$hello` does.
   * @param {string} id
   * @param {'open' | 'hidden' | 'visible' | 'gone'} state
   */
  sendTabState(id, state) {
    this.connection?.send(JSON.stringify({ type: '$tab', from: id, state }));
    this.#updateHidden();
  }

  #updateHidden() {
    const tabs = [...this.tabs.values()];
    if (this.connection) this.connection.hidden = tabs.length > 0 && tabs.every(({ hidden }) => hidden);
  }

  /**
   * Removes a tab that detached, died or overflowed.
   * @param {TabConnection} tab
   * @param {string} reason
   */
  removeTab(tab, reason) {
    if (this.tabs.get(tab.id) !== tab) return;
    this.tabs.delete(tab.id);
    this.#protocol.removeTab(tab);
    this.liveness.unwatch(tab);
    this.topics.removeTab(tab);
    this.sender.removeTab(tab.id);
    this.tokenRequests.removeTab(tab);
    this.#flusher.removeTab(tab);
    this.#backpressure.release(tab);
    this.log.add(`tab ${tab.id} removed: ${reason}`);
    this.sendTabState(tab.id, 'gone');
    this.broadcastStatus();
    if (this.tabs.size > 0 || this.plainPages.size > 0) return;
    // In direct mode no other tab can attach: each page has a hub of its own.
    this.#cancelIdleClose = this.#clock.after(this.mode === 'direct' ? 0 : IDLE_CLOSE_DELAY, () => {
      this.connection?.closeLine('the last tab was closed');
      this.topics.clear();
    });
  }

  /** Posts the line's state to all tabs. */
  broadcastStatus() {
    for (const tab of this.tabs.values()) this.postTo(tab, { type: '$status', status: this.status() });
  }

  /**
   * The line's state, as tabs see it.
   * @returns {import('../shared/port-protocol.js').LineStatus}
   */
  status() {
    const { state, code, reason, retryAt } = this.connection?.status ?? { state: 'connecting' };
    const { mode } = this.#options;
    const user = state === 'open' ? this.#user : undefined;
    return { state, mode, code, reason, retryAt, user, tabs: this.tabs.size + this.plainPages.size };
  }

  /**
   * Closes the line for all tabs, as after a logout.
   * @param {string} reason
   */
  closeLine(reason) {
    this.connection?.closeLine(reason);
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
      limits: this.limits,
      counts: this.counts,
      log: this.log.entries(),
    };
  }

  /**
   * @param {string} topic
   * @param {import('../shared/frames.js').Position | null} at
   * @param {(reply: Frame) => void} onReply
   * @returns {boolean} false if there is no connection
   */
  #sendJoin(topic, at, onReply) {
    return this.sender.sendControl({ type: '$join', topic, at: at ?? undefined }, onReply);
  }

  /**
   * @param {string} topic
   * @param {Frame} reply
   */
  #onJoinReply(topic, { value, error }) {
    if (error) this.topics.onJoinFailed(topic, LineError.from(error));
    else this.topics.onJoined(topic, value);
    for (const tab of this.tabs.values()) this.scheduleFlush(tab);
  }

  /**
   * @param {import('../shared/frames.js').Welcome} welcome
   * @param {boolean} lostReplies
   */
  #onWelcome(welcome, lostReplies) {
    this.limits = welcome.limits ?? {};
    const before = this.#user;
    this.#user = welcome.user;
    if (this.#welcomes++ > 0 && before !== welcome.user) {
      this.log.add('user changed: queued and unanswered requests rejected');
      const error = new LineError('user_changed', 'another user is logged in now; it was not sent in their name');
      this.sender.rejectAll(error);
      // The tabs show the data of the previous user. If there was none, the line may stay open.
      if (before !== undefined) return this.closeLine('another user is logged in');
      this.topics.resetAll(welcome.topics);
    }
    this.sender.onWelcome(welcome, lostReplies);
    this.topics.onWelcome(welcome.topics, this.limits);
    for (const [name, joined] of Object.entries(welcome.topics)) {
      if (!joined.error) this.topics.onJoined(name, joined);
      else if (!isImplicitTopic(name)) this.topics.onJoinFailed(name, LineError.from(joined.error));
      if (isImplicitTopic(name))
        for (const tab of this.tabs.values()) if (!tab.cursors.has(name)) this.topics.join(tab, name, null);
    }
    const { line, key } = welcome;
    for (const tab of this.tabs.values())
      this.postTo(tab, { type: '$session', line, key, inbox: welcome.inbox, resumed: welcome.resumed, limits: this.limits });
    this.#protocol.onWelcome(welcome);
  }

  /** @param {import('./connection/connection.js').ConnectionStatus} status */
  #onStatus(status) {
    this.plainPages.broadcastState(this.connection?.readyState ?? 0);
    this.broadcastStatus();
    if (status.state === 'open') this.sender.drain();
    else this.topics.onDisconnected();
    if (status.state !== 'closed') return;
    this.sender.rejectAll(new LineError('closed', this.connection?.closedReason ?? ''));
    if (status.code === 4503) for (const tab of this.tabs.values()) this.postTo(tab, { type: '$upgrade', version: VERSION });
    // The next user of the line may be another one, so no state is kept; what arrived before the close is still delivered.
    this.#flush([...this.tabs.values()]);
    this.#welcomes = 0;
    this.topics.clear();
    for (const tab of this.tabs.values()) tab.cursors.clear();
  }

  /**
   * @param {Frame} frame
   * @param {string} text  the frame as received
   * @param {number} inbox  number of frames received from the line's inbox, including this one
   */
  #onFrame(frame, text, inbox) {
    if (frame.type === '$gap') {
      if (frame.topic && frame.at) for (const tab of this.topics.onGap(frame.topic, frame.at)) this.scheduleFlush(tab);
    } else if (frame.topic !== undefined) {
      const tabs = this.topics.onMessage(frame, text);
      if (!tabs) return;
      for (const tab of tabs) this.scheduleFlush(tab);
      this.#flusher.noteIncoming(text.length);
      if (isImplicitTopic(frame.topic)) this.plainPages.broadcast(withoutPosition(frame));
    } else if (frame.type?.startsWith('$')) {
      this.counts.badFrames++;
    } else if (frame.re !== undefined) {
      if (!this.sender.resolve(frame)) this.counts.undeliverable++;
    } else if (frame.from !== undefined) {
      const tab = this.tabs.get(frame.from);
      if (tab) this.#deliver(tab, { ...frame, $inbox: inbox }, text.length);
      else if (!this.plainPages.deliver(frame)) this.counts.undeliverable++;
    } else {
      for (const tab of this.tabs.values()) this.#deliver(tab, { ...frame, $inbox: inbox }, text.length);
      this.plainPages.broadcast(frame);
    }
  }

  /**
   * Delivers a message of the line's inbox to one tab.
   * @param {TabConnection} tab
   * @param {import('../shared/port-protocol.js').InboxFrame} frame
   * @param {number} chars
   */
  #deliver(tab, frame, chars) {
    this.postTo(tab, frame, chars);
    // Now and not at the next flush: more may arrive before that than the queue can hold.
    if (tab.isWindowFull) this.#backpressure.onLagging(tab);
  }
}
