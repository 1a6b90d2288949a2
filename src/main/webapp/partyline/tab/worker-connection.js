import { unpack } from '../shared/frames.js';
import { NAME_PREFIX } from '../shared/ids.js';
import { isLinkFrame, PROTOCOL_1 } from '../shared/port-protocol.js';
import { acquireLock } from '../shared/web-locks.js';
import { reportToBrowser } from './emitter.js';

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
 *                            Web Lock of
 *               connect      the tab held                $attached
 *       idle ───────────▶ opening ───────────▶ attaching ──────────▶ attached
 *         ▲                ▲   ▲                │      ▲                │  │
 *         │ disconnect,    │   └── no answer ───┘      └── $reattach ───┘  │
 *         │ in any state   │       (next attempt)                          │
 *                          └───────── the worker is lost ──────────────────┘
 *
 * Only `#transition` changes the state. `opening` is entered with the attempt that is to be made: `shared`; if that fails
 * `fresh`, a worker under another name; if that fails too `direct`, which is final for this page and retried until the modules
 * can be loaded. A failure is an exception or `error` event of the SharedWorker, `$startFailed`, or no `$attached` in time.
 *
 * @typedef {import('../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../shared/port-protocol.js').LinkFrame} LinkFrame
 * @typedef {import('../shared/port-protocol.js').TabFrame} TabFrame
 * @typedef {import('../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('../shared/port-protocol.js').TopicFrame} TopicFrame
 *
 * @typedef {'idle' | 'opening' | 'attaching' | 'attached'} WorkerConnectionState
 * @typedef {'shared' | 'fresh' | 'direct'} Attempt
 *
 * @typedef {object} ConnectionHandlers
 * @property {() => AttachFrame} attachFrame  made anew for each `$attach`
 * @property {() => void} onBatch  frames have arrived; called before the first of them is handled
 * @property {(frame: Exclude<WorkerFrame, LinkFrame> | TopicFrame) => void} onFrame
 * @property {() => void} onAttached
 * @property {() => void} onLost  the worker is lost; another one is being started
 */
export class WorkerConnection {
  /** Why the line is not shared. @type {string | undefined} */
  reason;
  /** The instance that answered last. @type {string | undefined} */
  worker;
  #options;
  #handlers;
  #clock;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {WorkerConnectionState} */
  #state = 'idle';
  /** @type {Attempt} */
  #attempt = 'shared';
  /** Of the port: events of an earlier one are ignored. */
  #generation = 0;
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
      this.#attempt = 'direct';
      this.reason = 'asked for';
    }
  }

  /** @returns {'shared' | 'direct'} */
  get mode() {
    return this.#attempt === 'direct' ? 'direct' : 'shared';
  }

  /** Connects or reconnects. */
  connect() {
    this.#open(this.#attempt === 'direct' ? 'direct' : 'shared');
  }

  /**
   * @param {TabFrame} frame
   * @returns {boolean} false if no worker is attached; throws if the frame cannot be cloned
   */
  post(frame) {
    if (!this.#port || this.#state !== 'attached') return false;
    this.#port.postMessage(frame);
    return true;
  }

  /**
   * Closes the line for all tabs. On a page that has just been opened this may come before `$attached` and must not be lost, so
   * it is posted right after `$attach`.
   * @returns {boolean} false if there is no port
   */
  closeLine() {
    if (!this.#port) return false;
    if (this.#state !== 'attached') this.#postAttach();
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
    this.#transition('idle');
  }

  /** Checks that the worker is alive, and replaces it if it does not answer. */
  probe() {
    if (this.#state !== 'attached' || this.#cancelProbe) return;
    this.post({ type: '$probe', n: 0 });
    this.#cancelProbe = this.#clock.after(PROBE_TIMEOUT, () => this.#onWorkerLost());
  }

  /** @param {Attempt} attempt */
  #open(attempt) {
    this.#attempt = attempt;
    this.#transition('opening');
    if (attempt === 'direct') this.#openDirect();
    else this.#openShared(attempt === 'shared' ? this.#options.name : `${this.#options.name} again`);
  }

  /** @param {string} reason  why this attempt has failed */
  #onFailure(reason) {
    // Without an answer of the modules in this page there is nothing else to try.
    if (this.#attempt === 'direct') return;
    if (this.#attempt === 'fresh') this.reason = reason;
    this.#open(this.#attempt === 'shared' ? 'fresh' : 'direct');
  }

  /** @param {string} name  of the worker */
  #openShared(name) {
    let worker;
    try {
      worker = this.#options.newWorker(name);
    } catch (error) {
      this.#onFailure(`the browser refused the shared worker: ${error instanceof Error ? error.message : error}`);
      return;
    }
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#state !== 'attached' && worker.port === this.#port) this.#onFailure('the shared worker could not be loaded');
    };
    this.#openPort(worker.port);
  }

  async #openDirect() {
    const generation = this.#generation;
    try {
      const port = await this.#options.newDirect();
      if (generation === this.#generation) this.#openPort(port);
      else port.close();
    } catch {
      // The modules could not be loaded: the network is down, or a deployment is in progress. Both are transient.
      if (generation === this.#generation) this.#cancelAttachTimer = this.#clock.after(DIRECT_RETRY, () => this.connect());
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
    if (generation !== this.#generation) return;
    // `closeLine` has posted the attach frame, and the worker has answered it.
    if (this.#state !== 'opening') return;
    this.#transition('attaching');
    this.#postAttach();
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
   * Posts in any state, so that the type is checked for every frame.
   * @param {MessagePort} port
   * @param {TabFrame} frame
   */
  #postTo(port, frame) {
    port.postMessage(frame);
  }

  #postAttach() {
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
    this.#handlers.onBatch();
    for (const frame of unpack(data)) {
      // A handler may have disconnected. The rest of the batch is still delivered, but no link frame acts on the old port.
      if (isLinkFrame(frame)) {
        if (generation === this.#generation) this.#onLinkFrame(frame);
        continue;
      }
      try {
        this.#handlers.onFrame(frame);
      } catch (error) {
        reportToBrowser(error);
      }
    }
  }

  /** @param {LinkFrame} frame */
  #onLinkFrame(frame) {
    switch (frame.type) {
      case '$attached':
        return this.#onAttached(frame);
      case '$startFailed':
        return this.#onFailure(frame.reason);
      case '$starting':
        return this.#startAttachTimer(STARTING_TIMEOUT);
      case '$reattach':
        return this.#reattach();
      case '$ping':
        return void this.post({ type: '$pong' });
      case PROTOCOL_1.WHO:
        return this.#handlers.onFrame({ type: '$upgrade', version: PROTOCOL_1.VERSION });
    }
  }

  /** The worker does not know this tab: it is a new instance, or it removed the tab while the page was frozen. */
  #reattach() {
    if (this.#state !== 'attached') return;
    this.#transition('attaching');
    this.#handlers.onLost();
    // A listener may have closed the line.
    if (/** @type {WorkerConnectionState} */ (this.#state) !== 'attaching') return;
    this.#startAttachTimer();
    this.#postAttach();
  }

  /** @param {import('../shared/port-protocol.js').AttachedFrame} frame */
  #onAttached({ worker, lock }) {
    this.worker = worker;
    this.#transition('attached');
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
    const generation = this.#generation;
    this.#handlers.onLost();
    // A listener may have closed the line.
    if (generation === this.#generation) this.connect();
  }

  /** @param {WorkerConnectionState} state */
  #transition(state) {
    this.#state = state;
    if (state !== 'attached') {
      this.#cancelWatch();
      this.#cancelProbe?.();
      this.#cancelProbe = null;
    }
    // From `opening` to `attaching` the time runs on: the worker has to answer at all.
    if (state !== 'attaching') this.#cancelAttachTimer();
    if (state === 'idle' || state === 'opening') this.#closePort();
  }

  #closePort() {
    this.#generation++;
    this.#releaseTabLock();
    this.#releaseTabLock = () => {};
    this.#tabLock = undefined;
    if (!this.#port) return;
    this.#port.onmessage = null;
    this.#port.close();
    this.#port = null;
  }
}
