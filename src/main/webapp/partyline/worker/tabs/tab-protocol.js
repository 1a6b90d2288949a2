import { workerLostError } from '../sending/in-flight.js';
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
  #hub;
  #clock;
  /** @type {Map<MessagePort, TabConnection>} */
  #tabsByPort = new Map();
  /** What the line is known to have taken: calls of an earlier worker up to there are asked for again under their ids. */
  #acceptedThrough = { line: '', id: 0 };

  /**
   * @param {import('../hub.js').TabHub} hub
   * @param {import('../../shared/clock.js').Clock} clock
   */
  constructor(hub, clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** @param {{ line: string, heard: number, resumed: boolean }} welcome */
  onWelcome({ line, heard }) {
    if (this.#acceptedThrough.line !== line) this.#acceptedThrough = { line, id: heard };
  }

  /**
   * A tab is gone. Its port stays open: if it was only frozen, what it says next brings it back.
   * @param {TabConnection} tab
   */
  removeTab(tab) {
    this.#tabsByPort.delete(tab.port);
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} frame
   */
  onFrame(port, frame) {
    if (frame.type === '$hello') {
      this.#onAttach(port, frame);
      return;
    }
    const tab = this.#tabsByPort.get(port);
    if (!tab || this.#hub.tabs.get(tab.id) !== tab) {
      // We took it for gone, and it was only frozen; or we are a new worker on an old port. It shall say hello again.
      port.postMessage([{ type: '$who', worker: this.#hub.instance }]);
      return;
    }
    tab.receivedAt = this.#clock.now();
    this.#dispatch(tab, frame);
  }

  /**
   * @param {TabConnection} tab
   * @param {Frame} frame
   */
  #dispatch(tab, frame) {
    const hub = this.#hub;
    switch (frame.type) {
      case '$send':
      case '$publish': {
        const request = toWireMessage(tab, frame);
        return frame.n === undefined
          ? hub.sender.sendNow(request.message)
          : hub.sender.request(tab.id, { n: frame.n, ...request });
      }
      case '$join':
        hub.topics.join(tab, /** @type {string} */ (frame.topic), frame.since ?? null, frame.n);
        return hub.scheduleFlush(tab);
      case '$leave':
        return hub.topics.leave(tab, /** @type {string} */ (frame.topic));
      case '$withdraw':
        return hub.sender.cancel(tab.id, frame.n);
      case '$tab':
        tab.hidden = frame.state === 'hidden';
        hub.sendTabState(tab.id, frame.state);
        if (!tab.hidden) hub.connection?.wake();
        return;
      case '$nudge':
        return hub.connection?.wake();
      case '$bye':
        hub.removeTab(tab, 'it said goodbye');
        return tab.port.close();
      case '$synced':
        tab.onSynced(frame.n);
        return hub.scheduleFlush(tab);
      case '$token':
        return hub.tokenRequests.onReply(frame);
      case '$probe':
        return hub.postTo(tab, { re: frame.n });
      case '$inspect':
        return hub.postTo(tab, { re: frame.n, value: hub.inspect() });
      case '$logout':
        return hub.closeLine('closed by one of the tabs');
      case '$pong':
        return;
    }
    hub.counts.badFrames++;
  }

  /**
   * @param {MessagePort} port
   * @param {Frame} hello
   */
  #onAttach(port, hello) {
    const hub = this.#hub;
    const before = hub.tabs.get(hello.tab);
    if (hello.v !== PORT_PROTOCOL) {
      port.postMessage([{ type: '$upgrade', version: VERSION }]);
      return;
    }
    hub.plainPages.remove(port);
    const tab = new TabConnection({
      id: hello.tab,
      port,
      hidden: hello.hidden === true,
      givesTokens: hello.givesTokens === true,
      now: this.#clock.now(),
    });
    if (before) {
      // The same tab on a new port (or anew on its own): the old view of it goes, and the server need not hear of that.
      hub.liveness.unwatch(before);
      hub.topics.removeTab(before);
      hub.tokenRequests.removeTab(before);
      this.#tabsByPort.delete(before.port);
      if (before.port !== port) before.port.close();
    }
    hub.tabs.set(tab.id, tab);
    this.#tabsByPort.set(port, tab);
    tab.debug = hello.debug === true;
    hub.log.add(`tab ${tab.id} ${before ? 'said hello again' : 'is here'}`);
    const { worker, lock } = { worker: hub.instance, lock: hub.lock };
    tab.enqueue({ type: '$welcome', worker, lock, version: VERSION });
    // Messages to it went to nobody while we took it for gone, or waited for a port that it left.
    if (hello.worker === hub.instance && !(before && before.queueLength === 0)) tab.enqueue({ type: '$gap', topic: '@tab' });
    // In direct mode the tab is where we are: one cannot be gone without the other.
    if (hub.mode === 'shared') hub.liveness.watch(tab, hello.lock);
    for (const [topic, since] of Object.entries(hello.topics ?? {})) hub.topics.join(tab, topic, since ?? null);
    for (const topic of hub.topics.implicitTopics()) if (!tab.cursors.has(topic)) hub.topics.join(tab, topic, null);
    hub.sendTabState(tab.id, 'open');
    hub.start(hello.url, hello.resume ?? undefined);
    this.#recoverRequests(tab, hello);
    const session = hub.connection?.status.state === 'open' ? hub.connection.session : null;
    if (session) tab.enqueue({ type: '$line', ...session, resumed: true });
    hub.broadcastStatus();
  }

  /**
   * Calls that the tab still waits for. Of each it knows the id under which it was sent, if it was told one.
   * @param {TabConnection} tab
   * @param {Frame} hello
   */
  #recoverRequests(tab, { claims = [], resume, worker }) {
    const hub = this.#hub;
    for (const { n, id, frame } of claims) {
      if (hub.sender.has(tab.id, n)) continue;
      const request = { n, ...toWireMessage(tab, frame) };
      const open = hub.connection?.status.state === 'open';
      const sameLine = resume && (hub.connection?.session?.line ?? resume.line) === resume.line;
      if (id === undefined) {
        // Told by this very worker, the lack of an id means that it was never sent. Told by a dead one it means nothing.
        if (worker === hub.instance || request.harmless) hub.sender.request(tab.id, request);
        else hub.sender.reject(tab.id, n, workerLostError());
      } else if (sameLine && (!open || id <= this.#acceptedThrough.id || worker === hub.instance))
        hub.sender.adopt(tab.id, id, request);
      else if (sameLine || request.harmless) hub.sender.request(tab.id, request);
      else hub.sender.reject(tab.id, n, new LineError('lost', 'the line is lost; whether the server ran it is unknown'));
    }
  }
}

/**
 * What the wire shall say for a tab's `$send` or `$publish`.
 * @param {TabConnection} tab
 * @param {Frame} frame
 */
function toWireMessage(tab, { type, name, topic, value, key }) {
  if (type === '$send') return { message: { type: name, from: tab.id, value } };
  return { message: { type: '$publish', from: tab.id, topic, value, key }, harmless: true };
}
