import { LineError } from './errors.js';
import { isEverybodys } from './frames.js';
import { Replay } from './replay.js';
import { Ring } from './ring.js';
import { BEFORE_ALL, earliest, moveOn, reaches, sufficed, upTo } from './since.js';

/** How long a topic that no tab listens to any more stays joined, in milliseconds, so that a reload fits inside. */
const LINGER = 5_000;

/**
 * Which tabs listen to which topic: ten tabs that join one are one join on the wire, and the last to leave ends it.
 *
 * @typedef {import('./frames.js').Position} Position
 * @typedef {import('./tab.js').Tab} Tab
 * @typedef {Position | 'start' | null} Since  after this place; all that is kept; from now on
 * @typedef {{ tab: Tab, since: Since, n: number | undefined }} Waiting  a tab's join; `n` is its number, when it wants an answer; one that comes
 *   back from the back/forward cache or to a new worker wants none, and hears on from its place
 *
 * @typedef {object} Topic
 * @property {Ring | null} ring  null until the server has said where the topic stands
 * @property {Set<Tab>} tabs
 * @property {Waiting[]} waiting  for the server's answer
 * @property {Position | null} asked  from which place the server was last asked to go on
 * @property {Position | null} origin  where the ring began, if that was with all that the server kept
 * @property {Replay | null} replay  of what lies before the ring, for those who asked for it
 * @property {Waiting[]} older  for the next replay
 * @property {(() => void) | null} leaving  undoes the leave that is to come
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
  /** What the greeting said that is not answered yet. @type {Record<string, Position | null>} */
  #greeted = {};
  #server;
  #clock;
  #due;
  #limits;

  /**
   * @param {object} options
   * @param {Server} options.server
   * @param {import('./clock.js').Clock} options.clock
   * @param {(tab: Tab) => void} options.due  the tab has something new to read
   * @param {{ maxFrames?: number, maxChars?: number }} [options.limits]  of each ring
   */
  constructor({ server, clock, due, limits }) {
    this.#server = server;
    this.#clock = clock;
    this.#due = due;
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
      topic = this.#add(name);
      topic.asked = since === 'start' ? BEFORE_ALL : since;
      const said = !isEverybodys(name) && !this.#leaving.has(name) && this.#server.join(name, topic.asked);
      // The welcome that is under way answers what was greeted with.
      if (!said && name in this.#greeted) topic.asked = this.#greeted[name];
    }
    topic.leaving?.();
    topic.leaving = null;
    topic.tabs.add(tab);
    const one = { tab, since, n };
    if (!topic.ring) topic.waiting.push(one);
    else if (isEverybodys(name) || (reaches(topic, since) && !isBehind(topic, tab))) this.#seat(topic.ring, name, one);
    else {
      topic.older.push(one);
      this.#replay(name, topic);
    }
  }

  /**
   * @param {Tab} tab
   * @param {string} name
   */
  leave(tab, name) {
    const topic = this.#topics.get(name);
    tab.cursors.delete(name);
    if (!topic?.tabs.delete(tab)) return;
    const stays = (/** @type {Waiting} */ one) => one.tab !== tab;
    topic.waiting = topic.waiting.filter(stays);
    topic.older = topic.older.filter(stays);
    if (topic.replay) topic.replay.waiting = topic.replay.waiting.filter(stays);
    if (topic.tabs.size > 0 || isEverybodys(name)) return;
    topic.leaving = this.#clock.after(LINGER, () => {
      topic.replay?.stop();
      this.#topics.delete(name);
      if (this.#server.leave(name)) this.#leaving.add(name);
    });
  }

  /** @param {string} name  that the server has left; whoever came meanwhile is joined now */
  left(name) {
    this.#leaving.delete(name);
    const topic = this.#topics.get(name);
    if (!topic) return;
    topic.asked = earliest(topic.waiting);
    this.#server.join(name, topic.asked);
  }

  /** @param {Tab} tab  that is gone */
  forget(tab) {
    for (const name of [...this.#topics.keys()]) this.leave(tab, name);
  }

  /** The topics that every tab hears. */
  everybodys() {
    return [...this.#topics.keys()].filter(isEverybodys);
  }

  /** What to greet the server with. What everybody hears is joined by the server itself, at our place. */
  greeting() {
    this.#greeted = this.positions();
    return this.#greeted;
  }

  /** Where each topic goes on. */
  positions() {
    /** @type {Record<string, Position | null>} */
    const positions = {};
    for (const [name, topic] of this.#topics) {
      if (!topic.ring) topic.asked = earliest(topic.waiting);
      positions[name] = topic.ring?.end ?? topic.asked;
    }
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
      topic = this.#add(name);
    }
    if (topic.ring) moveOn(topic.ring, { at, gap });
    else {
      topic.ring = new Ring(at, this.#limits);
      // Whoever asks from a place that is not of this log is given all that is kept.
      if (topic.asked && topic.asked[0] !== at[0]) topic.origin = at;
    }
    for (const one of topic.waiting.splice(0)) {
      // Who came while the answer was under way may want more than was asked for.
      if (!isEverybodys(name) && !sufficed(topic, one.since) && !reaches(topic, one.since)) {
        topic.older.push(one);
        continue;
      }
      // Without a gap the server skipped nothing that counts: a topic that keeps its latest message only skips older ones.
      const skipped = !gap && Array.isArray(one.since) && one.since[0] === at[0] && !topic.ring.covers(one.since);
      this.#seat(topic.ring, name, skipped ? { ...one, since: topic.ring.start } : one);
    }
    this.#replay(name, topic);
  }

  /**
   * The server said from where it plays a topic again; or refused to.
   * @param {string} name
   * @param {import('./frames.js').Frame} answer  with `value` or `error`
   */
  replayed(name, { value, error }) {
    const topic = this.#topics.get(name);
    if (!topic?.ring || !topic.replay) return;
    if (error) {
      const waiting = [...topic.replay.waiting, ...topic.older.splice(0)];
      topic.replay.stop();
      topic.replay = null;
      for (const one of waiting) {
        const { tab, n } = one;
        // Who was in the topic stays in it, and is told of the gap that remains.
        if (n === undefined) this.#seat(topic.ring, name, one);
        else tab.tell({ re: n, error: LineError.from(error).toJSON() });
        // It heard nothing of this topic yet, and nobody would take it for a listener.
        if (!tab.cursors.has(name)) this.leave(tab, name);
        this.#due(tab);
      }
      return;
    }
    moveOn(topic.ring, value);
    for (const tab of topic.tabs) this.#due(tab);
    topic.replay.start(value);
    this.#meet(name, topic);
  }

  /** The socket is gone: nothing more comes of what was to be played again on it, and nobody must lose patience over that. */
  dropped() {
    for (const { replay } of this.#topics.values()) replay?.reset();
  }

  /** The line goes on on another socket: what was to be played again on the old one is asked for anew. */
  resumed() {
    this.#leaving.clear();
    this.#greeted = {};
    for (const [name, { replay }] of this.#topics) {
      if (replay) this.#server.replay(name, replay.from);
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
    topic.replay?.stop();
    const all = [...topic.waiting, ...topic.older, ...(topic.replay?.waiting ?? [])];
    for (const tab of topic.tabs) {
      tab.cursors.delete(name);
      const asked = all.filter((one) => one.tab === tab && one.n !== undefined);
      for (const { n } of asked) tab.tell({ re: n, error: error.toJSON() });
      if (asked.length === 0) tab.tell({ type: '$refused', topic: name, error: error.toJSON() });
    }
  }

  /**
   * @param {import('./frames.js').Frame} frame  of a topic
   * @param {string} text  the same as it came
   * @returns {Iterable<Tab> | null} the tabs that listen; null when it was here before, or nobody joined
   */
  heard(frame, text) {
    const name = /** @type {string} */ (frame.topic);
    const at = frame.at;
    // What comes between our leave and its answer is of the old join, and would be taken for the beginning of a new one.
    if (!at || this.#leaving.has(name)) return null;
    // The first message may overtake the answer to the join: they come out of different logs.
    if (!this.#topics.get(name)?.ring) this.joined(name, { at: [at[0], at[1] - 1], gap: false });
    const topic = this.#topics.get(name);
    if (!topic?.ring) return null;
    const { replay, ring } = topic;
    if (replay?.answered) {
      if (at[0] === ring.end[0] && at[1] <= ring.end[1]) replay.push(at, text);
      // What comes after the ring's end comes after all that was to be played again.
      else this.#finish(name, topic);
      this.#meet(name, topic);
    }
    return ring.push(at, text) ? topic.tabs : null;
  }

  /**
   * @param {string} name
   * @param {Position} at
   * @returns {Iterable<Tab>}
   */
  gap(name, at) {
    const topic = this.#topics.get(name);
    if (!topic || this.#leaving.has(name)) return [];
    const { replay, ring } = topic;
    if (ring && at[0] === ring.end[0] && at[1] <= ring.end[1]) {
      // It lies before what the others have heard: in what is played again for somebody who may have it by now.
      if (replay?.answered) replay.skip(at);
      this.#meet(name, topic);
      return [];
    }
    if (ring) ring.reset(at);
    else topic.ring = new Ring(at, this.#limits);
    if (replay?.answered) this.#finish(name, topic);
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
    for (const { leaving, replay } of this.#topics.values()) {
      leaving?.();
      replay?.stop();
    }
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

  /** @param {string} name */
  #add(name) {
    /** @type {Topic} */
    const topic = { ring: null, tabs: new Set(), waiting: [], asked: null, origin: null, replay: null, older: [], leaving: null };
    this.#topics.set(name, topic);
    return topic;
  }

  /**
   * Asks the server for what lies before the ring, one replay at a time.
   * @param {string} name
   * @param {Topic} topic
   */
  #replay(name, topic) {
    if (topic.replay || topic.older.length === 0) return;
    const waiting = topic.older.splice(0);
    const from = earliest(waiting) ?? BEFORE_ALL;
    topic.replay = new Replay({ from, waiting, clock: this.#clock, late: () => this.#finish(name, topic) });
    this.#server.replay(name, from);
  }

  /**
   * @param {string} name
   * @param {Topic} topic
   */
  #meet(name, topic) {
    if (topic.ring && topic.replay?.meets(topic.ring)) this.#finish(name, topic);
  }

  /**
   * Everybody who asked for a replay gets it, and hears the topic from there on.
   * @param {string} name
   * @param {Topic} topic
   */
  #finish(name, topic) {
    const { replay, ring } = topic;
    if (!replay || !ring) return;
    replay.stop();
    topic.replay = null;
    for (const { tab, since, n } of replay.waiting) {
      const { at, gap, frames, next } = replay.share(since, ring);
      const before = tab.cursors.get(name);
      // A tab that hears the topic already has this for one more listener: all of it comes with the answer.
      const rest = before ? upTo(before, ring.after(next)) : [];
      if (!before) tab.cursors.set(name, next);
      if (gap) tab.tell({ type: '$gap', topic: name, at });
      tab.tell(n === undefined ? { type: '$replay', frames } : { re: n, value: { at, gap, replay: [...frames, ...rest] } });
      this.#due(tab);
    }
    this.#replay(name, topic);
  }

  /**
   * @param {Ring} ring
   * @param {string} name
   * @param {Waiting} one
   */
  #seat(ring, name, { tab, since, n }) {
    const at = since === 'start' ? ring.start : (since ?? ring.end);
    const gap = !ring.covers(at);
    const before = tab.cursors.get(name);
    /** @type {import('./frames.js').Frame[]} */
    let replay = [];
    if (before && since) {
      // The tab hears this topic already and wants older messages for one more listener: those come with the answer.
      replay = upTo(before, ring.after(gap ? ring.start : at));
    }
    if (!before) tab.cursors.set(name, at);
    if (n !== undefined) tab.tell({ re: n, value: { at: gap ? ring.start : at, gap, replay } });
  }
}

/**
 * Whether a tab that is in the topic still waits for what it missed: then all else comes after that.
 * @param {Topic} topic
 * @param {Tab} tab
 */
function isBehind({ older, replay }, tab) {
  return [...older, ...(replay?.waiting ?? [])].some((one) => one.tab === tab && one.n === undefined);
}
