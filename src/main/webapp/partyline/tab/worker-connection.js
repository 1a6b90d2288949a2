import { unpack } from '../shared/frames.js';
import { acquireLock } from '../shared/web-locks.js';
import { NAME_PREFIX } from '../shared/ids.js';

/** How long a worker may take to answer a hello, in milliseconds; and one that says that it is still loading. */
const WELCOME_TIMEOUT = 3_000;
const LOADING_TIMEOUT = 15_000;
/** When to try again to load the switchboard into this page, in milliseconds. */
const DIRECT_RETRY = 5_000;
/** How long it may take to answer a probe, in milliseconds. */
const PROBE_TIMEOUT = 5_000;
/** Without locks the worker pings every 5 s; after so much silence we ask whether it lives, in milliseconds. */
const SILENCE = 15_000;

/** What is said of the connection itself. */
const HOOKUPS = new Set(['$welcome', '$failed', '$loading', '$who', '$ping']);

/**
 * A tab's connection to its switchboard: finds a shared worker, says hello, notices when the worker dies, finds another.
 *
 * A shared worker fails in ways of which no event tells: it may never answer (a broken script, a policy, a worker that is
 * frozen), it may die with the tab that made it, or be started anew behind our port. So there is one test for them all:
 * it must answer. One that does not is tried again under a fresh name; then the same switchboard runs inside this page.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 *
 * @typedef {object} ConnectionHandlers  whose connection it is
 * @property {() => Frame} hello  what to say hello with
 * @property {(frame: Frame) => void} heard  never throws
 * @property {() => void} welcomed
 * @property {() => void} lost  the connection broke; another one is being made
 */
export class WorkerConnection {
  /** @type {'shared' | 'direct'} */
  mode = 'shared';
  /** Why the line is not shared. @type {string | undefined} */
  reason;
  /** The worker that answered last. @type {string | undefined} */
  worker;
  #options;
  #tenant;
  #clock;
  /** @type {MessagePort | null} */
  #port = null;
  #turn = 0;
  #welcome = false;
  #heardAt = 0;
  /** @type {string | undefined} the name of the lock we hold */
  #lock;
  #release = () => {};
  /** The worker whose lock we got. If it answers all the same, its lock says nothing. @type {string | undefined} */
  #buried;
  #cancelWelcome = () => {};
  #cancelWatch = () => {};
  /** @type {(() => void) | null} */
  #cancelProbe = null;
  /** @type {(why: string) => void} what to do when this worker does not answer */
  #failed = () => {};

  /**
   * @param {object} options
   * @param {string} options.name  of the worker
   * @param {(name: string) => SharedWorker} options.newWorker  may throw
   * @param {() => Promise<MessagePort>} options.newDirect  a port to a switchboard inside this page
   * @param {boolean} [options.direct]  do not even try a worker
   * @param {LockManager} [options.locks]
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {ConnectionHandlers} tenant
   */
  constructor(options, tenant) {
    this.#options = options;
    this.#tenant = tenant;
    this.#clock = options.clock;
    if (options.direct) {
      this.mode = 'direct';
      this.reason = 'asked for';
    }
  }

  /** Connects, or connects anew. */
  plug() {
    this.#unplug();
    if (this.mode === 'direct') this.#plugDirect();
    else this.#plugShared(this.#options.name, `${this.#options.name} again`);
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} false when nobody is connected; throws what cannot be cloned
   */
  say(frame) {
    if (!this.#port || !this.#welcome) return false;
    this.#port.postMessage(frame);
    return true;
  }

  /**
   * Closes the line for all tabs. On a page that has just been opened this comes before the welcome, and must not be lost:
   * so it goes right after a hello.
   * @returns {boolean} false when there is no port to say it on
   */
  logout() {
    if (!this.#port) return false;
    if (!this.#welcome) this.#hello();
    this.#port.postMessage({ type: '$logout' });
    return true;
  }

  /** Says goodbye and ends: the page goes, or the line is closed. */
  unplug() {
    const port = this.#port;
    port?.postMessage({ type: '$bye' });
    // The worker closes the port when it has heard that: closed by us, Firefox would lose what we just said.
    this.#port = null;
    if (port) port.onmessage = null;
    this.#unplug();
  }

  /** Asks whether the worker lives, and replaces it if it does not say so. */
  probe() {
    if (!this.#welcome || this.#cancelProbe) return;
    this.#port?.postMessage({ type: '$probe', n: 0 });
    this.#cancelProbe = this.#clock.after(PROBE_TIMEOUT, () => this.#dead());
  }

  /**
   * @param {string} name
   * @param {string} [freshName]  to try after this one
   */
  #plugShared(name, freshName) {
    this.#failed = (why) => {
      this.#unplug();
      if (freshName) return this.#plugShared(freshName);
      this.mode = 'direct';
      this.reason = why;
      this.#plugDirect();
    };
    let worker;
    try {
      worker = this.#options.newWorker(name);
    } catch (error) {
      this.#failed(`the browser refused the shared worker: ${error instanceof Error ? error.message : error}`);
      return;
    }
    worker.onerror = (event) => {
      event.preventDefault();
      if (!this.#welcome && worker.port === this.#port) this.#failed('the shared worker could not be loaded');
    };
    this.#connect(worker.port);
  }

  async #plugDirect() {
    this.#failed = () => {};
    const turn = this.#turn;
    try {
      const port = await this.#options.newDirect();
      if (turn === this.#turn) this.#connect(port);
      else port.close();
    } catch {
      // The modules could not be loaded: the network is away, or a deploy is under way. Both pass.
      this.#cancelWelcome = this.#clock.after(DIRECT_RETRY, () => this.plug());
    }
  }

  /** @param {MessagePort} port */
  async #connect(port) {
    const turn = this.#turn;
    this.#port = port;
    port.onmessage = (event) => {
      if (turn === this.#turn) this.#message(event.data);
    };
    this.#expectWelcome();
    await this.#hold(turn);
    if (turn === this.#turn) this.#hello();
  }

  #expectWelcome(timeout = WELCOME_TIMEOUT) {
    this.#cancelWelcome();
    this.#cancelWelcome = this.#clock.after(timeout, () => this.#failed('the shared worker does not answer'));
  }

  /**
   * The tab's own lock, held before the worker hears of the tab. Each connection has another, since a dead worker's
   * wish for an old one may linger.
   * @param {number} turn
   */
  async #hold(turn) {
    const { locks } = this.#options;
    if (!locks || this.mode === 'direct') return;
    const name = `${NAME_PREFIX} tab ${this.#tenant.hello().tab} ${turn}`;
    const held = await acquireLock(locks, name, (release) => {
      if (turn === this.#turn) this.#release = release;
      else release();
    });
    if (turn === this.#turn) this.#lock = held ? name : undefined;
  }

  #hello() {
    this.#port?.postMessage({ ...this.#tenant.hello(), worker: this.worker, lock: this.#lock });
  }

  /** @param {any} data */
  #message(data) {
    this.#heardAt = this.#clock.now();
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    if (!Array.isArray(data)) {
      // What pages in the style of the post get. It tells us one thing: which worker is behind this port.
      if (data?.type === 'WSState' && data.worker && data.worker !== this.worker) this.#helloAgain();
      return;
    }
    const turn = this.#turn;
    for (const frame of unpack(data)) {
      // Whoever heard the last one may have hung up. What tells why still comes, but nothing brings the connection back.
      if (turn !== this.#turn) {
        if (!HOOKUPS.has(frame.type ?? '')) this.#tenant.heard(frame);
      } else if (frame.type === '$welcome') this.#welcomed(frame);
      else if (frame.type === '$failed') return this.#failed(frame.reason);
      else if (frame.type === '$loading') this.#expectWelcome(LOADING_TIMEOUT);
      else if (frame.type === '$who') this.#helloAgain();
      else if (frame.type === '$ping') this.say({ type: '$pong' });
      else this.#tenant.heard(frame);
    }
  }

  /** The worker does not know us: it is another one, or took us for gone while we were frozen. */
  #helloAgain() {
    if (!this.#welcome) return;
    this.#welcome = false;
    this.#cancelWatch();
    this.#tenant.lost();
    this.#expectWelcome();
    this.#hello();
  }

  /** @param {Frame} welcome */
  #welcomed({ worker, lock }) {
    this.#cancelWelcome();
    this.worker = worker;
    this.#welcome = true;
    this.#watchWorker(lock);
    this.#tenant.welcomed();
  }

  /** @param {string | undefined} lock  that the worker holds while it lives */
  #watchWorker(lock) {
    this.#cancelWatch();
    const { locks } = this.#options;
    if (this.mode === 'direct') return;
    if (locks && lock && this.#buried !== this.worker) {
      const wait = new AbortController();
      this.#cancelWatch = () => wait.abort();
      locks
        .request(lock, { signal: wait.signal }, () => {
          if (wait.signal.aborted) return;
          this.#buried = this.worker;
          this.#dead();
        })
        .catch(() => {}); // aborted
      return;
    }
    const look = () => {
      if (this.#clock.now() - this.#heardAt > SILENCE) this.probe();
      this.#cancelWatch = this.#clock.after(SILENCE, look);
    };
    look();
  }

  #dead() {
    this.#tenant.lost();
    this.plug();
  }

  #unplug() {
    this.#turn++;
    this.#welcome = false;
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    this.#cancelWelcome();
    this.#cancelWatch();
    this.#release();
    this.#release = () => {};
    this.#lock = undefined;
    if (this.#port) {
      this.#port.onmessage = null;
      this.#port.close();
    }
    this.#port = null;
  }
}
