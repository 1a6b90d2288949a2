// The peer `ws`: what is published goes to every client, an echo back to the one that asked.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (text) => {
    const { type, value } = JSON.parse(text);
    const answer = JSON.stringify(value);
    if (type === 'publish') server.clients.forEach((client) => client.send(answer));
    else socket.send(answer);
  });
});
