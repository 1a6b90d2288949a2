/**
 * Requests that were sent and are not answered yet, by their id on the line.
 *
 * Ids increase over the whole life of a line, and the server runs none twice. After a reconnect `$welcome.heard` tells which
 * requests the server accepted; only the others are sent again. If the line itself is lost, the outcome is unknown: the
 * request is rejected with `lost`, unless it is idempotent.
 *
 * @typedef {import('./queued-message.js').QueuedMessage} QueuedMessage
 * @typedef {import('./queued-message.js').ControlRequest} ControlRequest
 */
export class InFlightRequests {
  /** @type {Map<number, QueuedMessage | ControlRequest>} in the order of their ids */
  #requests = new Map();
  /** @type {Map<string, number>} */
  #countByTab = new Map();
  #nextId = 1;

  get size() {
    return this.#requests.size;
  }

  /** @param {string} tab */
  countOf(tab) {
    return this.#countByTab.get(tab) ?? 0;
  }

  /** @param {number} id */
  get(id) {
    return this.#requests.get(id);
  }

  /**
   * Assigns the next id.
   * @param {QueuedMessage | ControlRequest} request
   * @returns {number}
   */
  register(request) {
    const id = this.#nextId++;
    this.#add(id, request);
    return id;
  }

  /**
   * Takes over a request that an earlier worker sent under this id.
   * @param {number} id
   * @param {QueuedMessage} request
   */
  adopt(id, request) {
    this.#nextId = Math.max(this.#nextId, id + 1);
    request.adopted = true;
    this.#add(id, request);
    // Several tabs bring theirs; requests must be sent again in the order of their ids.
    this.#requests = new Map([...this.#requests].sort(([a], [b]) => a - b));
  }

  /**
   * Removes a request, for example because its reply has arrived.
   * @param {number} id
   */
  remove(id) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request?.tab !== undefined) {
      const left = this.countOf(request.tab) - 1;
      if (left > 0) this.#countByTab.set(request.tab, left);
      else this.#countByTab.delete(request.tab);
    }
    return request;
  }

  /**
   * The line is connected again. Control requests are removed: `$hello` and what follows `$welcome` replace them.
   * @param {{ resumed: boolean, heard: number }} welcome
   * @param {boolean} lostReplies  whether the server dropped replies that this worker has not received
   * @returns {{ resend: QueuedMessage[], lost: QueuedMessage[] }} what to send again, in the order of the ids, which on a new
   *   line are new ones; and what to reject, because its outcome is unknown
   */
  onWelcome({ resumed, heard: lastAccepted }, lostReplies) {
    /** @type {{ resend: QueuedMessage[], lost: QueuedMessage[] }} */
    const outcome = { resend: [], lost: [] };
    if (resumed) this.#onResumed(lastAccepted, lostReplies, outcome);
    else this.#onNewLine(outcome);
    return outcome;
  }

  /**
   * @param {number} lastAccepted
   * @param {boolean} lostReplies
   * @param {{ resend: QueuedMessage[], lost: QueuedMessage[] }} outcome
   */
  #onResumed(lastAccepted, lostReplies, { resend, lost }) {
    this.#nextId = Math.max(this.#nextId, lastAccepted + 1);
    for (const [id, request] of this.#requests) {
      if (request.tab === undefined) this.remove(id);
      else if (id > lastAccepted || request.adopted) resend.push(request);
      else if (lostReplies) {
        this.remove(id);
        lost.push(request);
      }
    }
  }

  /** @param {{ resend: QueuedMessage[], lost: QueuedMessage[] }} outcome */
  #onNewLine({ resend, lost }) {
    const pending = this.clear();
    this.#nextId = 1;
    for (const request of pending) {
      if (request.tab === undefined) continue;
      if (!request.idempotent) lost.push(request);
      else {
        request.adopted = false;
        this.register(request);
        resend.push(request);
      }
    }
  }

  /**
   * Removes the largest request of any tab.
   * @returns {QueuedMessage | undefined}
   */
  removeLargest() {
    /** @type {QueuedMessage | undefined} */
    let largest;
    for (const request of this.#requests.values())
      if (request.tab !== undefined && request.chars > (largest?.chars ?? 0)) largest = request;
    if (largest?.id !== undefined) this.remove(largest.id);
    return largest;
  }

  /** @param {string} tab */
  removeTab(tab) {
    for (const [id, request] of this.#requests) if (request.tab === tab) this.remove(id);
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
    if (id !== undefined) this.remove(id);
  }

  /** Removes all requests. */
  clear() {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    this.#countByTab.clear();
    return requests;
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
   * @param {QueuedMessage | ControlRequest} request
   */
  #add(id, request) {
    request.id = id;
    this.#requests.set(id, request);
    if (request.tab !== undefined) this.#countByTab.set(request.tab, this.countOf(request.tab) + 1);
  }
}
