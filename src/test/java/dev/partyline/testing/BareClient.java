package dev.partyline.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A WebSocket client over a bare socket, which can do what no well-behaved client does: never read, send half a frame, break the rules.
 *
 * <p>It reads only when it is asked to, and answers pings while it reads unless it is told not to.
 */
public final class BareClient implements AutoCloseable {

    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    /** What a close without a code, or no close at all before the end of the connection, counts as. */
    public static final int NO_CODE = 1005;
    public static final int ABNORMAL = 1006;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final byte[] MASK = {0x11, 0x22, 0x33, 0x44};

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final String status;
    private final List<String> headers = new ArrayList<>();
    public boolean answersPings = true;

    /** One frame as it came. */
    public record Received(int opcode, byte[] payload) {

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        public int code() {
            return payload.length < 2 ? NO_CODE : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }
    }

    public BareClient(URI uri, String... moreHeaders) {
        this(uri, 0, moreHeaders);
    }

    /** @param receiveBuffer bytes that the system takes in for a client that does not read, or 0 */
    public BareClient(URI uri, int receiveBuffer, String... moreHeaders) {
        try {
            socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()));
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
            StringBuilder request = new StringBuilder("GET " + uri.getPath() + " HTTP/1.1\r\nHost: 127.0.0.1:" + uri.getPort()
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
            for (String header : moreHeaders) {
                request.append(header).append("\r\n");
            }
            out.write(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            status = line();
            for (String header = line(); !header.isEmpty(); header = line()) {
                headers.add(header);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String status() {
        return status;
    }

    public List<String> headers() {
        return headers;
    }

    public void text(String text) {
        frame(FIN | TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A part of a text message. */
    public void part(String text, boolean first, boolean last) {
        frame((last ? FIN : 0) | (first ? TEXT : CONTINUATION), text.getBytes(StandardCharsets.UTF_8));
    }

    /** @param head the first byte as it is sent: end bit, reserved bits, opcode */
    public void frame(int head, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
        frame.write(head);
        if (payload.length < 126) {
            frame.write(MASKED | payload.length);
        } else if (payload.length < 65_536) {
            frame.write(MASKED | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(MASKED | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) payload.length >> shift));
            }
        }
        frame.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ MASK[i % 4]);
        }
        raw(frame.toByteArray());
    }

    public void raw(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a send fails by now: the other end is gone. */
    public boolean sendFails() {
        try {
            out.write(new byte[] {(byte) (FIN | PONG), (byte) MASKED, 0, 0, 0, 0});
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The next message or close, put together from its parts; empty at the end of the connection. */
    public Optional<Received> read() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int kind = CONTINUATION;
        try {
            while (true) {
                int head = in.readUnsignedByte();
                long length = in.readUnsignedByte() & 0x7f;
                length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
                byte[] payload = new byte[Math.toIntExact(length)];
                in.readFully(payload);
                int opcode = head & 0xf;
                if (opcode == PING && answersPings) {
                    frame(FIN | PONG, payload);
                }
                if (opcode == CLOSE) {
                    return Optional.of(new Received(CLOSE, payload));
                }
                if (opcode < CLOSE) {
                    kind = opcode == CONTINUATION ? kind : opcode;
                    message.writeBytes(payload);
                    if ((head & FIN) != 0) {
                        return Optional.of(new Received(kind, message.toByteArray()));
                    }
                }
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came for " + PATIENCE, e);
        } catch (EOFException e) {
            return Optional.empty();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** The next text message. */
    public String message() {
        Received received = read().orElseThrow(() -> new AssertionError("the connection has ended"));
        if (received.opcode() != TEXT) {
            throw new AssertionError("no text came but opcode " + received.opcode() + ", code " + received.code());
        }
        return received.text();
    }

    /** Reads on to the end. */
    public int closeCode() {
        for (Optional<Received> received = read(); received.isPresent(); received = read()) {
            if (received.get().opcode() == CLOSE) {
                return received.get().code();
            }
        }
        return ABNORMAL;
    }

    /** Reads for so long as something comes, and gives what came before the pause. */
    public List<String> messagesUntilQuiet(Duration pause) {
        List<String> messages = new ArrayList<>();
        try {
            socket.setSoTimeout((int) pause.toMillis());
            while (true) {
                messages.add(message());
            }
        } catch (AssertionError e) {
            return messages;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            try {
                socket.setSoTimeout((int) PATIENCE.toMillis());
            } catch (IOException e) {
                // Closed meanwhile; whoever reads next will see it.
            }
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
