import { isImplicitTopic } from '../../shared/frames.js';
import { isMessage } from '../../shared/port-protocol.js';

/** After how many frames the tab is asked to say that it has them. */
const SYNC_FRAMES = 512;
/** How many frames, and characters of them, may be on their way to a tab that has not said so: what a topic's ring keeps. */
const WINDOW_FRAMES = 8_192;
const WINDOW_CHARS = 1 << 20;
/** How many addressed messages wait: as many as a server sends by default and hears nothing of. */
const MAX_QUEUED = 512;

/**
 * The worker's view of one tab: its port, what it listens to, and how far it is in each topic.
 *
 * Everything for a tab goes over its port, in order, one array per burst. A frozen tab takes nothing, and a port queues
 * without limit; so every few frames the tab is asked for a sign, and without one we stop posting. What a topic brings
 * meanwhile waits in its ring, where the tab is no more than a cursor. What is addressed to the tab waits in a queue that
 * has a bound, beyond which the tab is told of a gap.
 *
 * @typedef {import('../../shared/port-protocol.js').WorkerFrame} WorkerFrame
 * @typedef {import('../../shared/frames.js').Position} Position
 */
export class TabConnection {
  /** @type {Map<string, Position>} how far the tab is in each topic it listens to */
  cursors = new Map();
  /** @type {{ frame: WorkerFrame, chars: number }[]} */
  #queue = [];
  #queueChars = 0;
  #dropped = 0;
  #posted = { frames: 0, chars: 0 };
  #confirmed = { frames: 0, chars: 0 };
  /** @type {{ n: number, frames: number, chars: number }[]} signs asked for and not given yet */
  #syncs = [];
  #lastSync = { frames: 0, chars: 0 };
  #syncId = 0;

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {MessagePort} options.port
   * @param {boolean} options.hidden
   * @param {boolean} options.givesTokens  whether it can be asked for a token
   * @param {number} options.now
   */
  constructor({ id, port, hidden, givesTokens, now }) {
    this.id = id;
    this.port = port;
    this.hidden = hidden;
    this.givesTokens = givesTokens;
    /** When anything was last heard from the tab, in milliseconds since the epoch. */
    this.receivedAt = now;
    /** Whether it wants the worker's diary. */
    this.debug = false;
  }

  /**
   * Something for this tab alone. It goes out with the next burst.
   * @param {WorkerFrame} frame
   * @param {number} [chars]  its length on the wire; none for the worker's own
   */
  enqueue(frame, chars = 0) {
    // Only the newest status is of interest, and one that ends the tab's line.
    if (frame.type === '$status') this.#removeFirst((one) => one.type === '$status' && one.status.state !== 'closed');
    // Replies are bounded by what the tab itself asked; messages are not, and make room for each other.
    if (isMessage(frame) && !this.hasRoom(chars) && this.#removeFirst(isMessage)) this.#dropped++;
    this.#queue.push({ frame, chars });
    this.#queueChars += chars;
  }

  /**
   * Whether one more can wait for this tab and none is lost.
   * @param {number} chars
   */
  hasRoom(chars) {
    return this.#queue.length < MAX_QUEUED && this.#queueChars + chars <= WINDOW_CHARS;
  }

  /** How many addressed frames wait for the tab. */
  get queueLength() {
    return this.#queue.length;
  }

  /** Whether so much waits for this tab that it is better taken for gone: when it speaks again, it starts anew. */
  get isOverflowing() {
    return this.#queue.length >= 2 * MAX_QUEUED;
  }

  /** Whether the tab has taken so little of what was posted that nothing more is. */
  get isWindowFull() {
    const { frames, chars } = this.#windowLeft;
    return frames <= 0 || chars <= 0;
  }

  /** What may still be posted before the tab gives a sign. */
  get #windowLeft() {
    return {
      frames: WINDOW_FRAMES - this.#posted.frames + this.#confirmed.frames,
      chars: WINDOW_CHARS - this.#posted.chars + this.#confirmed.chars,
    };
  }

  /**
   * Posts what is new for this tab, as one array.
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
      // What there is no room for waits for the tab's sign.
      const slice = fanOut.read(topic, cursor, { frames: Math.max(0, room.frames - frames), chars: room.chars - chars });
      if (slice.from[0] !== cursor[0] || slice.from[1] !== cursor[1]) batch.push({ type: '$gap', topic, at: slice.from });
      batch.push(...slice.texts);
      frames += slice.frames;
      chars += slice.chars;
      this.cursors.set(topic, slice.to);
    }
    if (batch.length > 0) this.#post(batch, frames, chars);
  }

  /**
   * Whether it is to get more than it takes.
   * @param {import('../delivery/fan-out.js').FanOut} fanOut
   */
  isLagging(fanOut) {
    if (!this.isWindowFull) return false;
    return (
      this.#queue.some(({ frame }) => isMessage(frame)) || [...this.cursors].some(([topic, at]) => fanOut.hasMore(topic, at))
    );
  }

  /**
   * The tab says that it has everything up to a sign it was asked for.
   * @param {number} n
   */
  onSynced(n) {
    while (this.#syncs.length > 0 && this.#syncs[0].n <= n) {
      this.#confirmed = /** @type {{ n: number, frames: number, chars: number }} */ (this.#syncs.shift());
    }
  }

  /** What `line.inspect()` says of it. */
  describe() {
    return {
      id: this.id,
      hidden: this.hidden,
      topics: [...this.cursors.keys()].filter((topic) => !isImplicitTopic(topic)),
      waiting: this.#queue.length,
      unconfirmed: this.#posted.frames - this.#confirmed.frames,
    };
  }

  /** @param {(frame: WorkerFrame) => boolean} which  the oldest such frame goes */
  #removeFirst(which) {
    const index = this.#queue.findIndex(({ frame }) => which(frame));
    if (index < 0) return false;
    this.#queueChars -= this.#queue.splice(index, 1)[0].chars;
    return true;
  }

  /**
   * @param {import('../../shared/port-protocol.js').WorkerBatch} batch
   * @param {number} count
   * @param {number} chars
   */
  #post(batch, count, chars) {
    this.#posted = { frames: this.#posted.frames + count, chars: this.#posted.chars + chars };
    const { frames, chars: total } = this.#posted;
    if (frames - this.#lastSync.frames >= SYNC_FRAMES || total - this.#lastSync.chars >= WINDOW_CHARS / 16) {
      const n = ++this.#syncId;
      this.#lastSync = { frames, chars: total };
      this.#syncs.push({ n, frames, chars: total });
      batch.push({ type: '$sync', n });
    }
    this.port.postMessage(batch);
  }
}
