import { PROTOCOL_1 } from '../../shared/port-protocol.js';
import { PORT_PROTOCOL, VERSION } from '../../version.js';
import { queuedMessage } from '../sending/queued-message.js';
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
  /** The last request id that the server accepted before this worker: up to it, a request of an earlier worker is adopted. */
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
   * The port stays open: if the tab was only frozen, its next frame makes it attach again.
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
      // The tab was removed while it was frozen, or this is a new worker on an old port.
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
        const message = queuedMessage(tab.id, frame);
        return message.n === undefined ? hub.sender.sendNow(message) : hub.sender.request(message);
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
        hub.removeTab(tab, 'detached');
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
    const previous = hub.tabs.get(frame.tab);
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
    if (previous) {
      // The same tab on a new port, or again on its own: replaces the old object, and the server need not know.
      hub.liveness.unwatch(previous);
      hub.topics.removeTab(previous);
      hub.tokenRequests.removeTab(previous);
      this.#tabsByPort.delete(previous.port);
      if (previous.port !== port) previous.port.close();
    }
    hub.tabs.set(tab.id, tab);
    this.#tabsByPort.set(port, tab);
    tab.debug = frame.debug === true;
    hub.log.add(`tab ${tab.id} ${previous ? 're-attached' : 'attached'}`);
    tab.enqueue({ type: '$attached', worker: hub.instance, lock: hub.lock, version: VERSION });
    // Messages for the tab were undeliverable while it was removed, or were queued for its old port.
    if (frame.worker === hub.instance && !(previous && previous.queueLength === 0)) tab.enqueue({ type: '$gap', topic: '@tab' });
    // In direct mode tab and hub are in the same page and die together.
    if (hub.mode === 'shared') hub.liveness.watch(tab, frame.lock);
    for (const [topic, since] of Object.entries(frame.topics ?? {})) hub.topics.join(tab, topic, since ?? null);
    for (const topic of hub.topics.implicitTopics()) if (!tab.cursors.has(topic)) hub.topics.join(tab, topic, null);
    hub.sendTabState(tab.id, 'open');
    hub.start(frame.url, frame.session ?? undefined);
    this.#recoverRequests(tab, frame);
    const session = hub.connection?.status.state === 'open' ? hub.connection.session : null;
    if (session) tab.enqueue({ type: '$session', ...session, resumed: true, limits: hub.limits });
    hub.broadcastStatus();
  }

  /**
   * Recovers the requests that the tab still waits for. `id` is known if an `$accepted` reached the tab.
   * @param {TabConnection} tab
   * @param {AttachFrame} frame
   */
  #recoverRequests(tab, { requests, session, worker }) {
    const hub = this.#hub;
    for (const { n, id, frame } of requests) {
      if (hub.sender.has(tab.id, n)) continue;
      hub.sender.recover(queuedMessage(tab.id, frame), id, {
        sameWorker: worker === hub.instance,
        sameLine: session ? (hub.connection?.session?.line ?? session.line) === session.line : false,
        open: hub.connection?.status.state === 'open',
        accepted: id !== undefined && id <= this.#acceptedThrough.id,
      });
    }
  }
}

/**
 * Answers a tab that is not attached.
 * @param {MessagePort} port
 * @param {import('../../shared/port-protocol.js').WorkerFrame} frame
 */
function post(port, frame) {
  port.postMessage([frame]);
}
