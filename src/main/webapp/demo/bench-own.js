/** The minimal page with a WebSocket of its own. Reports the time of its first reply to bench.js. */
const socket = new WebSocket(new URL('../line', location.href.replace('http', 'ws')));
socket.onopen = () => socket.send('{"data":{"from":"bench","data":"first"}}');
socket.onmessage = () => {
  socket.close();
  parent.postMessage({ firstReply: performance.now() }, location.origin);
};
