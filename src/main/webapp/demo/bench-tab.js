/** Runs in every participating tab: counts the messages of a storm and reports the counts to the other tabs. */
import { connect } from '../main.js';

/**
 * @typedef {object} Counted  the counts of one storm in one tab
 * @property {string} tab
 * @property {number} messages
 * @property {number} gaps
 * @property {number} began  in milliseconds since the epoch, with fractions
 * @property {number} ended
 */

export const line = connect();

/** For the reports of the tabs, which must not travel over the line that they measure. */
export const CHANNEL = 'partyline bench';
const channel = new BroadcastChannel(CHANNEL);

const STORMS = 'demo.storm';
/** @type {Counted | null} */
let storm = null;
// The beginning may be among the lost messages.
line.on('gap', ({ topic }) => {
  if (topic !== STORMS) return;
  storm ??= newStorm();
  storm.gaps++;
});

export const joined = line.join(STORMS, (_value, { type }) => {
  if (type === 'begin') storm = newStorm();
  if (!storm) return;
  storm.messages++;
  if (type !== 'end') return;
  storm.ended = now();
  channel.postMessage({ counted: storm });
  storm = null;
});

channel.addEventListener('message', ({ data }) => data.who && announce());
addEventListener('pagehide', () => channel.postMessage({ gone: line.id }));
addEventListener('pageshow', ({ persisted }) => persisted && announce());
joined.ready.then(announce, () => {});

// Milliseconds from the start of the navigation to the first reply; posted once the tab has joined the topic, too.
const replied = line.request('hello', undefined, { timeout: 30_000 }).then(() => performance.now());
Promise.all([replied, joined.ready]).then(
  ([firstReply]) => parent.postMessage({ firstReply, tab: line.id }, location.origin),
  ({ message }) => parent.postMessage({ failed: message }, location.origin),
);

async function announce() {
  await joined.ready;
  channel.postMessage({ here: line.id });
}

/** @returns {Counted} */
function newStorm() {
  return { tab: line.id, messages: 0, gaps: 0, began: now(), ended: 0 };
}

function now() {
  return performance.timeOrigin + performance.now();
}
