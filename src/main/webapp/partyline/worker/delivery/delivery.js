import { Backpressure } from './backpressure.js';
import { FanOut } from './fan-out.js';
import { FlushScheduler } from './flush-scheduler.js';

/**
 * Posts frames to the tabs: queues what is for one tab alone, decides when the tabs are flushed, and withholds
 * acknowledgements while a tab lags.
 *
 * A tab whose queue overflows is removed (`onOverflow`): it has processed nothing for a long time.
 *
 * @typedef {import('../tabs/tab-connection.js').TabConnection} TabConnection
 */
export class Delivery {
  #logOf;
  #onOverflow;
  #flusher;
  #backpressure;

  /**
   * @param {object} options
   * @param {import('../../shared/clock.js').Clock} options.clock
   * @param {() => Iterable<TabConnection>} options.tabs
   * @param {(topic: string) => import('../topics/topic-log.js').TopicLog | undefined} options.logOf
   * @param {(tab: TabConnection) => void} options.onOverflow
   * @param {(paused: boolean) => void} options.pauseAcks
   */
  constructor({ clock, tabs, logOf, onOverflow, pauseAcks }) {
    this.#logOf = logOf;
    this.#onOverflow = onOverflow;
    this.#flusher = new FlushScheduler({ clock, owner: this });
    this.#backpressure = new Backpressure({ clock, tabs, pauseAcks });
  }

  /**
   * Queues a frame for one tab, for its next flush.
   * @param {TabConnection} tab
   * @param {import('../../shared/port-protocol.js').WorkerFrame} frame
   * @param {number} [chars]  its length as received from the server; 0 for the worker's own frames
   */
  post(tab, frame, chars = 0) {
    // The queue is full before the scheduled flush.
    if (!tab.hasRoom(chars)) tab.flush(new FanOut(this.#logOf));
    tab.enqueue(frame, chars);
    if (tab.isOverflowing) this.#onOverflow(tab);
    else this.#flusher.schedule(tab);
  }

  /**
   * Queues an application's message for one tab.
   * @param {TabConnection} tab
   * @param {import('../../shared/port-protocol.js').InboxFrame} message
   * @param {number} chars
   */
  postMessage(tab, message, chars) {
    this.post(tab, message, chars);
    // Not only at the next flush: until the server notices missing acks, more messages arrive than can be queued.
    if (tab.isWindowFull) this.#backpressure.onLagging(tab);
  }

  /** @param {TabConnection} tab  whose topics have something new */
  schedule(tab) {
    this.#flusher.schedule(tab);
  }

  /** @param {number} chars  of a message of a topic, whose tabs are scheduled */
  noteIncoming(chars) {
    this.#flusher.noteIncoming(chars);
  }

  /** @param {Iterable<TabConnection>} tabs  that are flushed now */
  flush(tabs) {
    const fanOut = new FanOut(this.#logOf);
    for (const tab of tabs) {
      tab.flush(fanOut);
      if (tab.isLagging(fanOut)) this.#backpressure.onLagging(tab);
      else this.#backpressure.onCaughtUp(tab);
    }
  }

  /** A tab is closed, perhaps the one that acknowledgements were withheld for. */
  onTabClosed() {
    this.#backpressure.update();
  }
}
