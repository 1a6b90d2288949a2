import { PROTOCOL_1 } from '../../shared/port-protocol.js';
import { PORT_PROTOCOL, VERSION } from '../../version.js';
import { queuedMessage } from '../sending/queued-message.js';

/**
 * Parses and dispatches the frames that tabs post (see shared/port-protocol.js).
 *
 * @typedef {import('../../shared/port-protocol.js').AttachFrame} AttachFrame
 * @typedef {import('../../shared/port-protocol.js').TabFrame} TabFrame
 * @typedef {import('./tab-connection.js').TabConnection} TabConnection
 *
 * @typedef {object} Hub  what the protocol uses of TabHub
 * @property {string} instance
 * @property {Pick<import('../sending/sender.js').Sender, 'request' | 'sendNow' | 'cancel'>} sender
 * @property {Pick<import('../topics/topics.js').Topics, 'join' | 'leave'>} topics
 * @property {Pick<import('../delivery/delivery.js').Delivery, 'post' | 'schedule'>} delivery
 * @property {Pick<import('../token-requests.js').TokenRequests, 'onReply'>} tokenRequests
 * @property {{ badFrames: number }} counts
 * @property {(port: MessagePort, frame: AttachFrame) => void} attach
 * @property {(tab: TabConnection, reason: string) => void} removeTab
 * @property {(tab: TabConnection, state: 'hidden' | 'visible') => void} setVisibility
 * @property {() => void} wake
 * @property {() => object} inspect
 * @property {(reason: string) => void} closeLine
 */
export class TabProtocol {
  #hub;
  #clock;

  /**
   * @param {Hub} hub
   * @param {import('../../shared/clock.js').Clock} clock
   */
  constructor(hub, clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /**
   * @param {MessagePort} port
   * @param {TabConnection | undefined} tab  that is attached on this port, if one is
   * @param {TabFrame} frame
   */
  onFrame(port, tab, frame) {
    if (frame.type === '$attach' || /** @type {string} */ (frame.type) === PROTOCOL_1.HELLO) this.#onAttach(port, frame);
    else if (!tab) {
      // The tab was removed while it was frozen, or this is a new worker on an old port.
      post(port, { type: '$reattach', worker: this.#hub.instance });
    } else {
      tab.receivedAt = this.#clock.now();
      this.#dispatch(tab, frame);
    }
  }

  /**
   * @param {MessagePort} port
   * @param {TabFrame} frame
   */
  #onAttach(port, frame) {
    if (frame.type === '$attach' && frame.v === PORT_PROTOCOL) this.#hub.attach(port, frame);
    else post(port, { type: '$upgrade', version: VERSION });
  }

  /**
   * @param {TabConnection} tab
   * @param {TabFrame} frame
   */
  #dispatch(tab, frame) {
    const hub = this.#hub;
    switch (frame.type) {
      case '$send':
      case '$publish':
      case '$answer': {
        const message = queuedMessage(tab.id, frame);
        return message.n === undefined ? hub.sender.sendNow(message) : hub.sender.request(message);
      }
      case '$join':
        hub.topics.join(tab, frame.topic, frame.since ?? null, frame.n);
        return hub.delivery.schedule(tab);
      case '$leave':
        return hub.topics.leave(tab, frame.topic);
      case '$cancel':
        return hub.sender.cancel(tab.id, frame.n);
      case '$visibility':
        return hub.setVisibility(tab, frame.state);
      case '$wake':
        return hub.wake();
      case '$detach':
        hub.removeTab(tab, 'detached');
        return tab.port.close();
      case '$synced':
        tab.onSynced(frame.n);
        return hub.delivery.schedule(tab);
      case '$tokenReply':
        return hub.tokenRequests.onReply(frame);
      case '$probe':
        return hub.delivery.post(tab, { re: frame.n });
      case '$inspect':
        return hub.delivery.post(tab, { re: /** @type {number} */ (frame.n), value: hub.inspect() });
      case '$closeLine':
        return hub.closeLine('closed by one of the tabs');
      case '$pong':
        return;
    }
    hub.counts.badFrames++;
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
