/** The longest cooldown, in milliseconds: messages that arrive in it are acknowledged already. */
const MAX_COOLDOWN = 8;
/** The cooldown after a flush, as a multiple of the flush's duration. */
const COOLDOWN_FACTOR = 4;
/**
 * How many frames of topics, or characters of them, end a cooldown early. The log of a topic has room for these, for the rest
 * of the WebSocket message that contained the last of them, and for everything that the server may send without further
 * acknowledgement: 65,536 and 262,144 characters by default, at 44 or more a frame.
 */
const FLUSH_AT = { frames: 512, chars: 1 << 18 };

/**
 * Decides when tabs receive new frames. The frames of one event are flushed together; at low rates they are flushed at once.
 *
 * A post costs nearly the same for any number of frames, and once for each tab. So after each flush the worker waits four
 * times the flush's duration, at most 8 ms, before the next one: messages that arrive in between are coalesced. A single reply
 * is never delayed, and at high rates most of the time remains for the connection and the tabs. The log of a topic is bounded,
 * so the cooldown ends early when many frames have arrived.
 *
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class FlushScheduler {
  #clock;
  #owner;
  /** @type {Set<TabConnection>} tabs of the next flush */
  #tabs = new Set();
  #scheduled = false;
  #cooldownUntil = 0;
  /** Cancels the timer of the cooldown, if there is one. @type {(() => void) | null} */
  #cancelCooldown = null;
  /** Frames of topics for the next flush. */
  #incoming = { frames: 0, chars: 0 };

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {{ flush: (tabs: TabConnection[]) => void }} options.owner
   */
  constructor({ clock, owner }) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** @param {TabConnection} tab  that has new frames */
  schedule(tab) {
    this.#tabs.add(tab);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const cooldown = this.#cooldownUntil - this.#clock.elapsed();
    // Without a cooldown: after everything that the current event brings.
    if (cooldown > 0) this.#cancelCooldown = this.#clock.after(cooldown, this.#run);
    else queueMicrotask(this.#run);
  }

  /** @param {number} chars  of a topic's frame, which is for the scheduled tabs */
  noteIncoming(chars) {
    this.#incoming.frames++;
    this.#incoming.chars += chars;
    if (!this.#cancelCooldown || (this.#incoming.frames < FLUSH_AT.frames && this.#incoming.chars < FLUSH_AT.chars)) return;
    this.#cancelCooldown();
    this.#cancelCooldown = null;
    queueMicrotask(this.#run);
  }

  #run = () => {
    this.#scheduled = false;
    this.#cancelCooldown = null;
    this.#incoming = { frames: 0, chars: 0 };
    const tabs = [...this.#tabs].filter((tab) => !tab.isClosed);
    this.#tabs.clear();
    const startedAt = this.#clock.elapsed();
    this.#owner.flush(tabs);
    const endedAt = this.#clock.elapsed();
    this.#cooldownUntil = endedAt + Math.min(COOLDOWN_FACTOR * (endedAt - startedAt), MAX_COOLDOWN);
  };
}
