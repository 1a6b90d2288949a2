import { isTabId } from '../shared/frames.js';

/** How many ports of such pages are kept: they never say goodbye, and nothing tells us that they are gone. */
const MAX_PORTS = 256;
/** How many ids one page may go by: as many as the server lets a line have tabs. */
const MAX_IDS = 64;

/**
 * Pages in the style of the post that Partyline grew out of, served in its shapes: they say `{from, data}` to the
 * worker's port with no hello, hear `{type: "WSState", state}` and `{type: "message", data}`, and listen for what is for
 * everyone on the BroadcastChannel `WebSocketChannel`.
 *
 * Every port is one of theirs until it says `$hello`. Such a page cannot be asked whether it lives, so the longest silent
 * ones make room when there are too many; a page that speaks again is known again.
 */
export class PlainPages {
  #channel;
  /** @type {Map<MessagePort, Set<string>>} with the ids they go by, the longest silent first */
  #ports = new Map();
  /** @type {Map<string, MessagePort>} */
  #pages = new Map();

  /** @param {Pick<BroadcastChannel, 'postMessage'> | undefined} channel  none in direct mode: each tab would broadcast */
  constructor(channel) {
    this.#channel = channel;
  }

  /** The ids that these pages gave themselves. */
  ids() {
    return [...this.#pages.keys()];
  }

  /** How many pages have spoken. */
  get size() {
    return this.#pages.size;
  }

  /** @param {MessagePort} port */
  add(port) {
    const ids = this.#ports.get(port) ?? new Set();
    this.#ports.delete(port);
    this.#ports.set(port, ids);
    const [oldest] = this.#ports.keys();
    if (this.#ports.size > MAX_PORTS && oldest) this.remove(oldest);
  }

  /** @param {MessagePort} port  that said `$hello`, or makes room */
  remove(port) {
    for (const id of this.#ports.get(port) ?? []) this.#removeId(port, id);
    this.#ports.delete(port);
  }

  /**
   * @param {MessagePort} port
   * @param {unknown} from
   */
  touch(port, from) {
    this.add(port);
    const ids = this.#ports.get(port);
    if (!ids || !isTabId(from)) return;
    const id = String(from);
    ids.delete(id);
    ids.add(id);
    this.#pages.set(id, port);
    const [oldest] = ids;
    if (ids.size <= MAX_IDS) return;
    ids.delete(oldest);
    this.#removeId(port, oldest);
  }

  /** @param {number} state  as a WebSocket's `readyState` */
  broadcastState(state) {
    const message = { type: 'WSState', state };
    for (const port of this.#ports.keys()) port.postMessage(message);
    this.#channel?.postMessage(message);
  }

  /**
   * Hands a frame to the page that it names.
   * @param {import('../shared/frames.js').Frame} frame
   * @returns {boolean} false when there is no such page
   */
  deliver(frame) {
    const port = this.#pages.get(/** @type {string} */ (frame.from));
    port?.postMessage({ type: 'message', data: frame });
    return port !== undefined;
  }

  /** @param {import('../shared/frames.js').Frame} frame  for everyone */
  broadcast(frame) {
    this.#channel?.postMessage({ type: 'message', data: frame });
  }

  /**
   * @param {MessagePort} port
   * @param {string} id  perhaps another page's by now
   */
  #removeId(port, id) {
    if (this.#pages.get(id) === port) this.#pages.delete(id);
  }
}
