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

/** How long the line waits for another tab after the last one, in milliseconds, so that a reload fits inside. */
const GRACE = 5_000;

/**
 * The worker's half: which tab listens to what, and who gets what comes down the wire.
 *
 * It runs in the shared worker, or inside the page in direct mode, and cannot tell the difference: a tab is a port. What
 * tabs say is in tabs/tab-protocol.js; what a page in the style of the post says is in plain-pages.js; here is what joins them to
 * the wire.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('./tabs/tab-connection.js').TabConnection} TabConnection
 */
export class TabHub {
  /** @type {Map<string, TabConnection>} */
  tabs = new Map();
  /** @type {Connection | null} */
  wire = null;
  /** What was counted, for `inspect`. */
  counts = { toNobody: 0, badFrames: 0 };
  /** Of the last welcome. @type {Record<string, number>} */
  limits = {};
  #options;
  #clock;
  #rules;
  #bursts;
  #patience;
  #cancelRest = () => {};
  /** @type {string | undefined} */
  #user;
  #welcomes = 0;

  /**
   * @param {object} options
   * @param {string} options.instance  a name that no other run of a worker has
   * @param {'shared' | 'direct'} options.mode
   * @param {string} [options.url]  of the endpoint, for pages that do not say it
   * @param {boolean} [options.named]  whether our own tabs made this worker, and not pages in the style of the post
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
    this.diary = new EventLog(clock);
    this.mail = new Sender({
      clock,
      wire: () => this.wire,
      tell: (id, frame) => {
        const tab = this.tabs.get(id);
        if (tab) this.tell(tab, frame);
      },
    });
    this.#bursts = new FlushScheduler({ clock, flush: (tabs) => this.#flush(tabs) });
    this.#patience = new Backpressure({ clock, hold: (held) => this.wire?.hold(held) });
    this.tokens = new TokenRequests(clock);
    this.pages = new PlainPages(options.channel);
    this.topics = new Topics({
      clock,
      due: (tab) => this.due(tab),
      server: {
        join: (topic, at) => this.#joinTopic(topic, at, (answer) => this.#joined(topic, answer)),
        replay: (topic, at) => this.#joinTopic(topic, at, (answer) => this.topics.replayed(topic, answer)),
        leave: (topic) =>
          this.mail.ask(
            (id) => JSON.stringify({ type: '$leave', topic, id }),
            () => this.topics.left(topic),
          ),
      },
    });
    this.presence = new TabLiveness({
      clock,
      locks: options.locks,
      gone: (tab, how) => this.gone(tab, how),
      ping: (tab) => this.tell(tab, { type: '$ping' }),
    });
    this.#rules = new TabProtocol(this, clock);
    this.diary.note(`switchboard ${options.instance} (${options.mode}, version ${VERSION})`);
    this.diary.mirrorTo((entry) => {
      for (const tab of this.tabs.values()) if (tab.debug) this.tell(tab, { type: '$log', entry });
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
   * A page plugged in. It is told the state at once, and which worker this is: some browsers start a worker anew on the
   * ports of its predecessor, and only a new name gives that away.
   * @param {MessagePort} port
   */
  connect(port) {
    this.pages.add(port);
    port.onmessage = (event) => this.#said(port, event.data);
    const { instance, named } = this.#options;
    port.postMessage({ type: 'WSState', state: this.wire?.readyState ?? 0, ...(named && { worker: instance }) });
  }

  /** Opens the wire to the endpoint that pages get who name none. */
  startDefault() {
    // A wire that was told to stay away stays away: only a page that is opened anew tries again.
    if (this.#options.url && (!this.wire || this.wire.resting)) this.start(this.#options.url);
  }

  /**
   * @param {string} url
   * @param {import('./connection/connection.js').SessionTicket} [resume]
   */
  start(url, resume) {
    this.#cancelRest();
    const { WebSocket, random } = this.#options;
    this.wire ??= new Connection({
      url,
      WebSocket,
      random,
      clock: this.#clock,
      diary: this.diary,
      owner: {
        token: (reason) =>
          this.tokens.get(
            () => [...this.tabs.values()],
            reason,
            (tab, frame) => this.tell(tab, frame),
          ),
        greeting: (brief) => ({ tabs: [...this.tabs.keys()], topics: this.topics.greeting(brief) }),
        welcomed: (welcome, lostReplies) => this.#welcomed(welcome, lostReplies),
        heard: (frame, text, inbox) => this.#heard(frame, text, inbox),
        dropLargest: () => this.mail.dropLargest(),
        changed: (status) => this.#changed(status),
      },
    });
    if (resume) this.wire.adopt(resume);
    this.#countHidden();
    this.wire.start();
  }

  /**
   * @param {MessagePort} port
   * @param {any} data
   */
  #said(port, data) {
    if (typeof data?.type === 'string' && data.type.startsWith('$')) this.#rules.hear(port, data);
    else if (data !== null && typeof data === 'object') this.#postPageSaid(port, data);
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} data
   */
  #postPageSaid(port, data) {
    // The server hears of such a page by what it says, not by `$tab`: pages choose their own ids, two browsers perhaps the
    // same, and only in their own shapes do they get away with it.
    this.pages.spoke(port, data.from);
    this.startDefault();
    const refuse = (/** @type {LineError} */ error) =>
      port.postMessage({ type: 'message', data: { from: data.from, error: error.toJSON() } });
    try {
      const text = JSON.stringify({ data });
      const why = !isTabId(data.from)
        ? 'its `from` is not 1 to 64 characters of A-Z a-z 0-9 _ -'
        : data.type !== undefined && !isName(data.type)
          ? 'its `type` is not 1 to 128 characters of A-Z a-z 0-9 _ . : / -'
          : undefined;
      if (why) refuse(new LineError('bad_value', `the message cannot be sent: ${why}`));
      else this.mail.plain(String(data.from), text, refuse);
    } catch (error) {
      refuse(new LineError('bad_value', `cannot be written as JSON: ${error instanceof Error ? error.message : error}`));
    }
  }

  /**
   * Something for one tab, in its next burst.
   * @param {TabConnection} tab
   * @param {Frame} frame
   * @param {number} [chars]
   */
  tell(tab, frame, chars = 0) {
    // So much came that the tab had better not wait for its burst.
    if (!tab.hasRoom(chars)) tab.flush(new FanOut(this.topics.ring));
    tab.tell(frame, chars);
    if (tab.overdue) this.gone(tab, 'it takes nothing');
    else this.due(tab);
  }

  /** @param {TabConnection} tab  has something new to read */
  due(tab) {
    this.#bursts.add(tab);
  }

  /** @param {TabConnection[]} tabs */
  #flush(tabs) {
    const pass = new FanOut(this.topics.ring);
    for (const tab of tabs) {
      tab.flush(pass);
      if (tab.isBehind(pass)) this.#patience.isBehind(tab);
      else this.#patience.forget(tab);
    }
  }

  /**
   * The server hears of a tab's life. While the wire is closed the next greeting tells it.
   * @param {string} id
   * @param {'open' | 'hidden' | 'visible' | 'gone'} state
   */
  tabChanged(id, state) {
    this.wire?.say(JSON.stringify({ type: '$tab', from: id, state }));
    this.#countHidden();
  }

  #countHidden() {
    const tabs = [...this.tabs.values()];
    if (this.wire) this.wire.hidden = tabs.length > 0 && tabs.every(({ hidden }) => hidden);
  }

  /**
   * A tab is gone, however it went.
   * @param {TabConnection} tab
   * @param {string} how
   */
  gone(tab, how) {
    if (this.tabs.get(tab.id) !== tab) return;
    this.tabs.delete(tab.id);
    this.#rules.forget(tab);
    this.presence.forget(tab);
    this.topics.forget(tab);
    this.mail.forget(tab.id);
    this.tokens.forget(tab);
    this.#bursts.forget(tab);
    this.#patience.forget(tab);
    this.diary.note(`tab ${tab.id} is gone: ${how}`);
    this.tabChanged(tab.id, 'gone');
    this.tellStatus();
    if (this.tabs.size > 0 || this.pages.size > 0) return;
    // In direct mode nobody can come: the next page brings a switchboard of its own.
    this.#cancelRest = this.#clock.after(this.mode === 'direct' ? 0 : GRACE, () => {
      this.wire?.bye('the last tab is gone');
      this.topics.clear();
    });
  }

  /** Every tab hears how the line is. */
  tellStatus() {
    for (const tab of this.tabs.values()) this.tell(tab, { type: '$status', status: this.status() });
  }

  /** How the line is, as tabs see it. */
  status() {
    const { state, code, reason, retryAt } = this.wire?.status ?? { state: 'connecting' };
    const { mode } = this.#options;
    const user = state === 'open' ? this.#user : undefined;
    return { state, mode, code, reason, retryAt, user, tabs: this.tabs.size + this.pages.size };
  }

  /**
   * Closes for every tab: somebody logged out.
   * @param {string} reason
   */
  closeEverywhere(reason) {
    this.wire?.bye(reason);
  }

  /** What `line.inspect()` shows. */
  inspect() {
    return {
      version: VERSION,
      worker: this.instance,
      url: this.wire?.url,
      line: this.wire?.resume?.line,
      status: this.status(),
      tabs: [...this.tabs.values()].map((tab) => tab.describe()),
      pages: this.pages.ids(),
      topics: this.topics.describe(),
      waiting: this.mail.waiting,
      unanswered: this.mail.unanswered,
      limits: this.limits,
      counts: this.counts,
      log: this.diary.entries(),
    };
  }

  /**
   * @param {string} topic
   * @param {import('../shared/frames.js').Position | null} at
   * @param {(answer: Frame) => void} answered
   * @returns {boolean} whether the server was asked
   */
  #joinTopic(topic, at, answered) {
    return this.mail.ask((id) => JSON.stringify({ type: '$join', topic, at: at ?? undefined, id }), answered);
  }

  /**
   * @param {string} topic
   * @param {Frame} answer  to its join
   */
  #joined(topic, { value, error }) {
    if (error) this.topics.refused(topic, LineError.from(error));
    else this.topics.joined(topic, value);
    for (const tab of this.tabs.values()) this.due(tab);
  }

  /**
   * @param {import('../shared/frames.js').Welcome} welcome
   * @param {boolean} lostReplies
   */
  #welcomed(welcome, lostReplies) {
    this.limits = welcome.limits ?? {};
    const before = this.#user;
    this.#user = welcome.user;
    if (this.#welcomes++ > 0 && before !== welcome.user) {
      this.diary.note('another user is logged in: what waited is refused');
      const error = new LineError('user_changed', 'somebody else is logged in now; it was not sent in their name');
      this.mail.failAll(error);
      // The tabs show what was meant for the one who is gone. Where nobody was known, they may stay.
      if (before !== undefined) return this.closeEverywhere('another user is logged in');
      this.topics.startOver(welcome.topics);
    }
    this.mail.welcomed(welcome, lostReplies);
    this.topics.welcomed(welcome.topics, this.limits);
    for (const [name, place] of Object.entries(welcome.topics)) {
      if (!place.error) this.topics.joined(name, place);
      else if (!isImplicitTopic(name)) this.topics.refused(name, LineError.from(place.error));
      if (isImplicitTopic(name))
        for (const tab of this.tabs.values()) if (!tab.cursors.has(name)) this.topics.join(tab, name, null);
    }
    const { line, key } = welcome;
    for (const tab of this.tabs.values())
      this.tell(tab, { type: '$line', line, key, inbox: welcome.inbox, resumed: welcome.resumed });
    this.#rules.welcomed(welcome);
  }

  /** @param {import('./connection/connection.js').ConnectionStatus} status */
  #changed(status) {
    this.pages.state(this.wire?.readyState ?? 0);
    this.tellStatus();
    if (status.state === 'open') this.mail.drain();
    else this.topics.dropped();
    if (status.state !== 'closed') return;
    this.mail.failAll(new LineError('closed', this.wire?.whyClosed ?? ''));
    if (status.code === 4503) for (const tab of this.tabs.values()) this.tell(tab, { type: '$upgrade', version: VERSION });
    // Whoever opens it again may be somebody else: nothing of the one before is left, but what came before the end is heard.
    this.#flush([...this.tabs.values()]);
    this.#welcomes = 0;
    this.topics.clear();
    for (const tab of this.tabs.values()) tab.cursors.clear();
  }

  /**
   * @param {Frame} frame
   * @param {string} text  the same as it came
   * @param {number} inbox  how many frames the line's inbox has brought, this one included
   */
  #heard(frame, text, inbox) {
    if (frame.type === '$gap') {
      if (frame.topic && frame.at) for (const tab of this.topics.gap(frame.topic, frame.at)) this.due(tab);
    } else if (frame.topic !== undefined) {
      const tabs = this.topics.heard(frame, text);
      if (!tabs) return;
      for (const tab of tabs) this.due(tab);
      this.#bursts.came(text.length);
      if (isImplicitTopic(frame.topic)) this.pages.broadcast(withoutPosition(frame));
    } else if (frame.type?.startsWith('$')) {
      this.counts.badFrames++;
    } else if (frame.re !== undefined) {
      if (!this.mail.settle(frame)) this.counts.toNobody++;
    } else if (frame.from !== undefined) {
      const tab = this.tabs.get(frame.from);
      if (tab) this.#hand(tab, { ...frame, $inbox: inbox }, text.length);
      else if (!this.pages.deliver(frame)) this.counts.toNobody++;
    } else {
      for (const tab of this.tabs.values()) this.#hand(tab, { ...frame, $inbox: inbox }, text.length);
      this.pages.broadcast(frame);
    }
  }

  /**
   * A message for this tab, or for every tab, out of the line's inbox.
   * @param {TabConnection} tab
   * @param {Frame} frame
   * @param {number} chars
   */
  #hand(tab, frame, chars) {
    this.tell(tab, frame, chars);
    // Not at the next burst only: until the server hears of it, more comes than can wait.
    if (tab.stuck) this.#patience.isBehind(tab);
  }
}
