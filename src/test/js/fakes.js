/**
 * Fakes by hand: time that a test advances, sockets and ports that record frames, locks that a test releases.
 */
import assert from 'node:assert/strict';
import { unpack } from '../../main/webapp/partyline/shared/frames.js';

/** Time that a test advances. */
export class FakeClock {
  #now = 1_000_000;
  /** @type {{ at: number, task: () => void }[]} */
  #timers = [];

  now = () => this.#now;
  elapsed = this.now;

  after = (milliseconds, task) => {
    const timer = { at: this.#now + milliseconds, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Lets time pass, and every promise settle that can. */
  async pass(milliseconds) {
    const end = this.#now + milliseconds;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
      await settled();
    }
    this.#now = end;
  }

  /** The machine slept: time went on, and no timer ran. */
  sleep(milliseconds) {
    this.#now += milliseconds;
  }

  get waiting() {
    return this.#timers.length;
  }
}

/** Every promise that can settle now has. */
export async function settled() {
  for (let round = 0; round < 20; round++) await Promise.resolve();
}

/** A network on which sockets are opened; the test plays the server. */
export class FakeNetwork {
  /** @type {FakeSocket[]} */
  sockets = [];
  /** What a constructor throws, as a browser whose policy forbids the connection. */
  refuses = undefined;

  constructor() {
    const network = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url) {
        if (network.refuses) throw network.refuses;
        super(url);
        network.sockets.push(this);
      }
    };
  }

  get last() {
    return this.sockets[this.sockets.length - 1];
  }
}

export class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  sent = [];
  closedWith = undefined;
  onopen = null;
  onmessage = null;
  onclose = null;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    assert.equal(this.readyState, 1, 'sent on a socket that is not open');
    for (const line of text.split('\n')) this.sent.push(JSON.parse(line));
  }

  close(code) {
    this.closedWith = code;
    this.readyState = 2;
  }

  /** The server accepts. */
  open() {
    if (this.readyState === 1) return;
    this.readyState = 1;
    this.onopen?.({});
  }

  /** The server sends these frames in one message. */
  receive(...frames) {
    this.onmessage?.({ data: frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame))).join('\n') });
  }

  /** The connection ends. */
  end(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Frames of this type that were sent since the last call. */
  take(type) {
    const taken = this.sent.filter((frame) => type === undefined || frame.type === type);
    this.sent = this.sent.filter((frame) => !taken.includes(frame));
    return taken;
  }

  /** Opens and welcomes. */
  welcome(more = {}) {
    this.open();
    this.receive(welcome(more));
  }
}

export function welcome(more = {}) {
  return {
    type: '$welcome',
    v: 1,
    line: 'L1',
    key: 'K1',
    resumed: false,
    heard: 0,
    inbox: 0,
    ping: 20_000,
    limits: { message: 65_536, window: 262_144, ack: 32_768, ackMessages: 100, tabs: 64, topics: 128 },
    topics: { '*': { at: ['e', 0], gap: false } },
    ...more,
  };
}

/** A tab's end of a port, in the test's hands; `port` is the hub's end. */
export class FakePort {
  /** @type {any[]} frames, in order, of all batches */
  frames = [];
  /** @type {any[]} what plain pages get */
  plain = [];
  batches = 0;
  closed = false;

  constructor() {
    this.port = {
      onmessage: null,
      postMessage: (data) => {
        const copy = structuredClone(data);
        if (Array.isArray(copy)) {
          this.batches++;
          this.frames.push(...unpack(copy));
        } else this.plain.push(copy);
      },
      close: () => {
        this.closed = true;
      },
    };
  }

  post(data) {
    this.port.onmessage?.({ data: structuredClone(data) });
  }

  /** Frames of this type received since the last call. */
  take(type) {
    const taken = this.frames.filter((frame) => frame.type === type);
    this.frames = this.frames.filter((frame) => frame.type !== type);
    return taken;
  }

  /** Everything but control frames, received since the last call. */
  messages() {
    const taken = this.frames.filter((frame) => !frame.type?.startsWith('$'));
    this.frames = this.frames.filter((frame) => frame.type?.startsWith('$'));
    return taken;
  }
}

/** Web Locks, as far as they are used here: exclusive, in the order of asking, abortable. */
export class FakeLocks {
  #queues = new Map();

  request(name, options, task) {
    if (typeof options === 'function') [options, task] = [{}, options];
    return new Promise((resolve, reject) => {
      const entry = { task, resolve, reject };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      queue.push(entry);
      options.signal?.addEventListener('abort', () => {
        const index = queue.indexOf(entry);
        if (index > 0) queue.splice(index, 1);
        reject(new Error('aborted'));
      });
      if (queue[0] === entry) this.#grant(name);
    });
  }

  /** The holder dies. */
  free(name) {
    const queue = this.#queues.get(name);
    queue?.shift();
    if (queue?.length) this.#grant(name);
  }

  held(name) {
    return (this.#queues.get(name)?.length ?? 0) > 0;
  }

  async #grant(name) {
    const [entry] = this.#queues.get(name);
    await Promise.resolve();
    await entry.task();
    entry.resolve();
    if (this.#queues.get(name)[0] === entry) this.free(name);
  }
}

/** An event log that keeps nothing. */
export const noLog = { add() {} };
