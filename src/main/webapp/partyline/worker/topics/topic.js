import { LineError } from '../../shared/errors.js';
import { isImplicitTopic } from '../../shared/frames.js';
import { Replay } from './replay.js';
import { Subscribers } from './subscribers.js';
import { FROM_START, TopicLog } from './topic-log.js';

/** How long a topic without tabs stays joined, in milliseconds: longer than a reload takes. */
const LEAVE_DELAY = 5_000;
/** When a `$leave` is sent again that the server has rejected, such as for the rate of the line. In milliseconds. */
const LEAVE_RETRY = 1_000;

/**
 * One topic in the worker: what the server was asked for it on this connection, its newest messages, and its tabs.
 *
 *                named in $hello,          answer, or the        a tab wants older messages:
 *                or $join sent             first message         $join sent at their position
 *     unjoined ──────────────────▶ joining ─────────────▶ live ────────────────────────▶ rewinding ◀──┐
 *                                     ▲                   ▲  ▲                              │  │      │
 *     in any state:                   │                   │  └──────────── error ───────────┘  │      │ other joins
 *     connection lost ─▶ unjoined     │ answer, and       │                             answer │      │ wait for one
 *     no tab for 5 s ──▶ leaving      │ a tab is back     │                                    ▼      │
 *     ($leave sent)                   │                   └── caught up, or it ────────── replaying ──┘
 *                                  leaving                    pauses too long
 *                                     │ answer, and no tab
 *                                     ▼
 *                                  removed
 *
 * Only `#transition` changes the state. What belongs to the states:
 * - The log exists from the first answer on. It outlives the connection, and the next `$hello` resumes at its end.
 *   With a log, `joining` may turn into `rewinding` before the answer.
 * - A replay exists in `replaying` only. Joins that wait for it when the connection is lost get another one after the welcome.
 * - In `leaving`, frames of the topic still belong to the old subscription and are ignored. They would be taken for the start of
 *   a new one. A `$leave` that the server rejects is sent again.
 * - A topic that is named in a `$hello` and loses its last tab before the welcome is left after the welcome.
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 * @typedef {import('./subscribers.js').Join} Join
 * @typedef {'unjoined' | 'joining' | 'live' | 'rewinding' | 'replaying' | 'leaving'} TopicState
 *
 * @typedef {object} Server  as topics see it. Each method returns false if the connection is not open, and then nothing is sent
 * @property {(topic: string, at: Position | null) => boolean} join  answered by `onJoined` or `onJoinFailed`
 * @property {(topic: string, at: Position) => boolean} replay  a join at an older position; answered by `onReplayed`
 * @property {(topic: string) => boolean} leave  answered by `onLeft`
 *
 * @typedef {object} TopicDeps
 * @property {Server} server
 * @property {import('../../shared/clock.js').Clock} clock
 * @property {(tab: TabConnection) => void} scheduleFlush  the tab has something new to read
 * @property {(topic: Topic) => void} onRemoved
 * @property {{ maxFrames?: number, maxChars?: number }} [limits]  of the log
 */
export class Topic {
  /** @type {TopicState} */
  #state = 'unjoined';
  /** @type {TopicLog | null} */
  #log = null;
  /** @type {Replay | null} */
  #replay = null;
  /** The position with which the server was last asked for the topic. @type {Position | null} */
  #requestedFrom = null;
  /** Set while the topic has no tab and is not left yet. @type {(() => void) | null} */
  #cancelLeave = null;
  /** Of the next `$leave`, after one that was rejected. */
  #cancelRetry = () => {};
  #subscribers;
  #deps;

  /**
   * @param {string} name
   * @param {TopicDeps} deps
   */
  constructor(name, deps) {
    this.name = name;
    this.isImplicit = isImplicitTopic(name);
    this.#deps = deps;
    this.#subscribers = new Subscribers(name, deps.scheduleFlush);
  }

  /** The newest messages; null before the server has first answered. */
  get log() {
    return this.#log;
  }

  get tabs() {
    return this.#subscribers.tabs;
  }

  /** The position for the next join; null for new messages only. */
  get position() {
    return this.#log?.end ?? this.#subscribers.earliestWanted;
  }

  /** Whether the last tab has left for good, and the topic exists only until the server has left it too. */
  get isAbandoned() {
    return this.tabs.size === 0 && this.#cancelLeave === null && !this.isImplicit;
  }

  /** @param {Join} join */
  subscribe(join) {
    this.#cancelLeave?.();
    this.#cancelLeave = null;
    this.tabs.add(join.tab);
    const isComplete = this.isImplicit || (this.#log && this.#subscribers.isComplete(this.#log, join));
    if (this.#log && isComplete) this.#subscribers.answerFromLog(this.#log, join);
    else {
      this.#subscribers.wait(join);
      this.#startReplay();
    }
    this.#requestJoin();
  }

  /** @param {TabConnection} tab */
  unsubscribe(tab) {
    if (!this.#subscribers.remove(tab) || this.tabs.size > 0 || this.isImplicit) return;
    this.#cancelLeave = this.#deps.clock.after(LEAVE_DELAY, () => {
      this.#cancelLeave = null;
      this.leave();
    });
  }

  /** @param {Position | null} position  with which the server was asked for the topic, in a `$hello` or `$join` */
  onRequested(position) {
    this.#requestedFrom = position;
    this.#transition('joining');
  }

  /**
   * The server has joined the topic: by its welcome or by its answer to a `$join`.
   * @param {{ at: Position, gap: boolean }} joined
   */
  onJoined({ at, gap }) {
    if (this.#state === 'leaving') return;
    if (this.#log) this.#log.continueAt({ at, gap });
    else this.#createLog(at, gap);
    if (this.#state === 'joining' || this.#state === 'unjoined') this.#transition('live');
    this.#startReplay();
  }

  /** @param {LineError} error  of the server's answer to a `$hello` or `$join` */
  onJoinFailed(error) {
    if (this.#state === 'leaving') return;
    this.#subscribers.reject(error);
    this.remove();
  }

  /**
   * The server has moved the cursor back for a replay, or rejected that.
   * @param {Frame} answer  with `value` or `error`
   */
  onReplayed({ value, error }) {
    if (this.#state !== 'rewinding' || !this.#log) return;
    if (error) {
      this.#transition('live');
      for (const tab of this.#subscribers.failReplay(this.#log, LineError.from(error))) this.unsubscribe(tab);
      return;
    }
    this.#log.continueAt(value);
    this.#subscribers.checkEnd([value.at[0], Math.max(value.at[1], value.end ?? 0)]);
    for (const tab of this.tabs) this.#deps.scheduleFlush(tab);
    this.#replay = new Replay({ joined: value, clock: this.#deps.clock, onTimeout: () => this.#finishReplay() });
    this.#transition('replaying');
    this.#checkReplay();
  }

  /**
   * The server has answered the `$leave`. If it has rejected that, it goes on with the old subscription.
   * @param {Frame['error']} error
   */
  onLeft(error) {
    if (this.#state !== 'leaving') return;
    if (error?.retryable) this.#cancelRetry = this.#deps.clock.after(LEAVE_RETRY, () => this.#deps.server.leave(this.name));
    else this.rejoin();
  }

  /** The server has not joined the topic, or no longer: it is asked for it if there is a tab. */
  rejoin() {
    if (this.isAbandoned) return this.remove();
    this.#transition('unjoined');
    this.#requestJoin();
  }

  /** No tab needs the topic any more. */
  leave() {
    this.#log = null;
    if (this.#state === 'leaving') return;
    if (this.#deps.server.leave(this.name)) this.#transition('leaving');
    // If a `$hello` has named it, the server is about to join it, and it is left after the welcome.
    else if (this.#state !== 'joining') this.remove();
  }

  /** The connection is lost, and with it every answer. */
  onDisconnected() {
    if (this.isAbandoned) return this.remove();
    this.#subscribers.interruptReplay();
    this.#transition('unjoined');
  }

  /** The line is welcomed on a new connection, and the topic was named in the `$hello` or a `$join` was sent. */
  onResumed() {
    this.#startReplay();
  }

  /**
   * @param {Position} at
   * @param {string} text  the message, as it was received
   * @returns {Set<TabConnection> | null} the tabs that listen; null if the message is not new
   */
  onMessage(at, text) {
    if (this.#state === 'leaving') return null;
    // The first message may arrive before the answer to the join.
    if (!this.#log) this.onJoined({ at: [at[0], at[1] - 1], gap: false });
    const log = /** @type {TopicLog} */ (this.#log);
    if (this.#replay) {
      if (log.isPast(at)) this.#replay.append(at, text);
      // A message that is new for the log follows after the whole replay.
      else this.#finishReplay();
      this.#checkReplay();
    }
    return log.append(at, text) ? this.tabs : null;
  }

  /**
   * @param {Position} at  messages before this position are no longer retained
   * @returns {Iterable<TabConnection>} the tabs that miss some
   */
  onGap(at) {
    if (this.#state === 'leaving') return [];
    if (this.#log?.isPast(at)) {
      // The missing messages belong to a replay: all tabs that did not ask for it have had them.
      this.#replay?.skip(at);
      this.#checkReplay();
      return [];
    }
    if (this.#log) this.#log.reset(at);
    else this.onJoined({ at, gap: true });
    this.#finishReplay();
    return this.tabs;
  }

  /** Ends the topic at once, without a `$leave`. */
  remove() {
    this.#cancelLeave?.();
    this.#transition('unjoined');
    this.#deps.onRemoved(this);
  }

  /** @param {TopicState} state */
  #transition(state) {
    this.#state = state;
    this.#cancelRetry();
    if (state === 'replaying') return;
    this.#replay?.stop();
    this.#replay = null;
  }

  /** The server joins implicit topics itself. */
  #requestJoin() {
    if (this.#state !== 'unjoined' || this.isImplicit) return;
    const { position } = this;
    if (this.#deps.server.join(this.name, position)) this.onRequested(position);
  }

  /**
   * @param {Position} at
   * @param {boolean} gap
   */
  #createLog(at, gap) {
    const requested = this.#requestedFrom;
    // To a position of another epoch the server answers with all that it retains.
    const isWhole = requested !== null && requested[0] !== at[0];
    // And to one that is beyond the end of the topic.
    const isBeyondEnd = requested !== null && gap && requested[0] === at[0] && requested[1] > at[1];
    const log = new TopicLog(at, { ...this.#deps.limits, isWhole });
    this.#log = log;
    for (const join of this.#subscribers.takeWaiting()) {
      const { since } = join;
      const isOfEpoch = Array.isArray(since) && since[0] === at[0];
      // The server was asked for as much as this join wants, and has no more. One that came later may want more.
      const wasRequested = isWhole || (isOfEpoch && requested?.[0] === since[0] && since[1] >= requested[1]);
      // Asked for it, without a gap it skipped nothing of interest: a topic that retains only its newest message skips older ones.
      const wasSkipped = wasRequested && isOfEpoch && !gap && !log.contains(since);
      const isLost = isBeyondEnd && isOfEpoch && since[1] >= requested[1];
      const isComplete = this.#subscribers.isComplete(log, wasRequested ? { ...join, since: null } : join);
      if (!this.isImplicit && !isComplete) this.#subscribers.wait(join);
      else if (isLost) this.#subscribers.answerFromLog(log, { ...join, since: FROM_START });
      else this.#subscribers.answerFromLog(log, wasSkipped ? { ...join, since: log.start } : join);
    }
  }

  /** Asks the server for messages older than the log, for all joins that wait for some. One replay runs at a time. */
  #startReplay() {
    const isRunning = this.#state === 'rewinding' || this.#state === 'replaying';
    if (!this.#log || isRunning) return;
    for (const join of this.#subscribers.takeComplete(this.#log)) this.#subscribers.answerFromLog(this.#log, join);
    if (!this.#subscribers.hasWaiting) return;
    const wanted = this.#subscribers.earliestWanted ?? FROM_START;
    // Not ahead of the log: the server would skip what the other tabs have not received yet. Its answer says whether it is ahead itself.
    const from = this.#log.isBefore(wanted) ? this.#log.end : wanted;
    // Before the answer, a position of another epoch may be ahead of the topic, too.
    if (this.#state === 'joining' && from !== FROM_START && from[0] !== this.#log.end[0]) return;
    if (!this.#deps.server.replay(this.name, from)) return;
    this.#subscribers.beginReplay();
    this.#transition('rewinding');
  }

  #checkReplay() {
    if (this.#log && this.#replay?.isContiguousWith(this.#log)) this.#finishReplay();
  }

  #finishReplay() {
    const replay = this.#replay;
    if (!replay || !this.#log) return;
    this.#transition('live');
    this.#subscribers.answerFromReplay(this.#log, replay);
    this.#startReplay();
  }
}
