package dev.partyline.container;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A client that speaks and reads nothing, until a test lets it hear what has piled up. Made of a bare socket, since every library reads on its own. */
final class DeafClient implements AutoCloseable {

    private static final int SMALL_BUFFER = 8 * 1024;
    private static final int TIMEOUT_MILLIS = 15_000;
    private static final int CLOSE = 0x8;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    /** What had piled up: how many bytes, and the close code at their end, or {@link Client#LOST}. */
    record Pile(long bytes, int closeCode) {
    }

    DeafClient(URI line) throws IOException {
        socket.setReceiveBufferSize(SMALL_BUFFER);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getByName(line.getHost()), line.getPort()));
        in = new DataInputStream(socket.getInputStream());
        write(("GET " + line.getPath() + " HTTP/1.1\r\nHost: " + line.getHost() + ":" + line.getPort() + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            answer.append((char) in.readUnsignedByte());
        }
        if (!answer.toString().startsWith("HTTP/1.1 101")) {
            throw new IOException("no WebSocket: " + answer);
        }
    }

    /** Sends a short text, masked with zeros. */
    void send(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(bytes.length + 8).put((byte) 0x81).put((byte) (0x80 | 126)).putShort((short) bytes.length).putInt(0).put(bytes);
        write(frame.array());
    }

    private void write(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    /** Reads at last, to the end. */
    Pile hear() throws IOException {
        long bytes = 0;
        try {
            while (true) {
                int opcode = in.readUnsignedByte() & 0xf;
                byte[] payload = new byte[length()];
                in.readFully(payload);
                bytes += payload.length;
                if (opcode == CLOSE) {
                    return new Pile(bytes, payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff);
                }
            }
        } catch (EOFException | SocketException e) {
            return new Pile(bytes, Client.LOST);
        }
    }

    private int length() throws IOException {
        int length = in.readUnsignedByte();
        return length < 126 ? length : length == 126 ? in.readUnsignedShort() : Math.toIntExact(in.readLong());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
