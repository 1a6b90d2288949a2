// What the bench measures, from inside a tab. `?options={...}` goes to connect().
import { connect } from '/partyline/main.js';

const line = connect(JSON.parse(new URLSearchParams(location.search).get('options') ?? '{}'));

/** Milliseconds from the start of the navigation to the first answer. */
const firstAnswer = line.request('greeting').then(() => performance.now());

/** Joins a topic, and tells how many messages came until the one that says "end", how many gaps, and when it began and ended. */
async function count(topic) {
  const counted = { messages: 0, gaps: 0, began: 0, ended: 0 };
  window.counted = new Promise((resolve) => {
    line.on('gap', () => counted.gaps++);
    const joined = line.join(topic, (value) => {
      if (counted.messages++ === 0) counted.began = Date.now();
      counted.ended = Date.now();
      if (value === 'end') resolve(counted);
    });
    window.joined = joined.ready.then(() => {});
  });
  await joined;
}

/** The median and the 95th percentile of so many round trips, one after another, in milliseconds. */
async function roundTrips(times, ask) {
  const took = [];
  for (let i = 0; i < times; i++) {
    const asked = performance.now();
    await ask();
    took.push(performance.now() - asked);
  }
  took.sort((a, b) => a - b);
  return { median: took[times >> 1], p95: took[Math.floor(times * 0.95)] };
}

/** Round trips over the line. */
const overTheLine = (times) => roundTrips(times, () => line.request('greeting'));

/** Round trips over a WebSocket that this tab opens, in the shapes of the post. */
async function overASocketOfItsOwn(times) {
  const socket = new WebSocket(new URL('/partyline/line', location.href.replace('http', 'ws')));
  await new Promise((resolve) => (socket.onopen = resolve));
  try {
    return await roundTrips(times, () => {
      socket.send('{"data":{"from":"bench","type":"greeting"}}');
      return new Promise((resolve) => (socket.onmessage = resolve));
    });
  } finally {
    socket.close();
  }
}

Object.assign(window, { line, firstAnswer, count, overTheLine, overASocketOfItsOwn });
