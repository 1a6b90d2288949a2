import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TabHub } from '../../../main/webapp/partyline/worker/hub.js';
import { FakeClock, FakeNetwork, FakePort, settled, welcome } from '../fakes.js';
import { Random } from '../fuzz/random.js';

/** So few that a run reaches it. */
const MAX_TABS = 4;
const STEPS = 60;
const RUNS = 100;

/** The tabs of one line, as the server keeps them (HelloHandler, LineRegistry): those beyond the limit are not opened. */
class ServerTabs {
  #tabs = new Set();

  get names() {
    return [...this.#tabs].sort();
  }

  onFrame({ type, tabs, from, state }) {
    if (type === '$hello') {
      for (const tab of this.#tabs) if (!tabs.includes(tab)) this.#tabs.delete(tab);
      for (const tab of tabs) this.#open(tab);
    } else if (type === '$tab' && state === 'open') this.#open(from);
    else if (type === '$tab' && state === 'gone') this.#tabs.delete(from);
    else if (type === '$bye') this.#tabs.clear();
  }

  #open(tab) {
    if (this.#tabs.has(tab) || this.#tabs.size < MAX_TABS) this.#tabs.add(tab);
  }
}

/** Tabs come and go, sockets drop, and the welcome of each takes its time. */
class Run {
  clock = new FakeClock();
  network = new FakeNetwork();
  server = new ServerTabs();
  #random;
  #seed;
  #tabs = new Map();
  #lastTab = 0;
  #hub;

  constructor(seed) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#hub = new TabHub({
      instance: 'W1',
      mode: 'shared',
      named: true,
      WebSocket: this.network.WebSocket,
      clock: this.clock,
      random: () => 0,
      // Then the first line is opened without a tab.
      helloInUrl: seed % 2 === 0,
    });
  }

  async play() {
    await this.#openTab();
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await settled();
      this.#serverReads();
      if (this.#isOpen) this.#check(`after step ${step}`);
    }
    while (!this.#isOpen) await this.#goOn();
    this.#check('at the end');
  }

  get #isOpen() {
    return this.#hub.connection?.isOpen ?? false;
  }

  #step() {
    const random = this.#random;
    if (random.chance(0.3)) return this.#openTab();
    if (random.chance(0.3)) return this.#closeTab();
    if (random.chance(0.15)) return this.#reattach();
    if (random.chance(0.2)) return this.network.last?.end(1006);
    return this.#goOn();
  }

  /** The socket opens, or the server welcomes the line, or the next attempt begins. */
  async #goOn() {
    const socket = this.network.last;
    if (socket?.readyState === 0) socket.open();
    else if (socket?.readyState === 1 && !this.#isOpen) {
      this.#serverReads();
      socket.receive(welcome({ resumed: true, limits: { ...welcome().limits, tabs: MAX_TABS } }));
    } else await this.clock.pass(200);
    await settled();
    this.#serverReads();
  }

  #serverReads() {
    for (const frame of this.network.last?.take() ?? []) this.server.onFrame(frame);
  }

  #attach(id) {
    const port = new FakePort();
    this.#hub.connect(port.port);
    port.post({ type: '$attach', v: 2, tab: id, url: 'ws://host/line', topics: {}, requests: [] });
    this.#tabs.set(id, port);
  }

  #openTab() {
    this.#attach(`t${++this.#lastTab}`);
  }

  #closeTab() {
    // The last tab would close the line.
    if (this.#tabs.size < 2) return;
    const id = this.#random.pick([...this.#tabs.keys()]);
    this.#tabs.get(id).post({ type: '$detach' });
    this.#tabs.delete(id);
  }

  /** As after the back/forward cache. */
  #reattach() {
    this.#attach(this.#random.pick([...this.#tabs.keys()]));
  }

  #check(moment) {
    const when = `${moment} of seed ${this.#seed}`;
    const tabs = [...this.#hub.tabs.keys()];
    assert.deepEqual(tabs.sort(), [...this.#tabs.keys()].sort(), `the worker's tabs ${when}`);
    const known = this.server.names;
    assert.equal(known.length, Math.min(tabs.length, MAX_TABS), `the server knows ${known} of ${tabs} ${when}`);
    for (const tab of known) assert.ok(tabs.includes(tab), `the server has ${tab}, which is gone, ${when}`);
  }
}

test("after each welcome and each change the server knows the worker's tabs, as many as it allows", async () => {
  for (let seed = 1; seed <= RUNS; seed++) await new Run(seed).play();
});
