import { workerLost } from '../sending/in-flight.js';
import { LineError } from '../../shared/errors.js';
import { TabConnection } from './tab-connection.js';
import { PORT_PROTOCOL, VERSION } from '../../version.js';

/**
 * What a tab may say to the worker, and what happens then.
 *
 * | a tab says | meaning |
 * |---|---|
 * | `$hello {v, tab, url, lock?, hidden, givesTokens, debug, topics, resume?, worker?, claims}` | here I am: answered by `$welcome` |
 * | `$send {name, value?, n?}` | a message; with `n` it is answered, without it is dropped where it cannot go at once |
 * | `$publish {topic, value?, key, n}` · `$join {topic, since?, n}` · `$leave {topic}` | topics |
 * | `$withdraw {n}` | nobody waits for this call any more |
 * | `$tab {state}` · `$nudge` · `$bye` | hidden or visible; the network is back or the machine woke; gone |
 * | `$synced {n}` · `$pong` · `$token {n, token? error?}` | answers to `$sync`, `$ping`, `$token` |
 * | `$probe {n}` · `$inspect {n}` · `$logout` | are you there; show yourself; close for all |
 *
 * @typedef {import('../../shared/frames.js').Frame} Frame
 */
export class TabProtocol {
  #board;
  #clock;
  /** @type {Map<MessagePort, TabConnection>} */
  #speakers = new Map();
  /** What the line is known to have taken: calls of an earlier worker up to there are asked for again under their ids. */
  #taken = { line: '', heard: 0 };

  /**
   * @param {import('../hub.js').TabHub} board
   * @param {import('../../shared/clock.js').Clock} clock
   */
  constructor(board, clock) {
    this.#board = board;
    this.#clock = clock;
  }

  /** @param {{ line: string, heard: number, resumed: boolean }} welcome */
  welcomed({ line, heard }) {
    if (this.#taken.line !== line) this.#taken = { line, heard };
  }

  /**
   * A tab is gone. Its port stays open: if it was only frozen, what it says next brings it back.
   * @param {TabConnection} tab
   */
  forget(tab) {
    this.#speakers.delete(tab.port);
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} frame
   */
  hear(port, frame) {
    if (frame.type === '$hello') {
      this.#hello(port, frame);
      return;
    }
    const tab = this.#speakers.get(port);
    if (!tab || this.#board.tabs.get(tab.id) !== tab) {
      // We took it for gone, and it was only frozen; or we are a new worker on an old port. It shall say hello again.
      port.postMessage([{ type: '$who', worker: this.#board.instance }]);
      return;
    }
    tab.heardAt = this.#clock.now();
    this.#act(tab, frame);
  }

  /**
   * @param {TabConnection} tab
   * @param {Frame} frame
   */
  #act(tab, frame) {
    const board = this.#board;
    switch (frame.type) {
      case '$send':
      case '$publish': {
        const what = messageOf(tab, frame);
        return frame.n === undefined ? board.mail.drop(what.message) : board.mail.request(tab.id, { n: frame.n, ...what });
      }
      case '$join':
        board.topics.join(tab, /** @type {string} */ (frame.topic), frame.since ?? null, frame.n);
        return board.due(tab);
      case '$leave':
        return board.topics.leave(tab, /** @type {string} */ (frame.topic));
      case '$withdraw':
        return board.mail.withdraw(tab.id, frame.n);
      case '$tab':
        tab.hidden = frame.state === 'hidden';
        board.tabChanged(tab.id, frame.state);
        if (!tab.hidden) board.wire?.nudge();
        return;
      case '$nudge':
        return board.wire?.nudge();
      case '$bye':
        board.gone(tab, 'it said goodbye');
        return tab.port.close();
      case '$synced':
        tab.synced(frame.n);
        return board.due(tab);
      case '$token':
        return board.tokens.answered(frame);
      case '$probe':
        return board.tell(tab, { re: frame.n });
      case '$inspect':
        return board.tell(tab, { re: frame.n, value: board.inspect() });
      case '$logout':
        return board.closeEverywhere('closed by one of the tabs');
      case '$pong':
        return;
    }
    board.counts.badFrames++;
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} hello
   */
  #hello(port, hello) {
    const board = this.#board;
    const before = board.tabs.get(hello.tab);
    if (hello.v !== PORT_PROTOCOL) {
      port.postMessage([{ type: '$upgrade', version: VERSION }]);
      return;
    }
    board.pages.remove(port);
    const tab = new TabConnection({
      id: hello.tab,
      port,
      hidden: hello.hidden === true,
      givesTokens: hello.givesTokens === true,
      now: this.#clock.now(),
    });
    if (before) {
      // The same tab on a new port (or anew on its own): the old view of it goes, and the server need not hear of that.
      board.presence.forget(before);
      board.topics.forget(before);
      board.tokens.forget(before);
      this.#speakers.delete(before.port);
      if (before.port !== port) before.port.close();
    }
    board.tabs.set(tab.id, tab);
    this.#speakers.set(port, tab);
    tab.debug = hello.debug === true;
    board.diary.note(`tab ${tab.id} ${before ? 'said hello again' : 'is here'}`);
    const { worker, lock } = { worker: board.instance, lock: board.lock };
    tab.tell({ type: '$welcome', worker, lock, version: VERSION });
    // Messages to it went to nobody while we took it for gone, or waited for a port that it left.
    if (hello.worker === board.instance && !(before && before.waiting === 0)) tab.tell({ type: '$gap', topic: '@tab' });
    // In direct mode the tab is where we are: one cannot be gone without the other.
    if (board.mode === 'shared') board.presence.watch(tab, hello.lock);
    for (const [topic, since] of Object.entries(hello.topics ?? {})) board.topics.join(tab, topic, since ?? null);
    for (const topic of board.topics.everybodys()) if (!tab.cursors.has(topic)) board.topics.join(tab, topic, null);
    board.tabChanged(tab.id, 'open');
    board.start(hello.url, hello.resume ?? undefined);
    this.#claims(tab, hello);
    const line = board.wire?.status.state === 'open' ? board.wire.resume : null;
    if (line) tab.tell({ type: '$line', ...line, resumed: true });
    board.tellStatus();
  }

  /**
   * Calls that the tab still waits for. Of each it knows the id under which it was sent, if it was told one.
   * @param {TabConnection} tab
   * @param {Frame} hello
   */
  #claims(tab, { claims = [], resume, worker }) {
    const board = this.#board;
    for (const { n, id, frame } of claims) {
      if (board.mail.has(tab.id, n)) continue;
      const what = { n, ...messageOf(tab, frame) };
      const open = board.wire?.status.state === 'open';
      const sameLine = resume && (board.wire?.resume?.line ?? resume.line) === resume.line;
      if (id === undefined) {
        // Told by this very worker, the lack of an id means that it was never sent. Told by a dead one it means nothing.
        if (worker === board.instance || what.harmless) board.mail.request(tab.id, what);
        else board.mail.fail(tab.id, n, workerLost());
      } else if (sameLine && (!open || id <= this.#taken.heard || worker === board.instance)) board.mail.claim(tab.id, id, what);
      else if (sameLine || what.harmless) board.mail.request(tab.id, what);
      else board.mail.fail(tab.id, n, new LineError('lost', 'the line is lost; whether the server ran it is unknown'));
    }
  }
}

/**
 * What the wire shall say for a tab's `$send` or `$publish`.
 * @param {TabConnection} tab
 * @param {Frame} frame
 */
function messageOf(tab, { type, name, topic, value, key }) {
  if (type === '$send') return { message: { type: name, from: tab.id, value } };
  return { message: { type: '$publish', from: tab.id, topic, value, key }, harmless: true };
}
