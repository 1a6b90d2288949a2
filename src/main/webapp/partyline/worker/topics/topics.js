import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { findNameViolation } from '../../shared/json-limits.js';
import { BEFORE_ALL } from './since.js';
import { Topic } from './topic.js';

/** How long a topic that no tab listens to any more stays joined, in milliseconds, so that a reload fits inside. */
const LINGER = 5_000;

/**
 * What a server usually takes in one message: what this one takes it tells us. And what a greeting has in it besides
 * topics: tabs, a token, a dozen members.
 */
const USUAL = { message: 65_536, members: 1_000 };
const BESIDES = { message: 8_192, members: 16 };

/**
 * Which topics the line is in: ten tabs that join one are one join on the wire, and the last to leave ends it.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {import('./topic.js').Since} Since
 *
 * @typedef {object} Server  how topics talk to it
 * @property {(topic: string, at: Position | null) => boolean} join  if the wire is open; else the next greeting does, and this is false
 * @property {(topic: string, at: Position) => void} replay  the same for a topic that is joined; answered by `replayed`
 * @property {(topic: string) => boolean} leave  whether it was said; then it is answered by `left`
 */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  /** Those that the server was asked to leave and may bring more of until it has answered. @type {Set<string>} */
  #leaving = new Set();
  /** What the greeting said that is not answered yet. @type {Map<string, Position | null>} */
  #greeted = new Map();
  /** What the server takes, as it said in its last welcome. @type {Record<string, number>} */
  #taken = {};
  #server;
  #clock;
  #means;

  /**
   * @param {object} options
   * @param {Server} options.server
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {(tab: TabConnection) => void} options.due  the tab has something new to read
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each ring
   */
  constructor({ server, clock, due, limits }) {
    this.#server = server;
    this.#clock = clock;
    this.#means = { clock, due, limits, replay: server.replay };
  }

  /** @param {string} topic */
  ring = (topic) => this.#topics.get(topic)?.ring ?? undefined;

  /**
   * @param {TabConnection} tab
   * @param {string} name
   * @param {Since} since
   * @param {number} [n]  the tab's number of this call, when it wants an answer
   */
  join(tab, name, since, n) {
    const fault = this.#fault(name);
    if (fault) {
      const error = fault.toJSON();
      tab.tell(n === undefined ? { type: '$refused', topic: name, error } : { re: n, error });
      return;
    }
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = this.#add(name);
      topic.asked = since === 'start' ? BEFORE_ALL : since;
      const said = !isImplicitTopic(name) && !this.#leaving.has(name) && this.#server.join(name, topic.asked);
      // The welcome that is under way answers what was greeted with.
      const greeted = this.#greeted.get(name);
      if (!said && greeted !== undefined) topic.asked = greeted;
    }
    topic.admit({ tab, since, n });
  }

  /**
   * @param {TabConnection} tab
   * @param {string} name
   */
  leave(tab, name) {
    tab.cursors.delete(name);
    const topic = this.#topics.get(name);
    if (!topic?.dismiss(tab) || topic.tabs.size > 0 || isImplicitTopic(name)) return;
    topic.leaving = this.#clock.after(LINGER, () => {
      topic.stop();
      this.#topics.delete(name);
      // While an earlier leave is not answered, nothing was joined that could be left.
      if (!this.#leaving.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    });
  }

  /** @param {string} name  that the server has left; whoever came meanwhile is joined now */
  left(name) {
    this.#leaving.delete(name);
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.asked = topic.wanted;
    this.#server.join(name, topic.asked);
  }

  /** @param {TabConnection} tab  that is gone */
  forget(tab) {
    for (const name of [...this.#topics.keys()]) this.leave(tab, name);
  }

  /** The topics that every tab hears. */
  everybodys() {
    return [...this.#topics.keys()].filter(isImplicitTopic);
  }

  /**
   * What to greet the server with. What everybody hears is joined by the server itself, at our place. Of the others no
   * more are named than go into one message: who greets is to join the rest after the welcome.
   * @param {boolean} brief  none of the others
   */
  greeting(brief) {
    const { message, members } = { ...USUAL, ...this.#taken };
    let names = brief ? 0 : members - BESIDES.members;
    let chars = message - BESIDES.message;
    this.#greeted.clear();
    for (const [name, at] of this.positions()) {
      if (!isImplicitTopic(name)) {
        names--;
        chars -= JSON.stringify([name, at]).length;
        if (names < 0 || chars < 0) continue;
      }
      this.#greeted.set(name, at);
    }
    return Object.fromEntries(this.#greeted);
  }

  /**
   * Where each topic goes on, which is where it is joined next.
   * @param {object} [others]  has those that are joined already
   */
  positions(others = {}) {
    /** @type {Map<string, Position | null>} */
    const positions = new Map();
    for (const [name, topic] of this.#topics) {
      if (Object.hasOwn(others, name)) continue;
      if (!topic.ring) topic.asked = topic.wanted;
      positions.set(name, topic.place);
    }
    return positions;
  }

  /**
   * The server said where a topic stands: in its welcome, or in answer to a join.
   * @param {string} name
   * @param {{ at: Position, gap: boolean }} place
   */
  joined(name, place) {
    // An answer to the join before our leave, while somebody is here who waits for another.
    if (this.#leaving.has(name)) return;
    // Nobody asked for it: it is everybody's, or was left while the answer was under way.
    const topic = this.#topics.get(name) ?? (isImplicitTopic(name) ? this.#add(name) : null);
    topic?.stands(place);
  }

  /**
   * The server said from where it plays a topic again; or refused to.
   * @param {string} name
   * @param {import('../../shared/frames.js').Frame} answer  with `value` or `error`
   */
  replayed(name, answer) {
    for (const tab of this.#topics.get(name)?.replayed(answer) ?? []) this.leave(tab, name);
  }

  /** The socket is gone. */
  dropped() {
    for (const topic of this.#topics.values()) topic.dropped();
  }

  /**
   * The line is welcomed on another socket: nothing of what was asked for on the old one is answered any more.
   * @param {Record<string, import('../../shared/frames.js').JoinResult>} places  of the welcome
   * @param {Record<string, number>} limits  what the server takes
   */
  welcomed(places, limits) {
    this.#taken = limits;
    this.#leaving.clear();
    this.#greeted.clear();
    // A topic that the welcome does not name was not joined: our greeting had no room for it, or asking for it alone tells why.
    for (const [name, at] of this.positions(places)) {
      const fault = this.#fault(name);
      if (fault) this.refused(name, fault);
      else if (!isImplicitTopic(name)) this.#server.join(name, at);
    }
    // Its last tab left it while the greeting was under way.
    for (const [name, { error }] of Object.entries(places)) {
      if (!error && !isImplicitTopic(name) && !this.#topics.has(name) && this.#server.leave(name)) this.#leaving.add(name);
    }
    // Not before: the line has one place in a topic, which the last to join it chooses.
    for (const topic of this.#topics.values()) topic.resumed();
  }

  /**
   * The server refused a join.
   * @param {string} name
   * @param {import('../../shared/errors.js').LineError} error
   */
  refused(name, error) {
    if (this.#leaving.has(name)) return;
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    topic?.refused(error);
  }

  /**
   * @param {import('../../shared/frames.js').Frame} frame  of a topic
   * @param {string} text  the same as it came
   * @returns {Set<TabConnection> | null} the tabs that listen; null when it was here before, or nobody joined
   */
  heard(frame, text) {
    const name = /** @type {string} */ (frame.topic);
    const at = frame.at;
    // What comes between our leave and its answer is of the old join, and would be taken for the beginning of a new one.
    if (!at || this.#leaving.has(name)) return null;
    // The first message may overtake the answer to the join: they come out of different logs.
    if (!this.ring(name)) this.joined(name, { at: [at[0], at[1] - 1], gap: false });
    return this.#topics.get(name)?.heard(at, text) ?? null;
  }

  /**
   * @param {string} name
   * @param {Position} at
   * @returns {Iterable<TabConnection>}
   */
  gap(name, at) {
    return (!this.#leaving.has(name) && this.#topics.get(name)?.gap(at)) || [];
  }

  /**
   * Somebody else is logged in: what was kept was heard with the rights of another, and is kept no longer.
   * @param {Record<string, import('../../shared/frames.js').JoinResult>} places  of the new welcome
   */
  startOver(places) {
    for (const [name, topic] of [...this.#topics]) {
      if (places[name]?.at) topic.ring?.reset(places[name].at);
      else if (isImplicitTopic(name)) {
        for (const tab of topic.tabs) tab.cursors.delete(name);
        this.#topics.delete(name);
      } else topic.ring?.reset(topic.ring.end);
    }
  }

  /** The line is gone, and with it every place in its topics. */
  clear() {
    for (const topic of this.#topics.values()) topic.stop();
    this.#topics.clear();
    this.#leaving.clear();
  }

  /** What `line.inspect()` says of them. */
  describe() {
    return [...this.#topics].map(([topic, { ring, tabs }]) => ({
      topic,
      at: ring?.end ?? null,
      kept: ring?.size ?? 0,
      tabs: [...tabs].map(({ id }) => id),
    }));
  }

  /**
   * Why the server would not take this name, if it would not. A few such would end the line for every tab.
   * @param {string} name
   */
  #fault(name) {
    const why = isImplicitTopic(name) ? undefined : findNameViolation(name, this.#taken);
    return why === undefined ? undefined : new LineError('bad_value', why);
  }

  /** @param {string} name */
  #add(name) {
    const topic = new Topic(name, this.#means);
    this.#topics.set(name, topic);
    return topic;
  }
}
