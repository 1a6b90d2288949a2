import { Subscription } from './subscription.js';

/**
 * The subscriptions of one tab, by topic. The first subscription joins the topic, the last one leaves it.
 *
 * @typedef {import('../shared/errors.js').LineError} LineError
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {{ subscriptions: Set<Subscription>, at: Position | null, joined: boolean, released: AbortController }} SubscribedTopic
 */
export class Subscriptions {
  /** @type {Map<string, SubscribedTopic>} */
  #topics = new Map();
  /** Those for whose loop too much may wait. @type {Set<Subscription>} */
  #overfull = new Set();
  #requests;
  #post;
  #emit;
  #tab;

  /**
   * @param {object} options
   * @param {import('./pending-requests.js').PendingRequests} options.requests
   * @param {(frame: import('../shared/port-protocol.js').TabFrame) => void} options.post
   * @param {(event: 'gap' | 'error', what: unknown) => void} options.emit
   * @param {import('./subscription.js').Tab} options.tab
   */
  constructor({ requests, post, emit, tab }) {
    this.#requests = requests;
    this.#post = post;
    this.#emit = emit;
    this.#tab = tab;
  }

  /**
   * @param {string} name
   * @param {((frame: Frame) => void) | undefined} fn  never throws
   * @param {Position | 'start' | undefined} since
   * @param {object} [options]
   * @param {AbortSignal} [options.signal]  closes the subscription
   * @param {number} [options.buffer]  how many messages wait for a `for await` loop
   * @returns {Subscription}
   */
  join(name, fn, since, { signal, buffer } = {}) {
    const subscription = new Subscription({
      topic: name,
      tab: this.#tab,
      fn,
      signal,
      buffer,
      onClose: (one) => this.#release(one),
      onOverfull: () => this.#overfull.add(subscription),
      onGap: (at) => this.#emit('gap', { topic: name, at }),
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

  /** More frames arrive: the loops have read what they could of those before. */
  trim() {
    for (const subscription of this.#overfull) subscription.trim();
    this.#overfull.clear();
  }

  /**
   * Stores the position in a topic that every tab receives without a subscription.
   * @param {string} name
   * @param {Position | undefined} at
   */
  advance(name, at) {
    const topic = this.#topics.get(name) ?? this.#add(name, true);
    topic.at = at ?? topic.at;
  }

  /**
   * Messages up to this position are lost.
   * @param {string | undefined} name
   * @param {Position | undefined} at
   */
  gap(name, at) {
    const topic = this.#topics.get(name ?? '');
    // In a replay for a late subscription it may lie before the position of the others.
    if (topic && at && !isBefore(at, topic.at)) topic.at = at;
    if (at) for (const subscription of topic?.subscriptions ?? []) subscription.skip(at);
    this.#emit('gap', { topic: name, at });
  }

  /**
   * The join failed; or the line is closed, for which there is a status event already.
   * @param {string} name
   * @param {LineError} error
   */
  fail(name, error) {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    for (const subscription of topic?.subscriptions ?? []) subscription.fail(error);
    // The replies to joins that are pending still come, and change nothing.
    topic?.subscriptions.clear();
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
   * The position in each topic, for a worker that does not know this tab: up to there every subscription has received all. Those
   * that have received more ignore it the second time. Pending joins are sent again separately.
   * @returns {Record<string, Position | null>}
   */
  positions() {
    return Object.fromEntries(
      [...this.#topics].filter(([, { joined }]) => joined).map(([name, topic]) => [name, earliest(topic)]),
    );
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
    /** @param {import('../shared/port-protocol.js').ReplyFrame} reply */
    const onReply = ({ value }) => {
      const end = value.replay?.at(-1)?.at ?? value.at;
      // Not if the topic was joined before: this subscription may begin ahead of what the others have received.
      if (!topic.at || (!topic.joined && isBefore(topic.at, end))) topic.at = end;
      topic.joined = true;
      subscription.onJoined(value);
    };
    try {
      await this.#requests.send({ type: '$join', topic: name, since }, { onReply, signal: topic.released.signal });
    } catch (error) {
      if (!topic.subscriptions.has(subscription)) return;
      const lineError = /** @type {LineError} */ (error);
      if (!topic.joined) return this.fail(name, lineError);
      // The other subscriptions of the topic continue: only the older messages are not available.
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
    // A pending `$join` must not be sent after this `$leave`.
    topic.released.abort();
    this.#post({ type: '$leave', topic: subscription.topic });
  }
}

/** @param {SubscribedTopic} topic */
function earliest({ at, subscriptions }) {
  let position = at;
  for (const one of subscriptions) if (one.position && isBefore(one.position, position)) ({ position } = one);
  return position;
}

/**
 * @param {Position} position
 * @param {Position | null} other  of the same epoch, or neither is before the other
 */
const isBefore = (position, other) => position[0] === other?.[0] && position[1] < other[1];
