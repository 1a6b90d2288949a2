import { LineError } from '../shared/errors.js';
import { isControlFrame, isImplicitTopic, isJoinResult, isLeft, withoutPosition } from '../shared/frames.js';
import { VERSION } from '../version.js';
import { LOGIN_ENDED } from './connection/close-codes.js';

/**
 * Dispatches what the server sends, as the owner of the connection: welcomes, frames, and changes of the connection's state;
 * and sends the topics' own requests.
 *
 * @typedef {import('../shared/frames.js').Frame} Frame
 * @typedef {import('../shared/frames.js').Position} Position
 * @typedef {import('../shared/frames.js').Welcome} Welcome
 * @typedef {import('./connection/connection.js').Owner} ConnectionOwner
 * @typedef {import('./topics/topic.js').Server} TopicServer
 *
 * @implements {ConnectionOwner}
 * @implements {TopicServer}
 */
export class ServerProtocol {
  /** Of the last welcome. @type {Record<string, number>} */
  limits = {};
  /** Of the last welcome. @type {string | undefined} */
  user;
  #hub;
  /** The tabs that the last `$hello` named. @type {string[]} */
  #announced = [];
  /** Welcomes since the line was last closed. */
  #welcomes = 0;
  /** The violations that were logged. @type {Set<string>} */
  #violations = new Set();

  /** @param {import('./hub.js').TabHub} hub */
  constructor(hub) {
    this.#hub = hub;
  }

  /** @param {'connect' | 'expired' | 'login'} reason */
  token(reason) {
    return this.#hub.tokenRequests.get(reason);
  }

  /** @param {boolean} minimal  without topics */
  helloPayload(minimal) {
    const tabs = [...this.#hub.tabs.values()];
    this.#announced = tabs.map(({ id }) => id);
    return { tabs: this.#announced, secrets: tabs.map(({ secret }) => secret), topics: this.#hub.topics.helloTopics(minimal) };
  }

  onBareHello() {
    this.#announced = [];
  }

  rejectLargest() {
    this.#hub.sender.rejectLargest();
  }

  /**
   * @param {Welcome} welcome
   * @param {boolean} lostReplies
   */
  onWelcome(welcome, lostReplies) {
    const { tabs, topics, sender, delivery, log } = this.#hub;
    this.limits = welcome.limits ?? {};
    const before = this.user;
    this.user = welcome.user;
    if (this.#welcomes++ > 0 && before !== welcome.user) {
      log.add('user changed: queued and unanswered requests rejected');
      const text = welcome.user === undefined ? 'the login has ended' : 'another user is logged in now';
      sender.rejectAll(new LineError('user_changed', `${text}; it was not sent`));
      // The tabs show the data of the previous user. If there was none, the line may stay open.
      if (before !== undefined && welcome.user === undefined) return this.#hub.closeLine('the login has ended', LOGIN_ENDED);
      if (before !== undefined) return this.#hub.closeLine('another user is logged in');
      topics.resetAll(welcome.topics);
    }
    this.#announceTabs();
    sender.onWelcome(welcome, lostReplies);
    topics.onWelcome(welcome.topics, this.limits);
    for (const [name, joined] of Object.entries(welcome.topics)) {
      if (!joined.error) topics.onJoined(name, joined);
      else if (!isImplicitTopic(name)) topics.onJoinFailed(name, LineError.from(joined.error));
      if (isImplicitTopic(name)) for (const tab of tabs.values()) if (!tab.cursors.has(name)) topics.join(tab, name, null);
    }
    const { line, key, inbox, resumed } = welcome;
    for (const tab of tabs.values()) delivery.post(tab, { type: '$session', line, key, inbox, resumed, limits: this.limits });
  }

  /**
   * Reports the tabs that came or went between `$hello` and `$welcome`. Messages of a tab that was not reported are rejected.
   *
   * First those that have ended: a tab that came may need the room of one of them. The server opens no tab beyond its limit, so one
   * that `$hello` named without success is reported again if it has room now.
   */
  #announceTabs() {
    const tabs = [...this.#hub.tabs.values()];
    const max = this.limits.tabs ?? Infinity;
    const opened = new Set(this.#announced.slice(0, max));
    for (const id of this.#announced) if (!this.#hub.tabs.has(id)) this.#hub.sendTabState(id, 'gone');
    for (const [index, { id, secret }] of tabs.entries()) {
      const isKnown = opened.has(id) || (index >= max && this.#announced.includes(id));
      if (!isKnown) this.#hub.sendTabState(id, 'open', secret);
    }
  }

  /** @param {import('./connection/connection.js').ConnectionStatus} status */
  onStatus(status) {
    const { tabs, topics, sender, delivery, plainPages, connection } = this.#hub;
    plainPages.broadcastState(connection?.readyState ?? 0);
    this.#hub.broadcastStatus();
    if (status.state === 'open') sender.drain();
    else topics.onDisconnected();
    if (status.state !== 'closed') return;
    sender.rejectAll(new LineError('closed', connection?.closedReason ?? ''));
    if (status.code === 4503) for (const tab of tabs.values()) delivery.post(tab, { type: '$upgrade', version: VERSION });
    // The next user of the line may be another one, so no state is kept; what arrived before the close is still delivered.
    delivery.flush(tabs.values());
    this.#welcomes = 0;
    topics.clear();
    for (const tab of tabs.values()) tab.cursors.clear();
  }

  /**
   * @param {Frame} frame
   * @param {string} text  the frame as received
   * @param {number} inbox  number of frames received from the line's inbox, including this one
   */
  onFrame(frame, text, inbox) {
    const { tabs, topics, sender, delivery, plainPages, counts } = this.#hub;
    if (frame.type === '$gap') {
      const { topic, at } = /** @type {{ topic: string, at: Position }} */ (frame);
      for (const tab of topics.onGap(topic, at)) delivery.schedule(tab);
    } else if (frame.topic !== undefined) {
      this.#onTopicMessage(frame, text);
    } else if (isControlFrame(frame)) {
      counts.badFrames++;
    } else if (frame.re !== undefined) {
      if (!sender.resolve(frame)) counts.undeliverable++;
    } else if (isLeft(frame)) {
      topics.onTakenOff(frame.left, LineError.from(frame.error));
      for (const tab of tabs.values()) delivery.schedule(tab);
    } else if (frame.from !== undefined) {
      const tab = tabs.get(frame.from);
      if (tab) delivery.postMessage(tab, { ...frame, $inbox: inbox }, text.length);
      else if (!plainPages.deliver(frame)) counts.undeliverable++;
    } else {
      for (const tab of tabs.values()) delivery.postMessage(tab, { ...frame, $inbox: inbox }, text.length);
      plainPages.deliverToAll(frame);
    }
  }

  /**
   * Counts a malformed frame, and logs the first of each kind. If it is a reply, its request is rejected.
   * @param {string} violation
   * @param {Frame} [frame]
   */
  onMalformed(violation, frame) {
    const { counts, log, sender } = this.#hub;
    counts.badFrames++;
    if (!this.#violations.has(violation))
      log.add(`malformed frame from the server: ${violation}; others like it are only counted`);
    this.#violations.add(violation);
    if (frame?.re !== undefined && frame.topic === undefined) sender.resolve({ re: frame.re, error: MALFORMED.toJSON() });
  }

  /**
   * @param {Frame} frame
   * @param {string} text
   */
  #onTopicMessage(frame, text) {
    const { topics, delivery, plainPages } = this.#hub;
    const tabs = topics.onMessage(frame, text);
    if (!tabs) return;
    for (const tab of tabs) delivery.schedule(tab);
    delivery.noteIncoming(text.length);
    if (frame.topic === '*') plainPages.broadcast(withoutPosition(frame));
    else if (isImplicitTopic(/** @type {string} */ (frame.topic))) plainPages.deliverToAll(withoutPosition(frame));
  }

  /**
   * @param {string} topic
   * @param {Position | null} at
   */
  join(topic, at) {
    return this.#sendJoin(topic, at, ({ value, error }) => {
      const { tabs, topics, delivery } = this.#hub;
      if (error) topics.onJoinFailed(topic, LineError.from(error));
      else if (topics.has(topic)) topics.onJoined(topic, value);
      else topics.leaveUnknown(topic);
      for (const tab of tabs.values()) delivery.schedule(tab);
    });
  }

  /**
   * @param {string} topic
   * @param {Position} at
   */
  replay(topic, at) {
    return this.#sendJoin(topic, at, (reply) => {
      // The server has taken the line off the topic, and then read this join, which came from before.
      const { topics } = this.#hub;
      if (!reply.error && !topics.has(topic)) topics.leaveUnknown(topic);
      else topics.onReplayed(topic, reply);
    });
  }

  /** @param {string} topic */
  leave(topic) {
    return this.#hub.sender.sendControl({ type: '$leave', topic }, ({ error }) => this.#hub.topics.onLeft(topic, error));
  }

  /**
   * @param {string} topic
   * @param {Position | null} at
   * @param {(reply: Frame) => void} onReply
   */
  #sendJoin(topic, at, onReply) {
    return this.#hub.sender.sendControl({ type: '$join', topic, at: at ?? undefined }, (reply) => {
      const isValid = reply.error !== undefined || isJoinResult(reply.value);
      if (!isValid) this.onMalformed('reply to $join');
      onReply(isValid ? reply : { error: MALFORMED.toJSON() });
    });
  }
}

const MALFORMED = new LineError('failed', 'the server sent a malformed reply');
