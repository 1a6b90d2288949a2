/** What every tab does that takes part in the bench: it counts what a storm brings, and tells that to the others. */
import { connect } from '../main.js';

/**
 * @typedef {object} Counted  of one storm in one tab
 * @property {string} tab
 * @property {number} messages
 * @property {number} gaps
 * @property {number} began  in milliseconds since the epoch, with parts of them
 * @property {number} ended
 */

export const line = connect();

/** Where the tabs of one browser talk about storms, past the line that they measure. */
export const TALK = 'partyline bench';
const talk = new BroadcastChannel(TALK);

const STORMS = 'demo.storm';
/** @type {Counted | null} */
let storm = null;
// The beginning may be what is gone.
line.on('gap', ({ topic }) => {
  if (topic !== STORMS) return;
  storm ??= aStorm();
  storm.gaps++;
});

export const joined = line.join(STORMS, (_value, { type }) => {
  if (type === 'begin') storm = aStorm();
  if (!storm) return;
  storm.messages++;
  if (type !== 'end') return;
  storm.ended = now();
  talk.postMessage({ counted: storm });
  storm = null;
});

talk.addEventListener('message', ({ data }) => data.who && sayHere());
addEventListener('pagehide', () => talk.postMessage({ gone: line.id }));
addEventListener('pageshow', ({ persisted }) => persisted && sayHere());
joined.ready.then(sayHere, () => {});

// Milliseconds from the start of the navigation to the first answer; told when the next storm will be heard too.
const answered = line.request('hello', undefined, { timeout: 30_000 }).then(() => performance.now());
Promise.all([answered, joined.ready]).then(
  ([firstAnswer]) => parent.postMessage({ firstAnswer, tab: line.id }, location.origin),
  ({ message }) => parent.postMessage({ failed: message }, location.origin),
);

async function sayHere() {
  await joined.ready;
  talk.postMessage({ here: line.id });
}

/** @returns {Counted} */
function aStorm() {
  return { tab: line.id, messages: 0, gaps: 0, began: now(), ended: 0 };
}

function now() {
  return performance.timeOrigin + performance.now();
}
