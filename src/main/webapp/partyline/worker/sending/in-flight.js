/**
 * The requests that were sent and have no reply yet, by the ids under which the server knows them.
 *
 * Ids rise as long as the line lives, and the server runs no id twice. So after a drop the welcome's `heard` tells which
 * requests the server accepted; only the others are sent again. If the line itself is lost, the outcome is unknown, and the
 * request fails unless it is idempotent.
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
   * Gives a request the next id.
   * @param {QueuedMessage | ControlRequest} request
   * @returns {number}
   */
  register(request) {
    const id = this.#nextId++;
    this.#add(id, request);
    return id;
  }

  /**
   * A request that an earlier worker sent under this id.
   * @param {number} id
   * @param {QueuedMessage} request
   */
  adopt(id, request) {
    this.#nextId = Math.max(this.#nextId, id + 1);
    request.adopted = true;
    this.#add(id, request);
    // Several tabs bring theirs, in any order; requests are sent again in the order of their ids.
    this.#requests = new Map([...this.#requests].sort(([a], [b]) => a - b));
  }

  /**
   * Removes a request, for example since its reply is here.
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
   * The server welcomed the line on a new socket.
   *
   * The worker's own requests are removed: the hello and what follows the welcome repeat them.
   * @param {{ resumed: boolean, heard: number }} welcome
   * @param {boolean} lostReplies  whether the server dropped replies that this worker has not received
   * @returns {{ resend: QueuedMessage[], lost: QueuedMessage[] }} what to send again, in the order of the ids, which are new
   *   ones on a new line; and what fails, since its outcome is unknown
   */
  onWelcome({ resumed, heard }, lostReplies) {
    /** @type {{ resend: QueuedMessage[], lost: QueuedMessage[] }} */
    const outcome = { resend: [], lost: [] };
    if (resumed) this.#onResumed(heard, lostReplies, outcome);
    else this.#onNewLine(outcome);
    return outcome;
  }

  /**
   * @param {number} heard
   * @param {boolean} lostReplies
   * @param {{ resend: QueuedMessage[], lost: QueuedMessage[] }} outcome
   */
  #onResumed(heard, lostReplies, { resend, lost }) {
    this.#nextId = Math.max(this.#nextId, heard + 1);
    for (const [id, request] of this.#requests) {
      if (request.tab === undefined) this.remove(id);
      else if (id > heard || request.adopted) resend.push(request);
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
   * Removes the largest request of a tab.
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

  /**
   * Removes the requests of a tab that is closed.
   * @param {string} tab
   */
  removeTab(tab) {
    for (const [id, request] of this.#requests) if (request.tab === tab) this.remove(id);
  }

  /**
   * @param {string} tab
   * @param {number} n  the tab's own number of the request
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
