package dev.partyline.browser;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One WebSocket as the {@link RecordingProxy} hears it: the frames of both directions, and how it ended. */
final class RecordedSocket {

    private final Socket browser;
    private final Socket server;
    private final String handshake;
    private final List<String> up = new CopyOnWriteArrayList<>();
    private final List<String> down = new CopyOnWriteArrayList<>();
    private volatile Integer closeCode;
    private volatile boolean open = true;
    private volatile boolean silent;
    private volatile long lastForwarded = System.nanoTime();
    private volatile Optional<Integer> closeAtOnce = Optional.empty();
    private final LongAdder bytesDown = new LongAdder();
    private boolean closing;
    private Optional<ByteArrayOutputStream> held = Optional.empty();

    /** @param handshake the head of the browser's request for it */
    RecordedSocket(Socket browser, Socket server, String handshake) {
        this.browser = browser;
        this.server = server;
        this.handshake = handshake;
    }

    /** The cookies that the browser asked for it with; empty for none. */
    String cookies() {
        return handshake.lines().filter(line -> line.regionMatches(true, 0, "cookie:", 0, 7)).map(line -> line.substring(7).strip())
            .collect(Collectors.joining("; "));
    }

    boolean isOpen() {
        return open;
    }

    /** The frames that went from the browser to the server, one JSON object each, those that contain all of these. */
    List<String> up(String... parts) {
        return containing(up, parts);
    }

    /** Those from the server to the browser. */
    List<String> down(String... parts) {
        return containing(down, parts);
    }

    /** How many bytes came from the server, with the head of its answer. */
    long bytesDown() {
        return bytesDown.sum();
    }

    /** The code of the first close frame that either side sent; none if the connection just broke. */
    Optional<Integer> closeCode() {
        return Optional.ofNullable(closeCode);
    }

    /** Half-open from now on: both sides believe in the connection, and neither hears the other. */
    void silence() {
        silent = true;
    }

    /** Keeps what the server says from the browser until {@link #release}. */
    synchronized void hold() {
        held = Optional.of(new ByteArrayOutputStream());
    }

    synchronized void release() {
        byte[] kept = held.orElseThrow().toByteArray();
        held = Optional.empty();
        try {
            browser.getOutputStream().write(kept);
        } catch (IOException gone) {
            cut();
        }
    }

    /** Closes the browser's end with this code as soon as it is open. */
    void closeAtOnce(int code) {
        closeAtOnce = Optional.of(code);
    }

    /** Since when nothing has passed. */
    Duration idle() {
        return Duration.ofNanos(System.nanoTime() - lastForwarded);
    }

    /** Closes the browser's end as the server would with this code. */
    synchronized void close(int code) {
        closing = true;
        try {
            browser.getOutputStream().write(new byte[] {(byte) 0x88, 2, (byte) (code >> 8), (byte) code});
        } catch (IOException gone) {
            cut();
        }
    }

    /** Breaks the connection without a goodbye. */
    void cut() {
        silent = false;
        RecordingProxy.hangUp(browser);
        RecordingProxy.hangUp(server);
    }

    void pumpUp() {
        pump(browser, server, up);
    }

    void pumpDown() {
        try {
            byte[] head = RecordingProxy.head(server.getInputStream());
            bytesDown.add(head.length);
            browser.getOutputStream().write(head);
            if (new String(head, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101")) {
                closeAtOnce.ifPresent(this::close);
                pump(server, browser, down);
                return;
            }
            server.getInputStream().transferTo(browser.getOutputStream());
        } catch (IOException gone) {
            // Told to the other side below.
        }
        RecordingProxy.hangUp(server);
        RecordingProxy.hangUp(browser);
    }

    void ended() {
        open = false;
    }

    /** Passes bytes on as they come, and reads along. */
    private void pump(Socket from, Socket to, List<String> heard) {
        FrameRecorder ear = new FrameRecorder(heard::add, this::onClose);
        byte[] some = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(some); read >= 0; read = in.read(some)) {
                lastForwarded = System.nanoTime();
                if (from == server) {
                    bytesDown.add(read);
                }
                if (!silent) {
                    ear.read(some, read);
                    forward(some, read, from, out);
                }
            }
        } catch (IOException gone) {
            // Told to the other side below, unless neither may hear.
        }
        open = false;
        if (!silent) {
            RecordingProxy.hangUp(from);
            RecordingProxy.hangUp(to);
        }
    }

    private static List<String> containing(List<String> frames, String... parts) {
        return frames.stream().filter(frame -> Stream.of(parts).allMatch(frame::contains)).toList();
    }

    private synchronized void forward(byte[] bytes, int length, Socket from, OutputStream out) throws IOException {
        if (from == server && closing) {
            // Nothing may follow a close frame, not even the server's own.
            return;
        }
        boolean kept = from == server && held.isPresent();
        (kept ? held.get() : out).write(bytes, 0, length);
    }

    private void onClose(int code) {
        if (closeCode == null) {
            closeCode = code;
        }
    }
}
