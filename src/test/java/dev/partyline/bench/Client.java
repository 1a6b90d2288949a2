package dev.partyline.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;

/**
 * One WebSocket of the load generator, on its one thread: the upgrade, frames in, frames out. It may be opened again after it was dropped.
 *
 * <p>No library stands here, since each has threads and objects enough to be what is measured.
 */
final class Client {

    private static final byte[] MASK = {0x2a, 0x51, 0x0c, 0x77};
    private static final byte[] NOTHING = {};
    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int TWO_BYTE_LENGTH = 126;
    private static final int EIGHT_BYTE_LENGTH = 127;
    /** Linux lends some 28,000 ports to each address of its own, and a storm needs more. */
    private static final int ADDRESSES = System.getProperty("os.name").equals("Linux") ? 8 : 1;

    final int number;
    final BenchProtocol protocol;
    private final Load load;
    private final InetSocketAddress server;
    private final String upgrade;

    private SocketChannel channel;
    private SelectionKey key;
    private boolean upgraded;
    private boolean ready;
    private int closeCode;
    private String failure = "dropped";
    private byte[] rest = NOTHING;
    private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>(1);

    Client(int number, Load load, InetSocketAddress server, BenchServer benchServer) {
        this.number = number;
        this.load = load;
        this.server = server;
        this.upgrade = "GET " + benchServer.path + " HTTP/1.1\r\nHost: " + server.getHostString() + ":" + server.getPort()
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFydHlsaW5lIGJlbmNoIQ==\r\n\r\n";
        this.protocol = benchServer.protocol.apply(this);
    }

    /** @param receiveBuffer bytes that the kernel may keep for this socket, 0 for the usual */
    void open(int receiveBuffer) throws IOException {
        upgraded = false;
        closeCode = 0;
        failure = "dropped";
        rest = NOTHING;
        waiting.clear();
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (receiveBuffer > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
        }
        channel.bind(new InetSocketAddress("127.0.0." + (1 + number % ADDRESSES), 0));
        key = load.register(channel, this);
        if (channel.connect(server)) {
            connected();
        }
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** What the server closed with, 0 where it did not say. */
    int closeCode() {
        return closeCode;
    }

    /** How its connection ended, empty while it has not. */
    Optional<String> end() {
        return isOpen() ? Optional.empty() : Optional.of(closeCode == 0 ? failure : "closed with " + closeCode);
    }

    /** The protocol's own handshake is done. */
    void ready() {
        ready = true;
        load.ready();
    }

    /** @param sentNanos when the message was published, by {@link Load#now} */
    void onMessage(long sentNanos) {
        load.onMessage(this, sentNanos);
    }

    void lost(long messages) {
        load.lost(messages);
    }

    void send(String text) {
        send(TEXT, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void stopReading() {
        key.interestOps(0);
    }

    void readOn() {
        key.interestOps(SelectionKey.OP_READ);
    }

    /** Ends the connection without a word. */
    void drop() {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone, which was all that was wanted.
        }
        if (ready) {
            ready = false;
            load.onClosed();
        } else {
            load.onRejected(this);
        }
        protocol.dropped();
    }

    /** What the selector says is ready. */
    void act(ByteBuffer incoming, byte[] scratch) {
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                connected();
            }
            if (key.isWritable()) {
                writeWaiting();
            }
            if (key.isValid() && key.isReadable()) {
                read(incoming, scratch);
            }
        } catch (IOException e) {
            failed(e.toString());
        }
    }

    private void failed(String why) {
        if (channel.isOpen()) {
            failure = why;
            drop();
        }
    }

    private void connected() throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        write(ByteBuffer.wrap(upgrade.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private void read(ByteBuffer incoming, byte[] scratch) throws IOException {
        int read = channel.read(incoming.clear());
        if (read < 0) {
            failed("ended by the server");
            return;
        }
        System.arraycopy(rest, 0, scratch, 0, rest.length);
        incoming.flip().get(scratch, rest.length, read);
        int end = rest.length + read;
        int used = upgraded ? frames(scratch, 0, end) : answer(scratch, end);
        rest = used < end ? Arrays.copyOfRange(scratch, used, end) : NOTHING;
    }

    /** Reads the answer to the upgrade and what came with it. Returns how many bytes are done with. */
    private int answer(byte[] bytes, int end) {
        for (int i = 3; i < end; i++) {
            if (bytes[i] == '\n' && bytes[i - 2] == '\n') {
                upgraded = new String(bytes, 0, i, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101");
                if (!upgraded) {
                    drop();
                    return end;
                }
                protocol.opened();
                return frames(bytes, i + 1, end);
            }
        }
        return 0;
    }

    private int frames(byte[] bytes, int from, int end) {
        int at = from;
        while (end - at >= 2) {
            int length = bytes[at + 1] & 0x7f;
            int head = length == EIGHT_BYTE_LENGTH ? 10 : length == TWO_BYTE_LENGTH ? 4 : 2;
            if (end - at < head) {
                break;
            }
            if (head > 2) {
                length = 0;
                for (int i = 2; i < head; i++) {
                    length = length << 8 | bytes[at + i] & 0xff;
                }
            }
            if (end - at < head + length) {
                break;
            }
            frame(bytes[at] & 0xf, bytes, at + head, at + head + length);
            if (!channel.isOpen()) {
                return end;
            }
            at += head + length;
        }
        return at;
    }

    private void frame(int kind, byte[] bytes, int from, int to) {
        switch (kind) {
            case CLOSE -> {
                closeCode = to - from < 2 ? 0 : (bytes[from] & 0xff) << 8 | bytes[from + 1] & 0xff;
                drop();
            }
            case PING -> send(PONG, Arrays.copyOfRange(bytes, from, to));
            case PONG -> { }
            default -> protocol.text(bytes, from, to);
        }
    }

    private void send(int kind, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14).put((byte) (FINAL | kind));
        if (payload.length < TWO_BYTE_LENGTH) {
            frame.put((byte) (MASKED | payload.length));
        } else if (payload.length < 1 << 16) {
            frame.put((byte) (MASKED | TWO_BYTE_LENGTH)).putShort((short) payload.length);
        } else {
            frame.put((byte) (MASKED | EIGHT_BYTE_LENGTH)).putLong(payload.length);
        }
        frame.put(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ MASK[i & 3]));
        }
        try {
            write(frame.flip());
        } catch (IOException e) {
            failed(e.toString());
        }
    }

    private void write(ByteBuffer frame) throws IOException {
        if (waiting.isEmpty()) {
            channel.write(frame);
        }
        if (frame.hasRemaining()) {
            waiting.add(frame);
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
    }

    private void writeWaiting() throws IOException {
        while (!waiting.isEmpty()) {
            channel.write(waiting.peek());
            if (waiting.peek().hasRemaining()) {
                return;
            }
            waiting.remove();
        }
        key.interestOpsAnd(~SelectionKey.OP_WRITE);
    }
}
