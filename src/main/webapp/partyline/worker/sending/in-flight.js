import { LineError } from '../../shared/errors.js';

/**
 * What was sent and is not answered yet, under the line's own ids.
 *
 * Ids rise over the whole life of a line, and the server runs none twice. So after a drop we know of each call whether
 * it was taken (`heard` in the welcome), and send again only what was not. Where the line itself is lost, the outcome is
 * unknown: the call fails and says so, unless it may be repeated without harm.
 *
 * @typedef {object} InFlightRequest
 * @property {string} [tab]  whose it is; the switchboard's own have none
 * @property {number} [n]  the tab's own number of it
 * @property {number} chars
 * @property {(id: number) => string} write
 * @property {boolean} [harmless]  may be sent again on another line
 * @property {boolean} [ours]  the switchboard's own: its greeting says the same again, so it is never resent
 * @property {boolean} [claimed]  was sent by an earlier worker: its reply may be lost on the way
 * @property {(frame: import('../../shared/frames.js').Frame) => void} answered
 * @property {(error: LineError) => void} failed
 * @property {(id: number) => void} [numbered]
 */
export class InFlightRequests {
  /** @type {Map<number, InFlightRequest>} in the order of their ids */
  #pending = new Map();
  /** @type {Map<string, number>} how many each tab has out */
  #out = new Map();
  #nextId = 1;

  get size() {
    return this.#pending.size;
  }

  /** @param {string} tab */
  outOf(tab) {
    return this.#out.get(tab) ?? 0;
  }

  /**
   * Gives a call its id.
   * @param {InFlightRequest} call
   * @returns {string} what to say on the wire
   */
  take(call) {
    return call.write(this.#number(call));
  }

  /**
   * @param {number} id
   * @returns {string | undefined} what to say of this call again; nothing if nobody waits for it
   */
  text(id) {
    return this.#pending.get(id)?.write(id);
  }

  /**
   * A call that an earlier worker sent under this id and a tab still waits for.
   * @param {number} id
   * @param {InFlightRequest} call
   */
  claim(id, call) {
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#add(id, { ...call, claimed: true });
    // Several tabs bring theirs; resending must follow the ids.
    this.#pending = new Map([...this.#pending].sort(([a], [b]) => a - b));
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame  with `re`
   * @returns {boolean} false when nobody waits for it
   */
  settle(frame) {
    const call = this.#remove(frame.re);
    if (!call) return false;
    call.answered(frame);
    return true;
  }

  /**
   * A new socket carries the line.
   * @param {{ resumed: boolean, heard: number }} welcome
   * @param {boolean} lostReplies
   * @returns {number[]} what to say again, in this order
   */
  welcomed({ resumed, heard }, lostReplies) {
    const again = [];
    const pending = [...this.#pending];
    if (resumed) this.#nextId = Math.max(this.#nextId, heard + 1);
    else {
      this.#nextId = 1;
      this.#pending.clear();
      this.#out.clear();
    }
    for (const [id, call] of pending) {
      if (call.ours) this.#remove(id);
      else if (!resumed && call.harmless) again.push(this.#number(call));
      else if (!resumed) call.failed(lost());
      else if (id > heard || call.claimed) again.push(id);
      else if (lostReplies) {
        this.#remove(id);
        call.failed(lost());
      }
    }
    return again;
  }

  /** The largest call that is out killed the socket: it fails, and is not sent again. */
  dropLargest() {
    let worst = 0;
    for (const [id, { chars }] of this.#pending) if (chars > (this.#pending.get(worst)?.chars ?? 0)) worst = id;
    this.#remove(worst)?.failed(new LineError('too_large', 'the server closed the connection over its size'));
  }

  /**
   * Forgets what a tab that is gone waits for; replies still under way are for nobody.
   * @param {string} tab
   */
  forget(tab) {
    for (const [id, call] of [...this.#pending]) if (call.tab === tab) this.#remove(id);
  }

  /**
   * @param {string} tab
   * @param {number} n  the tab's own number of the call
   */
  has(tab, n) {
    return this.#find(tab, n) !== undefined;
  }

  /**
   * Forgets one call, whose caller no longer waits.
   * @param {string} tab
   * @param {number} n
   */
  withdraw(tab, n) {
    const id = this.#find(tab, n);
    if (id !== undefined) this.#remove(id);
  }

  /** @param {LineError} error */
  failAll(error) {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#out.clear();
    for (const call of pending) call.failed(error);
  }

  /**
   * @param {InFlightRequest} call
   * @returns {number} its id
   */
  #number(call) {
    const id = this.#nextId++;
    this.#add(id, call);
    call.numbered?.(id);
    return id;
  }

  /**
   * @param {string} tab
   * @param {number} n
   */
  #find(tab, n) {
    for (const [id, call] of this.#pending) if (call.tab === tab && call.n === n) return id;
    return undefined;
  }

  /**
   * @param {number} id
   * @param {InFlightRequest} call
   */
  #add(id, call) {
    this.#pending.set(id, call);
    if (call.tab !== undefined) this.#out.set(call.tab, this.outOf(call.tab) + 1);
  }

  /** @param {number} id */
  #remove(id) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (call?.tab !== undefined) {
      const out = this.outOf(call.tab) - 1;
      if (out > 0) this.#out.set(call.tab, out);
      else this.#out.delete(call.tab);
    }
    return call;
  }
}

/** For a call that an earlier worker may have sent. */
export const workerLost = () => new LineError('worker_lost', 'the worker died; whether the server ran it is unknown');

const lost = () => new LineError('lost', 'the line was lost before the answer; whether the server ran it is unknown');
