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

/** @type {Counted | null} */
let storm = null;
line.on('gap', () => storm && storm.gaps++);

export const joined = line.join('demo.storm', (_value, { type }) => {
  if (type === 'begin') storm = { tab: line.id, messages: 0, gaps: 0, began: now(), ended: 0 };
  if (!storm) return;
  storm.messages++;
  if (type !== 'end') return;
  storm.ended = now();
  talk.postMessage({ counted: storm });
  storm = null;
});

talk.onmessage = ({ data }) => data.who && sayHere();
addEventListener('pagehide', () => talk.postMessage({ gone: line.id }));
addEventListener('pageshow', ({ persisted }) => persisted && sayHere());
joined.ready.then(sayHere, () => {});

// Milliseconds from the start of the navigation to the first answer.
line.request('hello', undefined, { timeout: 30_000 }).then(
  () => parent.postMessage({ firstAnswer: performance.now() }, location.origin),
  ({ message }) => parent.postMessage({ failed: message }, location.origin),
);

async function sayHere() {
  await joined.ready;
  talk.postMessage({ here: line.id });
}

function now() {
  return performance.timeOrigin + performance.now();
}
