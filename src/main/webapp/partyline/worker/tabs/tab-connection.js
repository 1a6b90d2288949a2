import { isImplicitTopic } from '../../shared/frames.js';
import { isMessage } from '../../shared/port-protocol.js';

/** After how many frames a `$sync` is posted. */
const SYNC_FRAMES = 512;
/** The window: how many frames and characters may be posted and not confirmed by `$synced`. As much as a topic's log keeps. */
const WINDOW_FRAMES = 8_192;
const WINDOW_CHARS = 1 << 20;
/** How many frames for this tab alone may wait: as many messages as a server sends by default without an ack. */
const MAX_QUEUED = 512;

/**
 * The worker's end of one tab, and everything that the worker knows of it: its port, its outbound queue, its flow-control
 * window, its cursor in each topic. A tab that attaches again gets a new object, and the old one is closed; a component that
 * waits for something of a tab listens to `closed`.
 *
 * Everything for a tab is posted on its port, in order, one array per flush. A frozen tab processes nothing and a port queues
 * without limit, so the tab confirms what it processed (`$sync`, `$synced`), and posting stops when the window is full.
 * Topic messages then wait in the topic's log, where the tab is only a cursor. Frames for this tab alone wait in a bounded
 * queue; when messages are dropped from it, the tab gets a gap.
 *
 * @typedef {import('../../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class TabConnection {
  /** @type {Map<string, Position>} the tab's position in each topic it is subscribed to */
  cursors = new Map();
  /**
   * Set by Backpressure: acks are withheld until the tab has caught up; or it still lagged after such a pause.
   * @type {'none' | 'pausing' | 'exempt'}
   */
  lag = 'none';
  #lifetime = new AbortController();
  /** @type {{ frame: WorkerFrame, chars: number }[]} */
  #queue = [];
  #queueChars = 0;
  #dropped = 0;
  #posted = { frames: 0, chars: 0 };
  #confirmed = { frames: 0, chars: 0 };
  /** @type {{ n: number, frames: number, chars: number }[]} posted and not confirmed yet */
  #syncs = [];
  #lastSync = { frames: 0, chars: 0 };
  #syncId = 0;

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {string} options.secret  that the id belongs to
   * @param {MessagePort} options.port
   * @param {boolean} options.hidden
   * @param {boolean} options.givesTokens  whether it answers `$tokenRequest`
   * @param {boolean} options.debug  whether it gets the entries of the event log
   * @param {number} options.now
   */
  constructor({ id, secret, port, hidden, givesTokens, debug, now }) {
    this.id = id;
    this.secret = secret;
    this.port = port;
    this.hidden = hidden;
    this.givesTokens = givesTokens;
    this.debug = debug;
    /** When the last frame of the tab was received, in milliseconds since the epoch. */
    this.receivedAt = now;
    /** Whether it is pinged, because it holds no Web Lock. */
    this.isPinged = false;
  }

  /** Aborted when the tab is removed, or has attached again. */
  get closed() {
    return this.#lifetime.signal;
  }

  get isClosed() {
    return this.#lifetime.signal.aborted;
  }

  close() {
    this.#lifetime.abort();
  }

  /**
   * Queues a frame for this tab alone. The next flush posts it.
   * @param {WorkerFrame} frame
   * @param {number} [chars]  its length as received from the server; 0 for the worker's own frames
   */
  enqueue(frame, chars = 0) {
    // Only the newest status matters, and one that closes the line.
    if (frame.type === '$status') this.#removeFirst((one) => one.type === '$status' && one.status.state !== 'closed');
    // Replies are bounded by the tab's own requests. Messages are not, so the oldest message is dropped for a new one.
    if (isMessage(frame) && !this.hasRoom(chars) && this.#removeFirst(isMessage)) this.#dropped++;
    this.#queue.push({ frame, chars });
    this.#queueChars += chars;
  }

  /**
   * Whether one more message can be queued without dropping one.
   * @param {number} chars
   */
  hasRoom(chars) {
    return this.#queue.length < MAX_QUEUED && this.#queueChars + chars <= WINDOW_CHARS;
  }

  /** Number of frames that wait for this tab alone. */
  get queueLength() {
    return this.#queue.length;
  }

  /** Whether so much waits that the tab must be removed. If it posts again, it has to attach again. */
  get isOverflowing() {
    return this.#queue.length >= 2 * MAX_QUEUED;
  }

  /** Whether so much is unconfirmed that nothing more is posted. */
  get isWindowFull() {
    const { frames, chars } = this.#windowLeft;
    return frames <= 0 || chars <= 0;
  }

  /** What may still be posted before the tab confirms more. */
  get #windowLeft() {
    return {
      frames: WINDOW_FRAMES - this.#posted.frames + this.#confirmed.frames,
      chars: WINDOW_CHARS - this.#posted.chars + this.#confirmed.chars,
    };
  }

  /**
   * Posts everything new for this tab, as one array.
   * @param {import('../delivery/fan-out.js').FanOut} fanOut
   */
  flush(fanOut) {
    if (this.isWindowFull) return;
    /** @type {import('../../shared/port-protocol.js').WorkerBatch} */
    const batch = this.#queue.splice(0).map(({ frame }) => frame);
    const room = this.#windowLeft;
    let chars = this.#queueChars;
    let frames = batch.length;
    this.#queueChars = 0;
    if (this.#dropped > 0) batch.unshift({ type: '$gap', topic: '@tab', missed: this.#dropped });
    this.#dropped = 0;
    for (const [topic, cursor] of this.cursors) {
      if (!fanOut.hasMore(topic, cursor)) continue;
      // What does not fit into the window waits for `$synced`.
      const slice = fanOut.read(topic, cursor, { frames: Math.max(0, room.frames - frames), chars: room.chars - chars });
      if (slice.from[0] !== cursor[0] || slice.from[1] !== cursor[1]) batch.push({ type: '$gap', topic, at: slice.from });
      batch.push(...slice.texts);
      frames += slice.frames;
      chars += slice.chars;
      this.cursors.set(topic, slice.to);
    }
    if (batch.length === 0) return;
    batch.push(...this.#count(frames, chars));
    this.port.postMessage(batch);
  }

  /**
   * Whether the window is full and more messages wait.
   * @param {import('../delivery/fan-out.js').FanOut} fanOut
   */
  isLagging(fanOut) {
    if (!this.isWindowFull) return false;
    return (
      this.#queue.some(({ frame }) => isMessage(frame)) || [...this.cursors].some(([topic, at]) => fanOut.hasMore(topic, at))
    );
  }

  /**
   * The tab has processed everything up to this `$sync`.
   * @param {number} n
   */
  onSynced(n) {
    while (this.#syncs.length > 0 && this.#syncs[0].n <= n) {
      this.#confirmed = /** @type {{ n: number, frames: number, chars: number }} */ (this.#syncs.shift());
    }
  }

  /** For `line.inspect()`. */
  describe() {
    return {
      id: this.id,
      hidden: this.hidden,
      topics: [...this.cursors.keys()].filter((topic) => !isImplicitTopic(topic)),
      waiting: this.#queue.length,
      unconfirmed: this.#posted.frames - this.#confirmed.frames,
    };
  }

  /** @param {(frame: WorkerFrame) => boolean} which  removes the oldest frame that matches */
  #removeFirst(which) {
    const index = this.#queue.findIndex(({ frame }) => which(frame));
    if (index < 0) return false;
    this.#queueChars -= this.#queue.splice(index, 1)[0].chars;
    return true;
  }

  /**
   * Counts what is about to be posted.
   * @param {number} frames
   * @param {number} chars
   * @returns {WorkerFrame[]} the `$sync` that must follow, if one is due
   */
  #count(frames, chars) {
    const posted = { frames: this.#posted.frames + frames, chars: this.#posted.chars + chars };
    this.#posted = posted;
    if (posted.frames - this.#lastSync.frames < SYNC_FRAMES && posted.chars - this.#lastSync.chars < WINDOW_CHARS / 16) return [];
    const n = ++this.#syncId;
    this.#lastSync = posted;
    this.#syncs.push({ n, ...posted });
    return [{ type: '$sync', n }];
  }
}
