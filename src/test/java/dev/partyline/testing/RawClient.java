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
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A client that may do what no WebSocket library lets one do: any header, any bits, half a frame, no pong, and not to read at all.
 *
 * <p>It reads nothing until it is asked to.
 */
public final class RawClient implements AutoCloseable {

    public static final int TEXT = 0x1;
    public static final int CLOSE = 0x8;
    public static final int PING = 0x9;
    public static final int PONG = 0xA;
    public static final int FIN = 0x80;
    public static final int DROPPED = 1006;

    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final byte[] MASK = {1, 2, 3, 4};

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final String response;
    /** Whether the frame that was read last ends its message. */
    private boolean isLast;
    private final ByteArrayOutputStream fragments = new ByteArrayOutputStream();
    private int opcodeOfFragments;

    /** A WebSocket frame from the server. */
    public record Frame(int opcode, byte[] payload) {

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** The code that a close bears. */
        public int closeCode() {
            return payload.length < 2 ? DROPPED : ByteBuffer.wrap(payload).getShort() & 0xffff;
        }
    }

    /** Knocks as a browser's page of the server's own origin would. */
    public RawClient(int port) {
        this(port, "Origin: http://127.0.0.1:" + port);
    }

    /** Knocks with these headers besides those that every handshake has. */
    public RawClient(int port, String... headers) {
        this(port, 0, headers);
    }

    /** @param receiveBuffer bytes that the network takes for one who does not read; 0 for the usual */
    public RawClient(int port, int receiveBuffer, String... headers) {
        this(URI.create("ws://127.0.0.1:" + port + "/partyline/line"), receiveBuffer, headers);
    }

    /** Knocks at another place than Partyline's own. */
    public RawClient(URI line, int receiveBuffer, String... headers) {
        this(line, line.getHost() + ":" + line.getPort(), receiveBuffer, headers);
    }

    /** Knocks as a browser does in which this host name, with its port, points to the server. */
    public static RawClient under(String host, int port, String... headers) {
        return new RawClient(URI.create("ws://127.0.0.1:" + port + "/partyline/line"), host, 0, headers);
    }

    /** Knocks over a connection that is there already, such as one with TLS or from another address. */
    public static RawClient over(Socket connected, String path, String host, String... headers) {
        return new RawClient(connected, path, host, headers);
    }

    private RawClient(URI line, String host, int receiveBuffer, String... headers) {
        this(connected(line, receiveBuffer), line.getPath(), host, headers);
    }

    private RawClient(Socket connected, String path, String host, String... headers) {
        try {
            socket = connected;
            socket.setSoTimeout((int) TIMEOUT.toMillis());
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
            String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + more + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            response = head();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Socket connected(URI line, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(InetAddress.getByName(line.getHost()), line.getPort()));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(in.readByte());
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** The server's answer to the handshake, status line and headers. */
    public String response() {
        return response;
    }

    /** Writes bytes as they are, all of them before those of another thread; false if the server has cut the connection. */
    public synchronized boolean write(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return true;
        } catch (SocketException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawClient send(String text) {
        write(frame(FIN | TEXT, text.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /** A frame as a client must write it. */
    public static byte[] frame(int firstByte, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(header(firstByte, payload.length, true));
        frame.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ MASK[i % MASK.length]);
        }
        return frame.toByteArray();
    }

    /** The beginning of a frame that claims this length. */
    public static byte[] header(int firstByte, long length, boolean masked) {
        int mask = masked ? 0x80 : 0;
        if (length >= 0 && length < 126) {
            return new byte[] {(byte) firstByte, (byte) (mask | (int) length)};
        }
        if (length >= 0 && length < 65_536) {
            return ByteBuffer.allocate(4).put((byte) firstByte).put((byte) (mask | 126)).putShort((short) length).array();
        }
        return ByteBuffer.allocate(10).put((byte) firstByte).put((byte) (mask | 127)).putLong(length).array();
    }

    /** The next frame; empty where the connection has ended. */
    public Optional<Frame> read() {
        try {
            int first = in.readUnsignedByte();
            int opcode = first & 0x0f;
            isLast = (first & FIN) != 0;
            long length = in.readUnsignedByte() & 0x7f;
            length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
            byte[] payload = new byte[Math.toIntExact(length)];
            in.readFully(payload);
            return Optional.of(new Frame(opcode, payload));
        } catch (EOFException | SocketException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("nothing came for " + TIMEOUT, e);
        }
    }

    /** The next message or control frame; a message that comes in fragments is joined. */
    public Optional<Frame> readWhole() {
        for (Optional<Frame> frame = read(); frame.isPresent(); frame = read()) {
            if (frame.get().opcode() >= CLOSE) {
                return frame;
            }
            opcodeOfFragments = Math.max(opcodeOfFragments, frame.get().opcode());
            fragments.writeBytes(frame.get().payload());
            if (isLast) {
                Frame whole = new Frame(opcodeOfFragments, fragments.toByteArray());
                opcodeOfFragments = 0;
                fragments.reset();
                return Optional.of(whole);
            }
        }
        return Optional.empty();
    }

    /** The next text; pings and pongs before it are passed over. */
    public String readText() {
        Frame frame = read().orElseThrow();
        while (frame.opcode() == PING || frame.opcode() == PONG) {
            frame = read().orElseThrow();
        }
        if (frame.opcode() != TEXT) {
            throw new IllegalStateException("a text was expected, and opcode " + frame.opcode() + " came");
        }
        return frame.text();
    }

    /** Reads to the end; the code of the server's close, 1006 where none came. */
    public int closeCode() {
        Optional<Frame> frame = read();
        while (frame.isPresent() && frame.get().opcode() != CLOSE) {
            frame = read();
        }
        return frame.map(Frame::closeCode).orElse(DROPPED);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
