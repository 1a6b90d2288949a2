// The peer socket.io: a room for what is published, an event of its own for the echo.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http);
io.on('connection', (socket) => {
  socket.join('bench');
  socket.emit('joined');
  socket.on('publish', (value) => io.to('bench').emit('message', value));
  socket.on('echo', (value) => socket.emit('message', value));
});
http.listen(Number(process.argv[2]), '127.0.0.1', 4096);
