package dev.partyline.line;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What one WebSocket message carries, for one line or for many: its text and, once a socket wants them, its bytes, which are made once for all. Belongs to an operator.
 *
 * <p>A container encodes a text anew for each session. That was a sixth of what a fan-out to a thousand lines cost.
 */
final class Parcel {

    private final String text;
    private byte[] utf8;

    Parcel(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    /** In characters, which is what credit is counted in. */
    int length() {
        return text.length();
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    /** A buffer of the caller's own over the shared bytes. */
    ByteBuffer utf8() {
        if (utf8 == null) {
            utf8 = text.getBytes(StandardCharsets.UTF_8);
        }
        return ByteBuffer.wrap(utf8);
    }
}
