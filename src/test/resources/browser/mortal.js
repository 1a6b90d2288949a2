// The product's worker in a shell that can do to it what browsers do: end it, or start it anew behind its ports.
const ports = [];
const sockets = [];
let connected = [];

const listen = self.addEventListener.bind(self);
self.addEventListener = (type, listener, options) => {
  if (type === 'connect') connected.push(listener);
  else listen(type, listener, options);
};
self.WebSocket = class extends WebSocket {
  constructor(...whatever) {
    super(...whatever);
    sockets.push(this);
  }
};

listen('connect', (event) => {
  ports.push(event.ports[0]);
  for (const listener of connected) listener(event);
});
importScripts('/partyline/worker.js');

new BroadcastChannel('fate').onmessage = ({ data }) => {
  if (data === 'end') self.close();
  if (data === 'restart') {
    // The state is lost and the socket with it; the ports are not, and the new run is told of them again.
    connected = [];
    for (const socket of sockets.splice(0)) {
      socket.onclose = socket.onmessage = null;
      socket.close();
    }
    for (const port of ports) port.onmessage = null;
    importScripts('/partyline/worker.js');
    for (const port of ports) for (const listener of connected) listener({ ports: [port] });
  }
};
