import { LineError } from '../shared/errors.js';
import { isName, isTabId } from '../shared/frames.js';

/** Bound for the ports of plain pages: they never detach, and there is no event for their end. */
const MAX_PORTS = 256;
/** How many tab ids one page may use: the default limit of the server for the tabs of a line. */
const MAX_IDS = 64;

/**
 * Plain pages: pages written for the post that Partyline grew out of, served in its message shapes. They post `{from, data}`
 * to the worker's port without a handshake, receive `{type: "WSState", state}` and `{type: "message", data}`, and get broadcasts
 * to all lines on the BroadcastChannel `WebSocketChannel`.
 *
 * Every page, frame and worker of the origin can listen to that channel. So nothing but broadcasts to all lines is posted on it,
 * and only while a plain page is known; messages for the tabs of this line, and for its user, go to the ports of plain pages.
 *
 * Every port is treated as a plain page's until it attaches. In a worker that tabs of main.js have named, a plain page is known
 * once it has posted, since any other port is about to attach. The liveness of plain pages cannot be checked, so those that were
 * silent longest are removed when there are too many; a page that posts again is added again.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/port-protocol.js').PlainPageMessage} PlainPageMessage
 */
export class PlainPages {
  #channel;
  #named;
  /** @type {Map<MessagePort, Set<string>>} with the tab ids they use, the longest silent first */
  #ports = new Map();
  /** @type {Map<string, MessagePort>} */
  #pages = new Map();

  /**
   * @param {object} options
   * @param {Pick<BroadcastChannel, 'postMessage'>} [options.channel]  undefined in direct mode, where each tab would broadcast
   * @param {boolean} [options.named]  whether tabs that use main.js started this worker
   */
  constructor({ channel, named = false }) {
    this.#channel = channel;
    this.#named = named;
  }

  /** The tab ids that these pages use. */
  ids() {
    return [...this.#pages.keys()];
  }

  /** How many ids have been used. */
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

  /** @param {MessagePort} port  that has attached, or is evicted */
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
    /** @type {PlainPageMessage} */
    const message = { type: 'WSState', state };
    for (const port of this.#ports.keys()) this.post(port, message);
  }

  /**
   * Posts a frame to the page that it names.
   * @param {Frame} frame
   * @returns {boolean} false if there is no such page
   */
  deliver(frame) {
    const port = this.#pages.get(/** @type {string} */ (frame.from));
    if (port) this.post(port, { type: 'message', data: frame });
    return port !== undefined;
  }

  /** @param {Frame} frame  a broadcast to all lines */
  broadcast(frame) {
    const [anyPort] = this.#knownPorts();
    if (anyPort) this.#channel?.postMessage({ type: 'message', data: frame });
  }

  /** @param {Frame} frame  for all tabs of this line, or of its user */
  deliverToAll(frame) {
    for (const port of this.#knownPorts()) this.post(port, { type: 'message', data: frame });
  }

  *#knownPorts() {
    for (const [port, ids] of this.#ports) if (!this.#named || ids.size > 0) yield port;
  }

  /**
   * @param {MessagePort} port
   * @param {PlainPageMessage} message
   */
  post(port, message) {
    port.postMessage(message);
  }

  /**
   * @param {MessagePort} port
   * @param {string} id  may belong to another page by now
   */
  #removeId(port, id) {
    if (this.#pages.get(id) === port) this.#pages.delete(id);
  }
}

/**
 * A plain page's message as the server reads it.
 * @param {Frame} data
 * @returns {string}
 * @throws {LineError} `bad_value`
 */
export function encodePlain(data) {
  let text;
  try {
    text = JSON.stringify({ data });
  } catch (error) {
    throw new LineError('bad_value', `cannot be written as JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isTabId(data.from)) throw violation('its `from` is not 1 to 64 characters of A-Z a-z 0-9 _ -');
  if (data.type !== undefined && !isName(data.type))
    throw violation('its `type` is not 1 to 128 characters of A-Z a-z 0-9 _ . : / -');
  return text;
}

/** @param {string} reason */
const violation = (reason) => new LineError('bad_value', `the message cannot be sent: ${reason}`);
