/** The least that a page needs for a WebSocket of its own: when it has its first answer, bench.js wants to know. */
const socket = new WebSocket(new URL('../line', location.href.replace('http', 'ws')));
socket.onopen = () => socket.send('{"data":{"from":"bench","data":"first"}}');
socket.onmessage = () => {
  socket.close();
  parent.postMessage({ firstAnswer: performance.now() }, location.origin);
};
