/** Measures what sharing costs and saves in this browser; `bench` on the console, or the button. */
import { joined, line, TALK } from './bench-tab.js';

/** @typedef {import('./bench-tab.js').Counted} Counted */

const TABS = 15;
const MESSAGES = 20_000;
/** `?storms=1` is quicker, and rougher. */
const STORMS = Number(new URLSearchParams(location.search).get('storms')) || 5;
/** As many as the server lets a line say at once. */
const ROUND_TRIPS = 60;
const FIRST_ANSWERS = 5;
/** Storms that are not counted: each tab's code is compiled on its own, and not before it has run for a while. */
const WARM_UP = Math.min(3, STORMS);

const talk = new BroadcastChannel(TALK);
/** @type {Set<string>} those that take part */
const tabs = new Set([line.id]);
/** @type {(counted?: Counted) => void} */
let heard = () => {};

talk.addEventListener('message', ({ data }) => {
  if (data.here) tabs.add(data.here);
  if (data.gone) tabs.delete(data.gone);
  heard(data.counted);
  showTabs();
});
callRoll();

byId('measure').addEventListener('click', async ({ target }) => {
  const button = /** @type {HTMLButtonElement} */ (target);
  button.disabled = true;
  try {
    await measure();
  } catch (error) {
    closeAll();
    doing(String(error));
  }
  button.disabled = false;
});

Object.assign(globalThis, { bench: { line, ready: joined.ready, tabs, open, closeAll, storms, roundTrips, firstAnswers } });

async function measure() {
  byId('figures').replaceChildren();
  doing('Asking for answers …');
  await joined.ready;
  callRoll();
  const trips = await roundTrips();
  show('a round trip over the line', `${trips.line.toFixed(2)} ms`);
  show('over a socket of this tab’s own', `${trips.own.toFixed(2)} ms`);
  doing('Opening tabs …');
  const first = await firstAnswers();
  show('first answer of one more tab', `${first.shared.toFixed()} ms`);
  show('of a tab with a socket of its own', `${first.own.toFixed()} ms`);
  showStorms(await warmStorms());
  doing('Opening tabs …');
  while (tabs.size < TABS) await open();
  showStorms(await warmStorms());
  closeAll();
  const many = MESSAGES.toLocaleString('en');
  doing(
    `Done: medians. Round trips: ${ROUND_TRIPS}, first answers: ${FIRST_ANSWERS}, storms of ${many} messages: ${STORMS} after ${WARM_UP} to warm up.`,
  );
}

/** Whoever crashed or is frozen does not answer, and nobody waits for it. */
function callRoll() {
  tabs.clear();
  tabs.add(line.id);
  talk.postMessage({ who: true });
  showTabs();
}

function showTabs() {
  byId('tabs').textContent = String(tabs.size);
  byId('tabs-word').textContent = tabs.size === 1 ? 'tab takes' : 'tabs take';
}

/** @param {Awaited<ReturnType<typeof storms>>} storms */
function showStorms({ tabs: to, perSecond, gaps }) {
  const each = to === 1 ? 'to this tab alone' : `to each of ${to} tabs at once`;
  const told = gaps === 0 ? '' : `, and ${gaps} gaps told`;
  show(`messages of 100 characters ${each}`, `${Math.round(perSecond).toLocaleString('en')} a second${told}`);
}

async function warmStorms() {
  const all = [];
  for (let i = 1; i <= WARM_UP + STORMS; i++) {
    doing(`Storm ${i} of ${WARM_UP + STORMS} …`);
    all.push(await storm(MESSAGES));
  }
  return inSum(all.slice(WARM_UP));
}

/** Some storms, one after another: how many messages a second reached all that take part, in the middle one. */
async function storms(messages = MESSAGES, times = STORMS) {
  const all = [];
  for (let i = 0; i < times; i++) all.push(await storm(messages));
  return inSum(all);
}

/** @param {Awaited<ReturnType<typeof storm>>[]} storms */
function inSum(storms) {
  const middle = storms.sort((a, b) => a.perSecond - b.perSecond)[storms.length >> 1];
  return { ...middle, gaps: storms.reduce((sum, { gaps }) => sum + gaps, 0) };
}

/** @param {number} messages */
async function storm(messages) {
  // Who comes meanwhile has not heard it from its beginning, and who goes does not tell.
  const there = [...tabs];
  /** @type {Map<string, Counted>} */
  const counts = new Map();
  const over = new Promise((resolve) => {
    heard = (counted) => {
      if (counted && there.includes(counted.tab)) counts.set(counted.tab, counted);
      if (there.every((tab) => counts.has(tab) || !tabs.has(tab))) resolve(undefined);
    };
  });
  while (!(await stormBegan(messages))) await pause(200);
  await over;
  const all = [...counts.values()];
  const took = Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ began }) => began));
  const least = Math.min(...all.map((one) => one.messages));
  return { tabs: all.length, perSecond: (least * 1_000) / took, least, gaps: all.reduce((sum, { gaps }) => sum + gaps, 0) };
}

/** @param {number} messages */
async function stormBegan(messages) {
  try {
    await line.request('demo.storm', { messages });
    return true;
  } catch (error) {
    if (/** @type {import('../main.js').LineError} */ (error).code !== 'busy') throw error;
    return false;
  }
}

/** Medians, in milliseconds. */
async function roundTrips(times = ROUND_TRIPS) {
  const socket = new WebSocket(new URL('line', location.href.replace('http', 'ws')));
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const overSocket = () =>
    new Promise((resolve) => {
      socket.onmessage = resolve;
      socket.send('{"data":{"from":"bench","type":"hello"}}');
    });
  const took = { line: [], own: [] };
  // By turns, so that a busy moment of the machine is both's.
  for (let i = 0; i < times; i++) {
    await timed(took.line, () => line.request('hello'));
    await timed(took.own, overSocket);
  }
  socket.close();
  return { line: median(took.line), own: median(took.own) };
}

/** Medians of how long after its opening a tab has its first answer, in milliseconds. */
async function firstAnswers(times = FIRST_ANSWERS) {
  /** @type {{ shared: number[], own: number[] }} */
  const took = { shared: [], own: [] };
  for (let i = 0; i <= times; i++) {
    const shared = await firstAnswer('demo/bench-tab.html');
    const own = await firstAnswer('demo/bench-own.html');
    // The first time fills the browser's cache.
    if (i > 0) took.shared.push(shared) && took.own.push(own);
  }
  return { shared: median(took.shared), own: median(took.own) };
}

/** @param {string} page */
async function firstAnswer(page) {
  const took = await open(page);
  closeAll();
  return took;
}

/**
 * Opens a frame, which is a tab of the line as any, and waits for its first answer.
 * @returns {Promise<number>} milliseconds since its navigation began
 */
function open(page = 'demo/bench-tab.html') {
  const frame = document.createElement('iframe');
  frame.src = page;
  return new Promise((resolve, reject) => {
    addEventListener('message', function listen({ source, data }) {
      if (source !== frame.contentWindow) return;
      removeEventListener('message', listen);
      if (data.failed) return reject(new Error(data.failed));
      if (data.tab) tabs.add(data.tab);
      resolve(data.firstAnswer);
    });
    byId('frames').append(frame);
  });
}

function closeAll() {
  byId('frames').replaceChildren();
}

/**
 * @param {number[]} times
 * @param {() => Promise<unknown>} ask
 */
async function timed(times, ask) {
  const asked = performance.now();
  await ask();
  times.push(performance.now() - asked);
}

/** @param {string} what */
function doing(what) {
  byId('doing').textContent = what;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @param {number[]} times */
function median(times) {
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/**
 * @param {string} what
 * @param {string} figure
 */
function show(what, figure) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId('row'));
  const row = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (content.firstElementChild).cloneNode(true));
  row.children[0].textContent = what;
  row.children[1].textContent = figure;
  byId('figures').append(row);
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
