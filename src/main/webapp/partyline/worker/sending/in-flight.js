import { LineError } from '../../shared/errors.js';

/**
 * Requests that were sent and are not answered yet, by their id on the line.
 *
 * Ids increase over the whole life of a line, and the server runs none twice. After a reconnect `$welcome.heard` tells which
 * requests the server accepted; only the others are sent again. If the line itself is lost, the outcome is unknown: the
 * request is rejected with `lost`, unless it is idempotent.
 *
 * @typedef {object} InFlightRequest
 * @property {string} [tab]  the tab that sent it; none for control requests
 * @property {number} [n]  the tab's number of it
 * @property {number} chars
 * @property {(id: number) => string} encode
 * @property {boolean} [idempotent]  may be sent again on a new line
 * @property {boolean} [control]  the worker's own (`$join`, `$leave`): `$hello` repeats it, so it is never sent again
 * @property {boolean} [adopted]  was sent by an earlier worker: its reply may be lost
 * @property {(frame: import('../../shared/frames.js').Frame) => void} resolve
 * @property {(error: LineError) => void} reject
 * @property {(id: number) => void} [onIdAssigned]
 */
export class InFlightRequests {
  /** @type {Map<number, InFlightRequest>} in the order of their ids */
  #requests = new Map();
  /** @type {Map<string, number>} how many requests of each tab are in flight */
  #countByTab = new Map();
  #nextId = 1;

  get size() {
    return this.#requests.size;
  }

  /** @param {string} tab */
  countOf(tab) {
    return this.#countByTab.get(tab) ?? 0;
  }

  /**
   * Assigns an id.
   * @param {InFlightRequest} request
   * @returns {string} the text to send
   */
  register(request) {
    return request.encode(this.#assignId(request));
  }

  /**
   * @param {number} id
   * @returns {string | undefined} the text to send again; undefined if it is not in flight
   */
  encode(id) {
    return this.#requests.get(id)?.encode(id);
  }

  /**
   * Takes over a request that an earlier worker sent under this id and a tab still waits for.
   * @param {number} id
   * @param {InFlightRequest} request
   */
  adopt(id, request) {
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#add(id, { ...request, adopted: true });
    // Several tabs bring theirs; requests must be sent again in the order of their ids.
    this.#requests = new Map([...this.#requests].sort(([a], [b]) => a - b));
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame  with `re`
   * @returns {boolean} false if there is no such request
   */
  resolve(frame) {
    const request = this.#remove(frame.re);
    if (!request) return false;
    request.resolve(frame);
    return true;
  }

  /**
   * The line is connected again.
   * @param {{ resumed: boolean, heard: number }} welcome
   * @param {boolean} lostReplies
   * @returns {number[]} the ids to send again, in this order
   */
  onWelcome({ resumed, heard }, lostReplies) {
    const resend = [];
    const pending = [...this.#requests];
    if (resumed) this.#nextId = Math.max(this.#nextId, heard + 1);
    else {
      this.#nextId = 1;
      this.#requests.clear();
      this.#countByTab.clear();
    }
    for (const [id, request] of pending) {
      if (request.control) this.#remove(id);
      else if (!resumed && request.idempotent) resend.push(this.#assignId(request));
      else if (!resumed) request.reject(lostError());
      else if (id > heard || request.adopted) resend.push(id);
      else if (lostReplies) {
        this.#remove(id);
        request.reject(lostError());
      }
    }
    return resend;
  }

  /** The server closed the connection because a message was too large: rejects the largest one, so that it is not sent again. */
  rejectLargest() {
    let largest = 0;
    for (const [id, { chars }] of this.#requests) if (chars > (this.#requests.get(largest)?.chars ?? 0)) largest = id;
    this.#remove(largest)?.reject(new LineError('too_large', 'the server closed the connection over its size'));
  }

  /**
   * Removes the requests of a removed tab; their replies are undeliverable.
   * @param {string} tab
   */
  removeTab(tab) {
    for (const [id, request] of [...this.#requests]) if (request.tab === tab) this.#remove(id);
  }

  /**
   * @param {string} tab
   * @param {number} n  the tab's number of the request
   */
  has(tab, n) {
    return this.#find(tab, n) !== undefined;
  }

  /**
   * Removes a request whose caller no longer waits.
   * @param {string} tab
   * @param {number} n
   */
  cancel(tab, n) {
    const id = this.#find(tab, n);
    if (id !== undefined) this.#remove(id);
  }

  /** @param {LineError} error */
  rejectAll(error) {
    const pending = [...this.#requests.values()];
    this.#requests.clear();
    this.#countByTab.clear();
    for (const request of pending) request.reject(error);
  }

  /**
   * @param {InFlightRequest} request
   * @returns {number} its id
   */
  #assignId(request) {
    const id = this.#nextId++;
    this.#add(id, request);
    request.onIdAssigned?.(id);
    return id;
  }

  /**
   * @param {string} tab
   * @param {number} n
   */
  #find(tab, n) {
    for (const [id, request] of this.#requests) if (request.tab === tab && request.n === n) return id;
    return undefined;
  }

  /**
   * @param {number} id
   * @param {InFlightRequest} request
   */
  #add(id, request) {
    this.#requests.set(id, request);
    if (request.tab !== undefined) this.#countByTab.set(request.tab, this.countOf(request.tab) + 1);
  }

  /** @param {number} id */
  #remove(id) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request?.tab !== undefined) {
      const left = this.countOf(request.tab) - 1;
      if (left > 0) this.#countByTab.set(request.tab, left);
      else this.#countByTab.delete(request.tab);
    }
    return request;
  }
}

/** For a request that an earlier worker may have sent. */
export const workerLostError = () => new LineError('worker_lost', 'the worker died; whether the server ran it is unknown');

const lostError = () => new LineError('lost', 'the line was lost before the answer; whether the server ran it is unknown');
