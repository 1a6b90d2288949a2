import { unpack } from '../shared/frames.js';
import { NAME_PREFIX } from '../shared/ids.js';
import { isLinkFrame, PROTOCOL_1 } from '../shared/port-protocol.js';
import { acquireLock } from '../shared/web-locks.js';

/** How long a worker may take to answer `$attach`, in milliseconds; and after it posted `$starting`. */
const ATTACH_TIMEOUT = 3_000;
const STARTING_TIMEOUT = 15_000;
/** When to try again to load the worker's modules into this page, in milliseconds. */
const DIRECT_RETRY = 5_000;
/** How long a worker may take to answer `$probe`, in milliseconds. */
const PROBE_TIMEOUT = 5_000;
/** Without Web Locks the worker pings every 5 s; after this time without a frame the tab probes it, in milliseconds. */
const IDLE_TIMEOUT = 15_000;

/**
 * A tab's connection to its worker: starts or finds a SharedWorker, attaches, detects that the worker died, and replaces it.
 *
 * A SharedWorker fails in ways that no event reports: it may never answer (a broken script, a policy, a frozen worker), it
 * may die with the tab that created it, or be restarted behind its old ports. One test covers all of them: it must answer.
 * A worker that does not is tried once more under another name; after that the same code runs inside this page.
 *
 * @typedef {import('../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../shared/port-protocol.js').LinkFrame} LinkFrame
 * @typedef {import('../shared/port-protocol.js').TabFrame} TabFrame
 * @typedef {import('../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('../shared/port-protocol.js').TopicFrame} TopicFrame
 *
 * @typedef {object} ConnectionHandlers
 * @property {() => AttachFrame} attachFrame  made anew for each `$attach`
 * @property {(frame: Exclude<WorkerFrame, LinkFrame> | TopicFrame) => void} onFrame  never throws
 * @property {() => void} onAttached
 * @property {() => void} onLost  the worker is lost; another one is being started
 */
export class WorkerConnection {
  /** @type {'shared' | 'direct'} */
  mode = 'shared';
  /** Why the line is not shared. @type {string | undefined} */
  reason;
  /** The instance that answered last. @type {string | undefined} */
  worker;
  #options;
  #handlers;
  #clock;
  /** @type {MessagePort | null} */
  #port = null;
  #generation = 0;
  #attached = false;
  #receivedAt = 0;
  /** @type {string | undefined} the name of the lock that this tab holds */
  #tabLock;
  #releaseTabLock = () => {};
  /**
   * The worker whose lock this tab acquired. If that worker still answers, its lock proves nothing, and liveness falls back to
   * pings.
   * @type {string | undefined} */
  #lockFreedWorker;
  #cancelAttachTimer = () => {};
  #cancelWatch = () => {};
  /** @type {(() => void) | null} */
  #cancelProbe = null;
  /** @type {(reason: string) => void} what happens when this worker does not answer */
  #onFailure = () => {};

  /**
   * @param {object} options
   * @param {string} options.name  of the worker
   * @param {(name: string) => SharedWorker} options.newWorker  may throw
   * @param {() => Promise<MessagePort>} options.newDirect  a port to a hub inside this page
   * @param {boolean} [options.direct]  never start a worker
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

  /** Connects or reconnects. */
  connect() {
    this.#reset();
    if (this.mode === 'direct') this.#connectDirect();
    else this.#connectShared(this.#options.name, `${this.#options.name} again`);
  }

  /**
   * @param {TabFrame} frame
   * @returns {boolean} false if no worker is attached; throws if the frame cannot be cloned
   */
  post(frame) {
    if (!this.#port || !this.#attached) return false;
    this.#postTo(this.#port, frame);
    return true;
  }

  /**
   * Closes the line for all tabs. On a page that has just been opened this may come before `$attached` and must not be lost, so
   * it is posted right after `$attach`.
   * @returns {boolean} false if there is no port
   */
  closeLine() {
    if (!this.#port) return false;
    if (!this.#attached) this.#attach();
    this.#postTo(this.#port, { type: '$closeLine' });
    return true;
  }

  /** Detaches: the page is unloaded, or the line is closed. */
  disconnect() {
    const port = this.#port;
    if (port) this.#postTo(port, { type: '$detach' });
    // The worker closes the port when it gets this. If the tab closed it, Firefox would lose the frame.
    this.#port = null;
    if (port) port.onmessage = null;
    this.#reset();
  }

  /** Checks that the worker is alive, and replaces it if it does not answer. */
  probe() {
    if (!this.#attached || this.#cancelProbe) return;
    this.post({ type: '$probe', n: 0 });
    this.#cancelProbe = this.#clock.after(PROBE_TIMEOUT, () => this.#onWorkerLost());
  }

  /**
   * @param {string} name
   * @param {string} [freshName]  tried after this one
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
      // The modules could not be loaded: the network is down, or a deployment is in progress. Both are transient.
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
   * The tab's own lock, held before the tab attaches. Each connection uses another name, because a dead worker's request for
   * the old one may still be queued.
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
   * The only place that posts to the worker, so that the type is checked for every frame.
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
      // The message for plain pages. It names the instance behind this port.
      if (data?.type === 'WSState' && data.worker && data.worker !== this.worker) this.#reattach();
      return;
    }
    const generation = this.#generation;
    for (const frame of unpack(data)) {
      // A handler may have disconnected. The rest of the batch is still delivered, but no link frame acts on the old port.
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
    // A worker of protocol 1 answers `$attach` so.
    if (/** @type {unknown} */ (frame.type) === PROTOCOL_1.WHO)
      this.#handlers.onFrame({ type: '$upgrade', version: PROTOCOL_1.VERSION });
    else this.#handlers.onFrame(frame);
  }

  /** The worker does not know this tab: it is a new instance, or it removed the tab while the page was frozen. */
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
