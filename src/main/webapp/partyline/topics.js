import { LineError } from './errors.js';
import { isEverybodys } from './frames.js';
import { Ring } from './ring.js';

/** How long a topic that no tab listens to any more stays joined, in milliseconds, so that a reload fits inside. */
const LINGER = 5_000;

/**
 * A place in no log: the server answers it with all that it still keeps.
 * @type {Position}
 */
const BEFORE_ALL = ['0', 0];

/**
 * Which tabs listen to which topic: ten tabs that join one are one join on the wire, and the last to leave ends it.
 *
 * @typedef {import('./frames.js').Position} Position
 * @typedef {import('./tab.js').Tab} Tab
 * @typedef {Position | 'start' | null} Since  after this place; all that is kept; from now on
 *
 * @typedef {object} Topic
 * @property {Ring | null} ring  null until the server has said where the topic stands
 * @property {Set<Tab>} tabs
 * @property {{ tab: Tab, since: Since, n: number | undefined }[]} waiting  for the server's answer
 * @property {(() => void) | null} leaving  undoes the leave that is to come
 *
 * @typedef {object} Server  how topics talk to it
 * @property {(topic: string, at: Position | null) => void} join  if the wire is open; else the next greeting does
 * @property {(topic: string) => void} leave
 */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  #server;
  #clock;
  #limits;

  /**
   * @param {object} options
   * @param {Server} options.server
   * @param {import('./clock.js').Clock} options.clock
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each ring
   */
  constructor({ server, clock, limits }) {
    this.#server = server;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @param {string} topic */
  ring = (topic) => this.#topics.get(topic)?.ring ?? undefined;

  /**
   * @param {Tab} tab
   * @param {string} name
   * @param {Since} since
   * @param {number} [n]  the tab's number of this call, when it wants an answer
   */
  join(tab, name, since, n) {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { ring: null, tabs: new Set(), waiting: [], leaving: null };
      this.#topics.set(name, topic);
      if (!isEverybodys(name)) this.#server.join(name, since === 'start' ? BEFORE_ALL : since);
    }
    topic.leaving?.();
    topic.leaving = null;
    topic.tabs.add(tab);
    if (topic.ring) this.#seat(topic.ring, name, { tab, since, n });
    else topic.waiting.push({ tab, since, n });
  }

  /**
   * @param {Tab} tab
   * @param {string} name
   */
  leave(tab, name) {
    const topic = this.#topics.get(name);
    tab.cursors.delete(name);
    if (!topic?.tabs.delete(tab)) return;
    topic.waiting = topic.waiting.filter((one) => one.tab !== tab);
    if (topic.tabs.size > 0 || isEverybodys(name)) return;
    topic.leaving = this.#clock.after(LINGER, () => {
      this.#topics.delete(name);
      this.#server.leave(name);
    });
  }

  /** @param {Tab} tab  that is gone */
  forget(tab) {
    for (const name of [...this.#topics.keys()]) this.leave(tab, name);
  }

  /** The topics that every tab hears. */
  everybodys() {
    return [...this.#topics.keys()].filter(isEverybodys);
  }

  /** Where each topic goes on, for the greeting. What everybody hears is joined by the server itself, at our place. */
  positions() {
    /** @type {Record<string, Position | null>} */
    const positions = {};
    for (const [name, { ring, waiting }] of this.#topics) positions[name] = ring?.end ?? earliest(waiting);
    return positions;
  }

  /**
   * The server said where a topic stands: in its welcome, or in answer to a join.
   * @param {string} name
   * @param {{ at: Position, gap: boolean }} place
   */
  joined(name, { at, gap }) {
    let topic = this.#topics.get(name);
    if (!topic) {
      // Nobody asked for it: it is everybody's, or was left while the answer was under way.
      if (!isEverybodys(name)) return;
      topic = { ring: null, tabs: new Set(), waiting: [], leaving: null };
      this.#topics.set(name, topic);
    }
    if (!topic.ring) topic.ring = new Ring(at, this.#limits);
    else if (at[0] !== topic.ring.end[0] || (gap && at[1] > topic.ring.end[1])) topic.ring.reset(at);
    for (const one of topic.waiting.splice(0)) {
      // Without a gap the server skipped nothing that counts: a topic that keeps its latest message only skips older ones.
      const skipped = !gap && Array.isArray(one.since) && one.since[0] === at[0] && !topic.ring.covers(one.since);
      this.#seat(topic.ring, name, skipped ? { ...one, since: topic.ring.start } : one);
    }
  }

  /**
   * The server refused a join.
   * @param {string} name
   * @param {LineError} error
   */
  refused(name, error) {
    const topic = this.#topics.get(name);
    if (!topic) return;
    this.#topics.delete(name);
    topic.leaving?.();
    for (const tab of topic.tabs) {
      tab.cursors.delete(name);
      const asked = topic.waiting.filter((one) => one.tab === tab && one.n !== undefined);
      for (const { n } of asked) tab.tell({ re: n, error: error.toJSON() });
      if (asked.length === 0) tab.tell({ type: '$refused', topic: name, error: error.toJSON() });
    }
  }

  /**
   * @param {import('./frames.js').Frame} frame  of a topic
   * @param {number} chars
   * @returns {Iterable<Tab> | null} the tabs that listen; null when it was here before, or nobody joined
   */
  heard(frame, chars) {
    const name = /** @type {string} */ (frame.topic);
    const at = frame.at;
    if (!at) return null;
    // The first message may overtake the answer to the join: they come out of different logs.
    if (!this.#topics.get(name)?.ring) this.joined(name, { at: [at[0], at[1] - 1], gap: false });
    const topic = this.#topics.get(name);
    return topic?.ring?.push({ ...frame, at }, chars) ? topic.tabs : null;
  }

  /**
   * @param {string} name
   * @param {Position} at
   * @returns {Iterable<Tab>}
   */
  gap(name, at) {
    const topic = this.#topics.get(name);
    if (!topic) return [];
    if (topic.ring) topic.ring.reset(at);
    else topic.ring = new Ring(at, this.#limits);
    return topic.tabs;
  }

  /**
   * Somebody else is logged in: what was kept was heard with the rights of another, and is kept no longer.
   * @param {Record<string, import('./frames.js').Place>} places  of the new welcome
   */
  startOver(places) {
    for (const [name, topic] of [...this.#topics]) {
      if (places[name]?.at) topic.ring?.reset(places[name].at);
      else if (isEverybodys(name)) {
        for (const tab of topic.tabs) tab.cursors.delete(name);
        this.#topics.delete(name);
      }
    }
  }

  /** The line is gone, and with it every place in its topics. */
  clear() {
    for (const { leaving } of this.#topics.values()) leaving?.();
    this.#topics.clear();
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
   * @param {Ring} ring
   * @param {string} name
   * @param {{ tab: Tab, since: Since, n: number | undefined }} one
   */
  #seat(ring, name, { tab, since, n }) {
    const at = since === 'start' ? ring.start : (since ?? ring.end);
    const gap = !ring.covers(at);
    const before = tab.cursors.get(name);
    /** @type {import('./frames.js').Frame[]} */
    let replay = [];
    if (before && since) {
      // The tab hears this topic already and wants older messages for one more listener: those come with the answer.
      replay = ring.after(gap ? ring.start : at).map(({ frame }) => frame);
      replay = replay.filter((frame) => before[0] === frame.at?.[0] && frame.at[1] <= before[1]);
    }
    if (!before) tab.cursors.set(name, at);
    if (n !== undefined) tab.tell({ re: n, value: { at, gap, replay } });
  }
}

/**
 * Of the places that tabs ask from before the topic is joined, the earliest: who asked from later skips what comes first.
 * @param {{ since: Since }[]} waiting
 * @returns {Position | null}
 */
function earliest(waiting) {
  const places = waiting.flatMap(({ since }) => (since === null ? [] : [since === 'start' ? BEFORE_ALL : since]));
  const [epoch] = places[0] ?? [];
  if (places.includes(BEFORE_ALL)) return BEFORE_ALL;
  return places.filter((place) => place[0] === epoch).sort((a, b) => a[1] - b[1])[0] ?? null;
}
