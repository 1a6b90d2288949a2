package dev.partyline.browser;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** One WebSocket as the {@link Tap} hears it: the frames of both directions, and how it ended. */
final class TappedSocket {

    private static final int CLOSE = 8;

    private final Socket browser;
    private final Socket server;
    private final List<String> up = new CopyOnWriteArrayList<>();
    private final List<String> down = new CopyOnWriteArrayList<>();
    private volatile Integer closeCode;
    private volatile boolean open = true;
    private volatile boolean silent;

    TappedSocket(Socket browser, Socket server) {
        this.browser = browser;
        this.server = server;
    }

    boolean isOpen() {
        return open;
    }

    /** The frames of the protocol that went from the browser to the server, one JSON object each. */
    List<String> up() {
        return List.copyOf(up);
    }

    /** Those from the server to the browser. */
    List<String> down() {
        return List.copyOf(down);
    }

    /** The frames to the server that have this type. */
    List<String> up(String type) {
        return up.stream().filter(frame -> frame.contains("\"type\":\"" + type + "\"")).toList();
    }

    List<String> down(String type) {
        return down.stream().filter(frame -> frame.contains("\"type\":\"" + type + "\"")).toList();
    }

    /** The code of the first close frame that either side sent; none if the connection just broke. */
    Optional<Integer> closeCode() {
        return Optional.ofNullable(closeCode);
    }

    /** Half-open from now on: both sides believe in the connection, and neither hears the other. */
    void silence() {
        silent = true;
    }

    /** Breaks the connection without a goodbye. */
    void cut() {
        silent = false;
        Tap.hangUp(browser);
        Tap.hangUp(server);
    }

    void pumpUp() {
        pump(browser, server, up);
    }

    void pumpDown() {
        try {
            byte[] head = Tap.head(server.getInputStream());
            browser.getOutputStream().write(head);
            if (new String(head, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101")) {
                pump(server, browser, down);
                return;
            }
            server.getInputStream().transferTo(browser.getOutputStream());
        } catch (IOException gone) {
            // Told to the other side below.
        }
        Tap.hangUp(server);
        Tap.hangUp(browser);
    }

    void ended() {
        open = false;
    }

    /** Passes bytes on as they come, and reads along. */
    private void pump(Socket from, Socket to, List<String> heard) {
        Ear ear = new Ear(heard);
        byte[] some = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(some); read >= 0; read = in.read(some)) {
                if (!silent) {
                    ear.hear(some, read);
                    out.write(some, 0, read);
                }
            }
        } catch (IOException gone) {
            // Told to the other side below, unless neither may hear.
        }
        open = false;
        if (!silent) {
            Tap.hangUp(from);
            Tap.hangUp(to);
        }
    }

    /** Understands RFC 6455 as far as text, its continuation, and close. */
    private final class Ear {
        private final List<String> heard;
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private byte[] pending = new byte[0];

        Ear(List<String> heard) {
            this.heard = heard;
        }

        void hear(byte[] bytes, int length) {
            byte[] all = new byte[pending.length + length];
            System.arraycopy(pending, 0, all, 0, pending.length);
            System.arraycopy(bytes, 0, all, pending.length, length);
            int at = 0;
            for (int size = frame(all, at); size > 0; size = frame(all, at)) {
                at += size;
            }
            pending = Arrays.copyOfRange(all, at, all.length);
        }

        /** Takes the frame that begins here; its size, or 0 if it is not here whole. */
        private int frame(byte[] all, int at) {
            int available = all.length - at;
            if (available < 2) {
                return 0;
            }
            int first = all[at] & 0xff;
            boolean masked = (all[at + 1] & 0x80) != 0;
            long length = all[at + 1] & 0x7f;
            int lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0;
            int header = 2 + lengthBytes + (masked ? 4 : 0);
            if (available < header) {
                return 0;
            }
            if (lengthBytes > 0) {
                length = 0;
                for (int i = 0; i < lengthBytes; i++) {
                    length = length << 8 | all[at + 2 + i] & 0xff;
                }
            }
            if (available < header + length) {
                return 0;
            }
            byte[] payload = new byte[(int) length];
            for (int i = 0; i < payload.length; i++) {
                byte mask = masked ? all[at + header - 4 + i % 4] : 0;
                payload[i] = (byte) (all[at + header + i] ^ mask);
            }
            take(first & 0x0f, (first & 0x80) != 0, payload);
            return header + payload.length;
        }

        private void take(int opcode, boolean last, byte[] payload) {
            if (opcode == CLOSE) {
                if (closeCode == null) {
                    closeCode = payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
                }
            } else if (opcode < CLOSE) {
                message.writeBytes(payload);
                if (last) {
                    Stream.of(message.toString(StandardCharsets.UTF_8).split("\n")).forEach(heard::add);
                    message.reset();
                }
            }
        }
    }
}
