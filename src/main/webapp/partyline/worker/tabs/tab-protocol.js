import { workerLostError } from '../sending/in-flight.js';
import { LineError } from '../../shared/errors.js';
import { PROTOCOL_1 } from '../../shared/port-protocol.js';
import { PORT_PROTOCOL, VERSION } from '../../version.js';
import { TabConnection } from './tab-connection.js';

/**
 * Dispatches the frames that tabs post (see shared/port-protocol.js), attaches tabs, and recovers the requests of a tab
 * that was attached to another worker before.
 *
 * @typedef {import('../../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../../shared/port-protocol.js').TabFrame} TabFrame
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
   * @param {TabFrame} frame
   */
  onFrame(port, frame) {
    if (/** @type {string} */ (frame.type) === PROTOCOL_1.HELLO) {
      post(port, { type: '$upgrade', version: VERSION });
      return;
    }
    if (frame.type === '$attach') {
      this.#onAttach(port, frame);
      return;
    }
    const tab = this.#tabsByPort.get(port);
    if (!tab || this.#hub.tabs.get(tab.id) !== tab) {
      // We took it for gone, and it was only frozen; or we are a new worker on an old port. It shall say hello again.
      post(port, { type: '$reattach', worker: this.#hub.instance });
      return;
    }
    tab.receivedAt = this.#clock.now();
    this.#dispatch(tab, frame);
  }

  /**
   * @param {TabConnection} tab
   * @param {TabFrame} frame
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
        hub.topics.join(tab, frame.topic, frame.since ?? null, frame.n);
        return hub.scheduleFlush(tab);
      case '$leave':
        return hub.topics.leave(tab, frame.topic);
      case '$cancel':
        return hub.sender.cancel(tab.id, frame.n);
      case '$visibility':
        tab.hidden = frame.state === 'hidden';
        hub.sendTabState(tab.id, frame.state);
        if (!tab.hidden) hub.connection?.wake();
        return;
      case '$wake':
        return hub.connection?.wake();
      case '$detach':
        hub.removeTab(tab, 'it said goodbye');
        return tab.port.close();
      case '$synced':
        tab.onSynced(frame.n);
        return hub.scheduleFlush(tab);
      case '$tokenReply':
        return hub.tokenRequests.onReply(frame);
      case '$probe':
        return hub.postTo(tab, { re: frame.n });
      case '$inspect':
        return hub.postTo(tab, { re: /** @type {number} */ (frame.n), value: hub.inspect() });
      case '$closeLine':
        return hub.closeLine('closed by one of the tabs');
      case '$pong':
        return;
    }
    hub.counts.badFrames++;
  }

  /**
   * @param {MessagePort} port
   * @param {AttachFrame} frame
   */
  #onAttach(port, frame) {
    const hub = this.#hub;
    const before = hub.tabs.get(frame.tab);
    if (frame.v !== PORT_PROTOCOL) {
      post(port, { type: '$upgrade', version: VERSION });
      return;
    }
    hub.plainPages.remove(port);
    const tab = new TabConnection({
      id: frame.tab,
      port,
      hidden: frame.hidden === true,
      givesTokens: frame.givesTokens === true,
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
    tab.debug = frame.debug === true;
    hub.log.add(`tab ${tab.id} ${before ? 'said hello again' : 'is here'}`);
    tab.enqueue({ type: '$attached', worker: hub.instance, lock: hub.lock, version: VERSION });
    // Messages to it went to nobody while we took it for gone, or waited for a port that it left.
    if (frame.worker === hub.instance && !(before && before.queueLength === 0)) tab.enqueue({ type: '$gap', topic: '@tab' });
    // In direct mode the tab is where we are: one cannot be gone without the other.
    if (hub.mode === 'shared') hub.liveness.watch(tab, frame.lock);
    for (const [topic, since] of Object.entries(frame.topics ?? {})) hub.topics.join(tab, topic, since ?? null);
    for (const topic of hub.topics.implicitTopics()) if (!tab.cursors.has(topic)) hub.topics.join(tab, topic, null);
    hub.sendTabState(tab.id, 'open');
    hub.start(frame.url, frame.session ?? undefined);
    this.#recoverRequests(tab, frame);
    const session = hub.connection?.status.state === 'open' ? hub.connection.session : null;
    if (session) tab.enqueue({ type: '$session', ...session, resumed: true });
    hub.broadcastStatus();
  }

  /**
   * Calls that the tab still waits for. Of each it knows the id under which it was sent, if it was told one.
   * @param {TabConnection} tab
   * @param {AttachFrame} frame
   */
  #recoverRequests(tab, { requests, session, worker }) {
    const hub = this.#hub;
    for (const { n, id, frame } of requests) {
      if (hub.sender.has(tab.id, n)) continue;
      const request = { n, ...toWireMessage(tab, frame) };
      const open = hub.connection?.status.state === 'open';
      const sameLine = session && (hub.connection?.session?.line ?? session.line) === session.line;
      if (id === undefined) {
        // Told by this very worker, the lack of an id means that it was never sent. Told by a dead one it means nothing.
        if (worker === hub.instance || request.idempotent) hub.sender.request(tab.id, request);
        else hub.sender.reject(tab.id, n, workerLostError());
      } else if (sameLine && (!open || id <= this.#acceptedThrough.id || worker === hub.instance))
        hub.sender.adopt(tab.id, id, request);
      else if (sameLine || request.idempotent) hub.sender.request(tab.id, request);
      else hub.sender.reject(tab.id, n, new LineError('lost', 'the line is lost; whether the server ran it is unknown'));
    }
  }
}

/**
 * What the wire shall say for a tab's `$send` or `$publish`.
 * @param {TabConnection} tab
 * @param {import('../../shared/port-protocol.js').SendFrame | import('../../shared/port-protocol.js').PublishFrame} frame
 * @returns {Omit<import('../sending/sender.js').Request, 'n'>}
 */
function toWireMessage(tab, frame) {
  if (frame.type === '$send') return { message: { type: frame.name, from: tab.id, value: frame.value } };
  const { topic, value, key } = frame;
  return { message: { type: '$publish', from: tab.id, topic, value, key }, idempotent: true };
}

/**
 * Answers a tab that is not attached.
 * @param {MessagePort} port
 * @param {import('../../shared/port-protocol.js').WorkerFrame} frame
 */
function post(port, frame) {
  port.postMessage([frame]);
}
