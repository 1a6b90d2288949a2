import { Subscription } from './subscription.js';

/**
 * The topics that one tab listens to: the first listener joins, later ones share that, the last one leaves.
 *
 * @typedef {import('../shared/errors.js').LineError} LineError
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {{ subscriptions: Set<Subscription>, at: Position | null, joined: boolean, released: AbortController }} SubscribedTopic
 */
export class Subscriptions {
  /** @type {Map<string, SubscribedTopic>} */
  #topics = new Map();
  #requests;
  #post;
  #emit;

  /**
   * @param {object} options
   * @param {import('./pending-requests.js').PendingRequests} options.requests
   * @param {(frame: Frame) => void} options.post
   * @param {(event: 'gap' | 'error', what: unknown) => void} options.emit
   */
  constructor({ requests, post, emit }) {
    this.#requests = requests;
    this.#post = post;
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
      onClose: (one) => this.#release(one),
      onOverflow: () => this.#emit('gap', { topic: name, at: subscription.position }),
    });
    const topic = this.#topics.get(name) ?? this.#add(name, false);
    topic.subscriptions.add(subscription);
    if (topic.joined && topic.at && !since) subscription.onJoined({ at: topic.at, gap: false });
    else this.#subscribe(name, topic, subscription, since);
    return subscription;
  }

  /** @param {Frame & { topic: string }} frame */
  deliver(frame) {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    topic.at = frame.at ?? topic.at;
    for (const subscription of [...topic.subscriptions]) subscription.deliver(frame);
  }

  /**
   * Keeps the place in a topic that every tab hears without joining it.
   * @param {string} name
   * @param {Position | undefined} at
   */
  advance(name, at) {
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
  fail(name, error) {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    for (const subscription of topic?.subscriptions ?? []) subscription.fail(error);
    if (topic && error.code !== 'closed') this.#emit('error', error);
  }

  /** @param {LineError} error */
  failAll(error) {
    for (const name of this.names()) this.fail(name, error);
  }

  names() {
    return [...this.#topics.keys()];
  }

  /**
   * Where we are in each topic, for a switchboard that does not know us. Joins without an answer are asked for again.
   * @returns {Record<string, Position | null>}
   */
  positions() {
    return Object.fromEntries([...this.#topics].filter(([, { joined }]) => joined).map(([name, { at }]) => [name, at]));
  }

  /**
   * @param {string} name
   * @param {boolean} joined
   */
  #add(name, joined) {
    /** @type {SubscribedTopic} */
    const topic = { subscriptions: new Set(), at: null, joined, released: new AbortController() };
    this.#topics.set(name, topic);
    return topic;
  }

  /**
   * @param {string} name
   * @param {SubscribedTopic} topic
   * @param {Subscription} subscription
   * @param {Position | 'start' | undefined} since
   */
  async #subscribe(name, topic, subscription, since) {
    /** @param {Frame} answer */
    const onReply = ({ value }) => {
      topic.joined = true;
      const end = value.replay?.at(-1)?.at ?? value.at;
      if (!topic.at || isBefore(topic.at, end)) topic.at = end;
      subscription.onJoined(value);
    };
    try {
      await this.#requests.send({ type: '$join', topic: name, since }, { onReply, signal: topic.released.signal });
    } catch (error) {
      if (!topic.subscriptions.has(subscription)) return;
      const lineError = /** @type {LineError} */ (error);
      if (!topic.joined) return this.fail(name, lineError);
      // The others go on listening: only what lies before is refused.
      topic.subscriptions.delete(subscription);
      subscription.fail(lineError);
      if (lineError.code !== 'closed') this.#emit('error', lineError);
    }
  }

  /** @param {Subscription} subscription */
  #release(subscription) {
    const topic = this.#topics.get(subscription.topic);
    if (!topic?.subscriptions.delete(subscription) || topic.subscriptions.size > 0) return;
    this.#topics.delete(subscription.topic);
    // A join that nobody has heard yet shall not be heard after this.
    topic.released.abort();
    this.#post({ type: '$leave', topic: subscription.topic });
  }
}

/**
 * @param {Position} position
 * @param {Position | null} other  of the same epoch, or neither is before the other
 */
const isBefore = (position, other) => position[0] === other?.[0] && position[1] < other[1];
