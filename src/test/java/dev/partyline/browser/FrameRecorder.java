package dev.partyline.browser;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Reads along one direction of a WebSocket: understands RFC 6455 as far as text, its continuation, and close.
 *
 * <p>One thread feeds it with whatever bytes arrive.
 */
final class FrameRecorder {
    private static final int CLOSE = 8;
    /** What a close frame without a code means. */
    private static final int NO_STATUS = 1005;

    private final Consumer<String> onFrame;
    private final IntConsumer onClose;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private byte[] pending = new byte[0];

    FrameRecorder(Consumer<String> onFrame, IntConsumer onClose) {
        this.onFrame = onFrame;
        this.onClose = onClose;
    }

    void read(byte[] bytes, int length) {
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
            onClose.accept(payload.length < 2 ? NO_STATUS : (payload[0] & 0xff) << 8 | payload[1] & 0xff);
        } else if (opcode < CLOSE) {
            message.writeBytes(payload);
            if (last) {
                Stream.of(message.toString(StandardCharsets.UTF_8).split("\n")).forEach(onFrame);
                message.reset();
            }
        }
    }
}
