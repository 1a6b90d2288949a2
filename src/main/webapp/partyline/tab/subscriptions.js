import { Subscription } from './subscription.js';

/**
 * The topics that one tab listens to: the first listener joins, later ones share that, the last one leaves.
 *
 * @typedef {import('../shared/errors.js').LineError} LineError
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {{ subscriptions: Set<Subscription>, at: Position | null, joined: boolean, left: AbortController }} SubscribedTopic
 */
export class Subscriptions {
  /** @type {Map<string, SubscribedTopic>} */
  #topics = new Map();
  #calls;
  #say;
  #emit;

  /**
   * @param {object} options
   * @param {import('./pending-requests.js').PendingRequests} options.calls
   * @param {(frame: Frame) => void} options.say
   * @param {(event: 'gap' | 'error', what: unknown) => void} options.emit
   */
  constructor({ calls, say, emit }) {
    this.#calls = calls;
    this.#say = say;
    this.#emit = emit;
  }

  /**
   * @param {string} name
   * @param {((frame: Frame) => void) | undefined} fn  never throws
   * @param {Position | 'start' | undefined} since
   * @param {AbortSignal} [signal]  closes it
   * @returns {Subscription}
   */
  join(name, fn, since, signal) {
    const subscription = new Subscription({
      topic: name,
      fn,
      signal,
      leave: (one) => this.#left(one),
      missed: () => this.#emit('gap', { topic: name, at: subscription.position }),
    });
    const topic = this.#topics.get(name) ?? this.#add(name, false);
    topic.subscriptions.add(subscription);
    if (topic.joined && topic.at && !since) subscription.joined({ at: topic.at, gap: false });
    else this.#ask(name, topic, subscription, since);
    return subscription;
  }

  /** @param {Frame & { topic: string }} frame */
  heard(frame) {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    topic.at = frame.at ?? topic.at;
    for (const subscription of [...topic.subscriptions]) subscription.hear(frame);
  }

  /**
   * Keeps the place in a topic that every tab hears without joining it.
   * @param {string} name
   * @param {Position | undefined} at
   */
  passed(name, at) {
    const topic = this.#topics.get(name) ?? this.#add(name, true);
    topic.at = at ?? topic.at;
  }

  /**
   * What lay before this place is gone.
   * @param {string | undefined} name
   * @param {Position | undefined} at
   */
  gap(name, at) {
    const topic = this.#topics.get(name ?? '');
    // In what is played again for a late listener it lies before what the others have heard.
    if (topic && at && !isBefore(at, topic.at)) topic.at = at;
    this.#emit('gap', { topic: name, at });
  }

  /**
   * The server refused; or the line is closed, of which there is an event already.
   * @param {string} name
   * @param {LineError} error
   */
  refused(name, error) {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    for (const subscription of topic?.subscriptions ?? []) subscription.fail(error);
    if (topic && error.code !== 'closed') this.#emit('error', error);
  }

  /** @param {LineError} error */
  end(error) {
    for (const name of this.names()) this.refused(name, error);
  }

  names() {
    return [...this.#topics.keys()];
  }

  /**
   * Where we are in each topic, for a switchboard that does not know us. Joins without an answer are asked for again.
   * @returns {Record<string, Position | null>}
   */
  places() {
    return Object.fromEntries([...this.#topics].filter(([, { joined }]) => joined).map(([name, { at }]) => [name, at]));
  }

  /**
   * @param {string} name
   * @param {boolean} joined
   */
  #add(name, joined) {
    /** @type {SubscribedTopic} */
    const topic = { subscriptions: new Set(), at: null, joined, left: new AbortController() };
    this.#topics.set(name, topic);
    return topic;
  }

  /**
   * @param {string} name
   * @param {SubscribedTopic} topic
   * @param {Subscription} subscription
   * @param {Position | 'start' | undefined} since
   */
  async #ask(name, topic, subscription, since) {
    /** @param {Frame} answer */
    const answered = ({ value }) => {
      topic.joined = true;
      const end = value.replay?.at(-1)?.at ?? value.at;
      if (!topic.at || isBefore(topic.at, end)) topic.at = end;
      subscription.joined(value);
    };
    try {
      await this.#calls.call({ type: '$join', topic: name, since }, { answered, signal: topic.left.signal });
    } catch (error) {
      if (!topic.subscriptions.has(subscription)) return;
      const refusal = /** @type {LineError} */ (error);
      if (!topic.joined) return this.refused(name, refusal);
      // The others go on listening: only what lies before is refused.
      topic.subscriptions.delete(subscription);
      subscription.fail(refusal);
      if (refusal.code !== 'closed') this.#emit('error', refusal);
    }
  }

  /** @param {Subscription} subscription */
  #left(subscription) {
    const topic = this.#topics.get(subscription.topic);
    if (!topic?.subscriptions.delete(subscription) || topic.subscriptions.size > 0) return;
    this.#topics.delete(subscription.topic);
    // A join that nobody has heard yet shall not be heard after this.
    topic.left.abort();
    this.#say({ type: '$leave', topic: subscription.topic });
  }
}

/**
 * @param {Position} place
 * @param {Position | null} other  of the same epoch, or neither is before the other
 */
const isBefore = (place, other) => place[0] === other?.[0] && place[1] < other[1];
