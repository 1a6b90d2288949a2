/** Measures what sharing costs and saves in this browser, by the button or from the console by `bench`. */
import { CHANNEL, joined, line } from './bench-tab.js';

/** @typedef {import('./bench-tab.js').Counted} Counted */

const TABS = 15;
const MESSAGES = 20_000;
/** `?storms=1` is faster and less precise. */
const STORMS = Number(new URLSearchParams(location.search).get('storms')) || 5;
/** Within the burst that the server allows a line. */
const ROUND_TRIPS = 60;
const FIRST_REPLIES = 5;
/** Storms that are not counted, so that the browser has compiled the code of each tab. */
const WARM_UP = Math.min(3, STORMS);

const channel = new BroadcastChannel(CHANNEL);
/** @type {Set<string>} the participating tabs */
const tabs = new Set([line.id]);
/** @type {(counted?: Counted) => void} */
let onReport = () => {};

channel.addEventListener('message', ({ data }) => {
  if (data.here) tabs.add(data.here);
  if (data.gone) tabs.delete(data.gone);
  onReport(data.counted);
  showTabs();
});
findTabs();

byId('measure').addEventListener('click', async ({ target }) => {
  const button = /** @type {HTMLButtonElement} */ (target);
  button.disabled = true;
  try {
    await measure();
  } catch (error) {
    closeAll();
    showProgress(String(error));
  }
  button.disabled = false;
});

Object.assign(globalThis, { bench: { line, ready: joined.ready, tabs, open, closeAll, storms, roundTrips, firstReplies } });

async function measure() {
  byId('figures').replaceChildren();
  showProgress('Sending requests …');
  await joined.ready;
  findTabs();
  const trips = await roundTrips();
  show('a round trip over the line', `${trips.line.toFixed(2)} ms`);
  show('a round trip over a WebSocket of this tab', `${trips.own.toFixed(2)} ms`);
  showProgress('Opening tabs …');
  const first = await firstReplies();
  show('first reply in an additional tab', `${first.shared.toFixed()} ms`);
  show('first reply in a tab with its own WebSocket', `${first.own.toFixed()} ms`);
  showStorms(await warmStorms());
  showProgress('Opening tabs …');
  while (tabs.size < TABS) await open();
  showStorms(await warmStorms());
  closeAll();
  const many = MESSAGES.toLocaleString('en');
  showProgress(
    `Done: medians. Round trips: ${ROUND_TRIPS}, first replies: ${FIRST_REPLIES}, storms of ${many} messages: ${STORMS} after ${WARM_UP} to warm up.`,
  );
}

/** A tab that has crashed or is frozen does not answer and does not take part. */
function findTabs() {
  tabs.clear();
  tabs.add(line.id);
  channel.postMessage({ who: true });
  showTabs();
}

function showTabs() {
  byId('tabs').textContent = String(tabs.size);
  byId('tabs-word').textContent = tabs.size === 1 ? 'tab takes' : 'tabs take';
}

/** @param {Awaited<ReturnType<typeof storms>>} storms */
function showStorms({ tabs: to, perSecond, gaps }) {
  const each = to === 1 ? 'to this tab alone' : `to each of ${to} tabs at once`;
  const lost = gaps === 0 ? '' : `, with ${gaps} gaps`;
  show(`messages of 100 characters ${each}`, `${Math.round(perSecond).toLocaleString('en')} a second${lost}`);
}

async function warmStorms() {
  const all = [];
  for (let i = 1; i <= WARM_UP + STORMS; i++) {
    showProgress(`Storm ${i} of ${WARM_UP + STORMS} …`);
    all.push(await storm(MESSAGES));
  }
  return summary(all.slice(WARM_UP));
}

/** Runs some storms, one after another. Returns the median rate at which messages reached all participating tabs. */
async function storms(messages = MESSAGES, times = STORMS) {
  const all = [];
  for (let i = 0; i < times; i++) all.push(await storm(messages));
  return summary(all);
}

/** @param {Awaited<ReturnType<typeof storm>>[]} storms */
function summary(storms) {
  const middle = storms.sort((a, b) => a.perSecond - b.perSecond)[storms.length >> 1];
  return { ...middle, gaps: storms.reduce((sum, { gaps }) => sum + gaps, 0) };
}

/** @param {number} messages */
async function storm(messages) {
  // A tab that opens during the storm has missed its beginning; one that closes sends no report.
  const participants = [...tabs];
  /** @type {Map<string, Counted>} */
  const counts = new Map();
  const finished = new Promise((resolve) => {
    onReport = (counted) => {
      if (counted && participants.includes(counted.tab)) counts.set(counted.tab, counted);
      if (participants.every((tab) => counts.has(tab) || !tabs.has(tab))) resolve(undefined);
    };
  });
  while (!(await startStorm(messages))) await pause(200);
  await finished;
  const all = [...counts.values()];
  const took = Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ began }) => began));
  const least = Math.min(...all.map((one) => one.messages));
  return { tabs: all.length, perSecond: (least * 1_000) / took, least, gaps: all.reduce((sum, { gaps }) => sum + gaps, 0) };
}

/** @param {number} messages */
async function startStorm(messages) {
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
  // Alternating, so that a busy moment of the machine affects both.
  for (let i = 0; i < times; i++) {
    await timed(took.line, () => line.request('hello'));
    await timed(took.own, overSocket);
  }
  socket.close();
  return { line: median(took.line), own: median(took.own) };
}

/** Medians of the time from opening a tab to its first reply, in milliseconds. */
async function firstReplies(times = FIRST_REPLIES) {
  /** @type {{ shared: number[], own: number[] }} */
  const took = { shared: [], own: [] };
  for (let i = 0; i <= times; i++) {
    const shared = await firstReply('demo/bench-tab.html');
    const own = await firstReply('demo/bench-own.html');
    // The first one fills the browser's cache.
    if (i > 0) took.shared.push(shared) && took.own.push(own);
  }
  return { shared: median(took.shared), own: median(took.own) };
}

/** @param {string} page */
async function firstReply(page) {
  const took = await open(page);
  closeAll();
  return took;
}

/**
 * Opens a frame, which is a tab of the line like any other, and waits for its first reply.
 * @returns {Promise<number>} milliseconds since the start of its navigation
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
      resolve(data.firstReply);
    });
    byId('frames').append(frame);
  });
}

function closeAll() {
  byId('frames').replaceChildren();
}

/**
 * @param {number[]} times
 * @param {() => Promise<unknown>} send
 */
async function timed(times, send) {
  const start = performance.now();
  await send();
  times.push(performance.now() - start);
}

/** @param {string} what */
function showProgress(what) {
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
