import { unpack } from '../shared/frames.js';
import { NAME_PREFIX } from '../shared/ids.js';
import { isLinkFrame, PROTOCOL_1 } from '../shared/port-protocol.js';
import { acquireLock } from '../shared/web-locks.js';

/** How long a worker may take to answer a hello, in milliseconds; and one that says that it is still loading. */
const ATTACH_TIMEOUT = 3_000;
const STARTING_TIMEOUT = 15_000;
/** When to try again to load the switchboard into this page, in milliseconds. */
const DIRECT_RETRY = 5_000;
/** How long it may take to answer a probe, in milliseconds. */
const PROBE_TIMEOUT = 5_000;
/** Without locks the worker pings every 5 s; after so much silence we ask whether it lives, in milliseconds. */
const IDLE_TIMEOUT = 15_000;

/**
 * A tab's connection to its switchboard: finds a shared worker, says hello, notices when the worker dies, finds another.
 *
 * A shared worker fails in ways of which no event tells: it may never answer (a broken script, a policy, a worker that is
 * frozen), it may die with the tab that made it, or be started anew behind our port. So there is one test for them all:
 * it must answer. One that does not is tried again under a fresh name; then the same switchboard runs inside this page.
 *
 * @typedef {import('../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../shared/port-protocol.js').LinkFrame} LinkFrame
 * @typedef {import('../shared/port-protocol.js').TabFrame} TabFrame
 * @typedef {import('../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('../shared/port-protocol.js').TopicFrame} TopicFrame
 *
 * @typedef {object} ConnectionHandlers  whose connection it is
 * @property {() => AttachFrame} attachFrame  what to say hello with
 * @property {(frame: Exclude<WorkerFrame, LinkFrame> | TopicFrame) => void} onFrame  never throws
 * @property {() => void} onAttached
 * @property {() => void} onLost  the connection broke; another one is being made
 */
export class WorkerConnection {
  /** @type {'shared' | 'direct'} */
  mode = 'shared';
  /** Why the line is not shared. @type {string | undefined} */
  reason;
  /** The worker that answered last. @type {string | undefined} */
  worker;
  #options;
  #handlers;
  #clock;
  /** @type {MessagePort | null} */
  #port = null;
  #generation = 0;
  #attached = false;
  #receivedAt = 0;
  /** @type {string | undefined} the name of the lock we hold */
  #tabLock;
  #releaseTabLock = () => {};
  /** The worker whose lock we got. If it answers all the same, its lock says nothing. @type {string | undefined} */
  #lockFreedWorker;
  #cancelAttachTimer = () => {};
  #cancelWatch = () => {};
  /** @type {(() => void) | null} */
  #cancelProbe = null;
  /** @type {(why: string) => void} what to do when this worker does not answer */
  #onFailure = () => {};

  /**
   * @param {object} options
   * @param {string} options.name  of the worker
   * @param {(name: string) => SharedWorker} options.newWorker  may throw
   * @param {() => Promise<MessagePort>} options.newDirect  a port to a switchboard inside this page
   * @param {boolean} [options.direct]  do not even try a worker
   * @param {LockManager} [options.locks]
   * @param {import('../shared/clock.js').Clock} options.clock
   * @param {ConnectionHandlers} handlers
   */
  constructor(options, handlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock;
    if (options.direct) {
      this.mode = 'direct';
      this.reason = 'asked for';
    }
  }

  /** Connects, or connects anew. */
  connect() {
    this.#reset();
    if (this.mode === 'direct') this.#connectDirect();
    else this.#connectShared(this.#options.name, `${this.#options.name} again`);
  }

  /**
   * @param {TabFrame} frame
   * @returns {boolean} false when nobody is connected; throws what cannot be cloned
   */
  post(frame) {
    if (!this.#port || !this.#attached) return false;
    this.#postTo(this.#port, frame);
    return true;
  }

  /**
   * Closes the line for all tabs. On a page that has just been opened this comes before the welcome, and must not be lost:
   * so it goes right after a hello.
   * @returns {boolean} false when there is no port to say it on
   */
  closeLine() {
    if (!this.#port) return false;
    if (!this.#attached) this.#attach();
    this.#postTo(this.#port, { type: '$closeLine' });
    return true;
  }

  /** Says goodbye and ends: the page goes, or the line is closed. */
  disconnect() {
    const port = this.#port;
    if (port) this.#postTo(port, { type: '$detach' });
    // The worker closes the port when it has heard that: closed by us, Firefox would lose what we just said.
    this.#port = null;
    if (port) port.onmessage = null;
    this.#reset();
  }

  /** Asks whether the worker lives, and replaces it if it does not say so. */
  probe() {
    if (!this.#attached || this.#cancelProbe) return;
    this.post({ type: '$probe', n: 0 });
    this.#cancelProbe = this.#clock.after(PROBE_TIMEOUT, () => this.#onWorkerLost());
  }

  /**
   * @param {string} name
   * @param {string} [freshName]  to try after this one
   */
  #connectShared(name, freshName) {
    this.#onFailure = (reason) => {
      this.#reset();
      if (freshName) return this.#connectShared(freshName);
      this.mode = 'direct';
      this.reason = reason;
      this.#connectDirect();
    };
    let worker;
    try {
      worker = this.#options.newWorker(name);
    } catch (error) {
      this.#onFailure(`the browser refused the shared worker: ${error instanceof Error ? error.message : error}`);
      return;
    }
    worker.onerror = (event) => {
      event.preventDefault();
      if (!this.#attached && worker.port === this.#port) this.#onFailure('the shared worker could not be loaded');
    };
    this.#openPort(worker.port);
  }

  async #connectDirect() {
    this.#onFailure = () => {};
    const generation = this.#generation;
    try {
      const port = await this.#options.newDirect();
      if (generation === this.#generation) this.#openPort(port);
      else port.close();
    } catch {
      // The modules could not be loaded: the network is away, or a deploy is under way. Both pass.
      this.#cancelAttachTimer = this.#clock.after(DIRECT_RETRY, () => this.connect());
    }
  }

  /** @param {MessagePort} port */
  async #openPort(port) {
    const generation = this.#generation;
    this.#port = port;
    port.onmessage = (event) => {
      if (generation === this.#generation) this.#onPortMessage(event.data);
    };
    this.#startAttachTimer();
    await this.#acquireTabLock(generation);
    if (generation === this.#generation) this.#attach();
  }

  #startAttachTimer(timeout = ATTACH_TIMEOUT) {
    this.#cancelAttachTimer();
    this.#cancelAttachTimer = this.#clock.after(timeout, () => this.#onFailure('the shared worker does not answer'));
  }

  /**
   * The tab's own lock, held before the worker hears of the tab. Each connection has another, since a dead worker's
   * wish for an old one may linger.
   * @param {number} generation
   */
  async #acquireTabLock(generation) {
    const { locks } = this.#options;
    if (!locks || this.mode === 'direct') return;
    const name = `${NAME_PREFIX} tab ${this.#handlers.attachFrame().tab} ${generation}`;
    const acquired = await acquireLock(locks, name, (release) => {
      if (generation === this.#generation) this.#releaseTabLock = release;
      else release();
    });
    if (generation === this.#generation) this.#tabLock = acquired ? name : undefined;
  }

  /**
   * The only place that posts, so that all that is posted is a frame of the protocol.
   * @param {MessagePort} port
   * @param {TabFrame} frame
   */
  #postTo(port, frame) {
    port.postMessage(frame);
  }

  #attach() {
    if (this.#port) this.#postTo(this.#port, { ...this.#handlers.attachFrame(), worker: this.worker, lock: this.#tabLock });
  }

  /** @param {any} data */
  #onPortMessage(data) {
    this.#receivedAt = this.#clock.now();
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    if (!Array.isArray(data)) {
      // What pages in the style of the post get. It tells us one thing: which worker is behind this port.
      if (data?.type === 'WSState' && data.worker && data.worker !== this.worker) this.#reattach();
      return;
    }
    const generation = this.#generation;
    for (const frame of unpack(data)) {
      // Whoever heard the last one may have hung up. What tells why still comes, but nothing brings the connection back.
      if (!isLinkFrame(frame)) this.#onLineFrame(frame);
      else if (generation !== this.#generation) continue;
      else if (frame.type === '$attached') this.#onAttached(frame);
      else if (frame.type === '$startFailed') return this.#onFailure(frame.reason);
      else if (frame.type === '$starting') this.#startAttachTimer(STARTING_TIMEOUT);
      else if (frame.type === '$reattach') this.#reattach();
      else this.post({ type: '$pong' });
    }
  }

  /** @param {Exclude<WorkerFrame, LinkFrame> | TopicFrame} frame */
  #onLineFrame(frame) {
    // A worker of an earlier build does not know `$attach`.
    if (/** @type {unknown} */ (frame.type) === PROTOCOL_1.WHO)
      this.#handlers.onFrame({ type: '$upgrade', version: PROTOCOL_1.VERSION });
    else this.#handlers.onFrame(frame);
  }

  /** The worker does not know us: it is another one, or took us for gone while we were frozen. */
  #reattach() {
    if (!this.#attached) return;
    this.#attached = false;
    this.#cancelWatch();
    this.#handlers.onLost();
    this.#startAttachTimer();
    this.#attach();
  }

  /** @param {import('../shared/port-protocol.js').AttachedFrame} frame */
  #onAttached({ worker, lock }) {
    this.#cancelAttachTimer();
    this.worker = worker;
    this.#attached = true;
    this.#watchWorker(lock);
    this.#handlers.onAttached();
  }

  /** @param {string | undefined} lock  that the worker holds while it lives */
  #watchWorker(lock) {
    this.#cancelWatch();
    const { locks } = this.#options;
    if (this.mode === 'direct') return;
    if (locks && lock && this.#lockFreedWorker !== this.worker) {
      const wait = new AbortController();
      this.#cancelWatch = () => wait.abort();
      locks
        .request(lock, { signal: wait.signal }, () => {
          if (wait.signal.aborted) return;
          this.#lockFreedWorker = this.worker;
          this.#onWorkerLost();
        })
        .catch(() => {}); // aborted
      return;
    }
    const check = () => {
      if (this.#clock.now() - this.#receivedAt > IDLE_TIMEOUT) this.probe();
      this.#cancelWatch = this.#clock.after(IDLE_TIMEOUT, check);
    };
    check();
  }

  #onWorkerLost() {
    this.#handlers.onLost();
    this.connect();
  }

  #reset() {
    this.#generation++;
    this.#attached = false;
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    this.#cancelAttachTimer();
    this.#cancelWatch();
    this.#releaseTabLock();
    this.#releaseTabLock = () => {};
    this.#tabLock = undefined;
    if (this.#port) {
      this.#port.onmessage = null;
      this.#port.close();
    }
    this.#port = null;
  }
}
