import { Line } from '../../../main/webapp/partyline/tab/line.js';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeLocks } from '../fakes.js';

/**
 * One document or worker, as far as its death is concerned: with it its timers, ports and locks end, and nothing of it runs any more.
 */
export class Process {
  alive = true;
  clock;
  #locks;
  #report;
  /** @type {Set<() => void>} */
  #timers = new Set();
  /** @type {Set<string>} */
  #held = new Set();

  /**
   * @param {import('../fakes.js').FakeClock} clock
   * @param {FakeLocks | undefined} locks
   * @param {(error: unknown) => void} report  an exception that a browser would report
   */
  constructor(clock, locks, report) {
    this.#locks = locks;
    this.#report = report;
    this.clock = {
      now: clock.now,
      elapsed: clock.elapsed,
      after: (milliseconds, task) => this.#after(clock, milliseconds, task),
    };
  }

  #after(clock, milliseconds, task) {
    if (!this.alive) return () => {};
    const cancel = clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      this.run(task);
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  run(task) {
    if (!this.alive) return;
    try {
      task();
    } catch (error) {
      this.#report(error);
    }
  }

  /** Web Locks, as this process sees them; undefined in a browser without. */
  get locks() {
    if (!this.#locks) return undefined;
    return {
      request: (name, options, task) => {
        const [own, work] = task ? [options, task] : [{}, options];
        return this.#locks.request(name, own, async () => {
          if (!this.alive) return;
          this.#held.add(name);
          await work();
          this.#held.delete(name);
        });
      },
    };
  }

  die() {
    this.alive = false;
    for (const cancel of this.#timers) cancel();
    for (const name of this.#held) this.#locks?.free(name);
  }
}

/** Two ports. What one posts arrives at the other in a later microtask, unless one of the two processes is dead by then. */
function channel(one, other) {
  const ports = [one, other].map((process) => ({ process, onmessage: null, closed: false, start() {} }));
  ports.forEach((port, index) => {
    const peer = ports[1 - index];
    port.postMessage = (data) => {
      const copy = structuredClone(data);
      queueMicrotask(() => {
        if (port.process.alive && !peer.closed) peer.process.run(() => peer.onmessage?.({ data: copy }));
      });
    };
    port.close = () => {
      port.closed = true;
    };
  });
  return ports;
}

/**
 * A browser with real tabs on real hubs: in a shared worker, with Web Locks or without, or one in each page.
 */
export class Browser {
  /** @type {Set<Page>} */
  pages = new Set();
  /** @type {{ process: Process, hub: TabHub } | null} the shared worker, while there is one */
  worker = null;
  clock;
  report;
  #random;
  #network;
  #mode;
  #locks;
  #instances = 0;

  /**
   * @param {object} options
   * @param {import('./random.js').Random} options.random
   * @param {import('../fakes.js').FakeClock} options.clock
   * @param {import('../fakes.js').FakeNetwork} options.network
   * @param {'locks' | 'pings' | 'direct'} options.mode
   * @param {(error: unknown) => void} options.report
   */
  constructor({ random, clock, network, mode, report }) {
    this.#random = random;
    this.clock = clock;
    this.#network = network;
    this.#mode = mode;
    this.#locks = mode === 'pings' ? undefined : new FakeLocks();
    this.report = report;
  }

  /** @param {import('../../../main/webapp/partyline/shared/port-protocol.js').SessionTicket | null} [session]  of the page before a reload */
  open(session) {
    const page = new Page(this, new Process(this.clock, this.#locks, this.report));
    const { process } = page;
    const hasToken = this.#random.chance(0.1);
    page.line = new Line({
      url: 'ws://host/line',
      clock: process.clock,
      session,
      token: hasToken ? () => `token ${this.clock.now()}` : undefined,
      onClosed: () => this.pages.delete(page),
      workerConnection: {
        name: 'partyline',
        direct: this.#mode === 'direct',
        locks: process.locks,
        newWorker: () => ({ port: this.#connect(process), onerror: null }),
        newDirect: async () => this.#connectDirect(page),
      },
    });
    this.pages.add(page);
    return page;
  }

  /** Like a crash, or a process that the system ends. */
  kill(page) {
    page.process.die();
    for (const process of page.hubs) process.die();
    this.pages.delete(page);
  }

  killWorker() {
    this.worker?.process.die();
    this.worker = null;
  }

  /** The hubs that serve a page. @returns {TabHub[]} */
  get hubs() {
    return this.worker ? [this.worker.hub] : [...this.pages].map((page) => page.hub).filter((hub) => hub !== undefined);
  }

  #connect(process) {
    this.worker ??= this.#start(this.#locks && `worker ${this.#instances + 1}`, 'shared');
    const [port, other] = channel(process, this.worker.process);
    const { hub } = this.worker;
    queueMicrotask(() => hub.connect(other));
    return port;
  }

  #connectDirect(page) {
    const { process, hub } = this.#start(undefined, 'direct');
    const [port, other] = channel(page.process, process);
    page.hub = hub;
    page.hubs.push(process);
    hub.connect(other);
    return port;
  }

  #start(lock, mode) {
    const process = new Process(this.clock, this.#locks, this.report);
    if (lock) process.locks?.request(lock, () => new Promise(() => {}));
    const hub = new TabHub({
      instance: `W${++this.#instances}`,
      mode,
      named: true,
      lock,
      locks: mode === 'shared' ? process.locks : undefined,
      channel: { postMessage() {} },
      WebSocket: socketsOf(process, this.#network),
      clock: process.clock,
      random: this.#random.next,
    });
    return { process, hub };
  }
}

/** Sockets whose events run in this process: a dead one hears nothing, and its sockets end. */
function socketsOf(process, network) {
  return class extends network.WebSocket {
    receive(...frames) {
      if (process.alive) process.run(() => super.receive(...frames));
      else this.readyState = 2;
    }

    open() {
      if (process.alive) process.run(() => super.open());
      else this.readyState = 2;
    }

    end(code, reason) {
      this.readyState = 3;
      process.run(() => super.end(code, reason));
    }
  };
}

/** A tab, what it waits for, and what it has heard. */
export class Page {
  /** @type {Line} */
  line;
  process;
  browser;
  /** @type {TabHub | undefined} in direct mode */
  hub;
  /** Whether it is in the back/forward cache, or about to end. */
  asleep = false;
  /** @type {Process[]} of the hubs inside this page */
  hubs = [];
  /** @type {Set<{ what: string, since: number }>} */
  waiting = new Set();
  /** @type {any[]} */
  subscriptions = [];

  constructor(browser, process) {
    this.browser = browser;
    this.process = process;
  }

  /** Remembers a promise until it settles. */
  track(what, promise) {
    const call = { what, since: this.browser.clock.now() };
    this.waiting.add(call);
    const settled = () => this.waiting.delete(call);
    promise.then(settled, settled);
  }
}
