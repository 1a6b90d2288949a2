import { InFlightRequests, workerLost } from './in-flight.js';
import { LineError } from '../../shared/errors.js';
import { encodeMessage } from '../../shared/frames.js';
import { findViolation, findNameViolation } from '../../shared/json-limits.js';
import { SendQueue } from './send-queue.js';
import { RateLimiter } from './rate-limiter.js';

/** How many calls of one tab may be unanswered; the next wait in the outbox. */
const MAX_OUT = 64;
/** Characters that may wait inside the socket before we stop filling it. */
const HIGH_WATER = 1 << 20;
/** An id has one digit when a frame is weighed, and at most sixteen when it is sent. */
const ID_GROWS = 15;
/** How long a message waits for a connection, in milliseconds. */
const KEEP = 60_000;
/** How many bursts of messages a server takes of what is the switchboard's own; it takes four, of all that is. */
const OWN_BURSTS = 3;

/**
 * What goes up the wire: it waits in the outbox while it cannot, keeps to the server's rate, and becomes a call that is
 * answered, sent again after a drop, or failed.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {Parameters<typeof encodeMessage>[0]} Message
 * @typedef {{ n: number, message: Message, harmless?: boolean }} Request  `harmless` if it may be sent twice
 */
export class Sender {
  #clock;
  #wire;
  #tell;
  #outbox;
  #calls = new InFlightRequests();
  #pace;
  /** For the switchboard's own questions. */
  #ownPace;
  /** @type {number[]} the ids of what was sent before a drop and not taken, as they rise */
  #again = [];
  /** The switchboard's own that wait. @type {import('./in-flight.js').InFlightRequest[]} */
  #questions = [];
  /** @type {(() => void) | null} */
  #cancelDrain = null;
  /** What the server takes, as it said in its last welcome; before the first nothing is known, and everything waits. */
  #limits = /** @type {Record<string, number>} */ ({});

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => import('../connection/connection.js').Connection | null} options.wire
   * @param {(tab: string, frame: Frame) => void} options.tell  tells the tab that bears this id then
   */
  constructor({ clock, wire, tell }) {
    this.#clock = clock;
    this.#wire = wire;
    this.#tell = tell;
    this.#outbox = new SendQueue({ clock });
    this.#pace = new RateLimiter(clock);
    this.#ownPace = new RateLimiter(clock);
  }

  /** How many messages wait to be sent. */
  get waiting() {
    return this.#outbox.size + this.#again.length;
  }

  /** How many calls were sent and are not answered. */
  get unanswered() {
    return this.#calls.size;
  }

  /**
   * A tab's message or publish that is to be answered.
   * @param {string} tab
   * @param {Request} request
   */
  request(tab, request) {
    const call = this.#callOf(tab, request);
    const chars = call.write(1).length + ID_GROWS;
    const post = () => this.#open && this.#say(this.#calls.take({ ...call, chars }));
    const excess = () => this.#excess(call.write(1), ID_GROWS, request.message);
    this.mail(tab, { n: request.n, chars, refuse: call.failed, post, excess });
  }

  /**
   * A message whose sender does not care: it goes now or never.
   * @param {Message} message
   */
  drop(message) {
    const text = encodeMessage(message);
    if (!this.#excess(text, 0, message) && this.#free) this.#say(text);
  }

  /**
   * A page in the style of the post says this text, as it is.
   * @param {string} page
   * @param {string} text
   * @param {(error: LineError) => void} refuse
   */
  plain(page, text, refuse) {
    this.mail(`page ${page}`, { chars: text.length, refuse, post: () => this.#say(text), excess: () => this.#excess(text) });
  }

  /**
   * Puts a letter in the outbox, or refuses it at once where waiting is no use.
   * @param {string} sender
   * @param {Omit<import('./send-queue.js').QueuedMessage, 'until'>} letter
   */
  mail(sender, letter) {
    const wire = this.#wire();
    const excess = letter.excess();
    if (wire?.status.state === 'closed') letter.refuse(new LineError('closed', wire.whyClosed));
    else if (excess) letter.refuse(excess);
    else {
      this.#outbox.add(sender, { ...letter, until: this.#clock.now() + KEEP });
      this.drain();
    }
  }

  /**
   * A question of the switchboard's own. It goes before the outbox, and is not repeated: a greeting says it again.
   * @param {(id: number) => string} write
   * @param {(reply: Frame) => void} answered
   * @returns {boolean} whether it is asked
   */
  ask(write, answered) {
    if (!this.#open) return false;
    this.#questions.push({ ours: true, chars: 0, write, answered, failed: () => {} });
    this.#askOn();
    if (this.#questions.length > 0) this.#drainLater();
    return true;
  }

  #askOn() {
    // What is said again bears older ids, and the server takes none that is older than one it has.
    while (this.#again.length === 0 && this.#questions.length > 0 && this.#ownPace.free) {
      this.#ownPace.spend();
      this.#wire()?.say(this.#calls.take(/** @type {import('./in-flight.js').InFlightRequest} */ (this.#questions.shift())));
    }
  }

  /** Says what waits, as far as the wire, the server's rate and the tabs' turns allow. */
  drain() {
    this.#cancelDrain?.();
    this.#cancelDrain = null;
    if (!this.#open) return;
    // What a drop made us say again bears older ids than what waits, so it goes first.
    while (this.#again.length > 0 && this.#free) {
      const text = this.#calls.text(/** @type {number} */ (this.#again.shift()));
      if (text !== undefined) this.#say(text);
    }
    this.#askOn();
    // A tab that joins a topic and then publishes to it shall hear that.
    let held = this.#again.length > 0 || this.#questions.length > 0;
    if (!held) {
      this.#outbox.drain((sender) => {
        if (this.#calls.outOf(sender) >= MAX_OUT) return false;
        held ||= !this.#free;
        return !held;
      });
    }
    if (held) this.#drainLater();
  }

  /** Replies bring us to drain as well, but there may be none to come. The reason to wait may be over by now, so it is not asked again. */
  #drainLater() {
    const asks = this.#again.length === 0 && this.#questions.length > 0;
    const wait = this.#backlog >= HIGH_WATER ? 50 : Math.max(1, (asks ? this.#ownPace : this.#pace).wait);
    this.#cancelDrain ??= this.#clock.after(wait, () => this.drain());
  }

  /**
   * @param {import('../../shared/frames.js').Welcome} welcome
   * @param {boolean} lostReplies
   */
  welcomed(welcome, lostReplies) {
    const before = JSON.stringify(this.#limits);
    this.#limits = welcome.limits ?? {};
    const { rate, burst = rate } = this.#limits;
    this.#pace.set(rate, burst);
    this.#ownPace.set(rate, burst && OWN_BURSTS * burst);
    this.#questions = [];
    // What waits was said before anybody knew, or to a server that took more.
    if (JSON.stringify(this.#limits) !== before) this.#outbox.sift();
    this.#again = this.#calls.welcomed(welcome, lostReplies);
  }

  /**
   * @param {Frame} reply
   * @returns {boolean} false when nobody waits for it
   */
  settle(reply) {
    const settled = this.#calls.settle(reply);
    this.drain();
    return settled;
  }

  dropLargest() {
    this.#calls.dropLargest();
  }

  /**
   * Whether a call of a tab is here, waiting or sent.
   * @param {string} tab
   * @param {number} n
   */
  has(tab, n) {
    return this.#calls.has(tab, n) || this.#outbox.has(tab, n);
  }

  /**
   * A call that was sent on this line under this id, by an earlier worker or for a tab that we took for gone.
   * @param {string} tab
   * @param {number} id
   * @param {Request} request
   */
  claim(tab, id, request) {
    // Another's call got this id while nobody knew of this one.
    if (this.#calls.text(id) !== undefined) return this.fail(tab, request.n, workerLost());
    this.#calls.claim(id, this.#callOf(tab, request));
    // Before the welcome it waits for that; after it, the server is asked for the reply that it keeps.
    if (!this.#open || this.#again.includes(id)) return;
    this.#again = [...this.#again, id].sort((a, b) => a - b);
    this.drain();
  }

  /**
   * @param {string} tab
   * @param {number} n
   * @param {LineError} error
   */
  fail(tab, n, error) {
    this.#tell(tab, { re: n, error: error.toJSON() });
  }

  /**
   * Nobody waits for this call any more.
   * @param {string} tab
   * @param {number} n
   */
  withdraw(tab, n) {
    if (!this.#outbox.withdraw(tab, n)) this.#calls.withdraw(tab, n);
    this.drain();
  }

  /** @param {string} tab  that is gone */
  forget(tab) {
    this.#outbox.forget(tab);
    this.#calls.forget(tab);
    this.drain();
  }

  /** @param {LineError} error  for everything that waits or is not answered */
  failAll(error) {
    this.#again = [];
    this.#questions = [];
    this.#outbox.refuseAll(error);
    this.#calls.failAll(error);
  }

  get #open() {
    return this.#wire()?.isOpen ?? false;
  }

  get #backlog() {
    return this.#wire()?.backlog ?? 0;
  }

  get #free() {
    return this.#pace.free && this.#backlog < HIGH_WATER;
  }

  /**
   * Why the server would not take this, if it would not. Three such frames would end the line for every tab.
   * @param {string} text
   * @param {number} [growth]  by how many characters it may grow
   * @param {{ type?: string, topic?: string }} [names]
   * @returns {LineError | undefined}
   */
  #excess(text, growth = 0, { type = '', topic = '' } = {}) {
    const { message = Infinity } = this.#limits;
    const chars = text.length + growth;
    if (chars > message) return new LineError('too_large', `the message has ${chars} characters, at most ${message} may be sent`);
    const why =
      findNameViolation(type, this.#limits) ?? findNameViolation(topic, this.#limits) ?? findViolation(text, this.#limits);
    return why === undefined ? undefined : new LineError('bad_value', `the message cannot be sent: ${why}`);
  }

  /** @param {string} text */
  #say(text) {
    const said = this.#wire()?.say(text) ?? false;
    if (said) this.#pace.spend();
    return said;
  }

  /**
   * @param {string} tab
   * @param {Request} request
   * @returns {import('./in-flight.js').InFlightRequest}
   */
  #callOf(tab, { n, message, harmless }) {
    return {
      n,
      tab,
      chars: 0,
      harmless,
      write: (id) => encodeMessage(message, id),
      numbered: (id) => this.#tell(tab, { type: '$sent', n, id }),
      answered: ({ from: _from, ...reply }) => this.#tell(tab, { ...reply, re: n }),
      failed: (error) => this.fail(tab, n, error),
    };
  }
}
