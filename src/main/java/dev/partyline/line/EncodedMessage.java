package dev.partyline.line;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * An encoded message that several lines share: its text and, once a socket needs them, its bytes.
 *
 * <p>Each is made once. Containers encode a text anew for each session, which was a sixth of the cost of a fan-out to a thousand lines. A concatenation is made once, too: lines
 * with the same topics are sent the same messages one after the other.
 *
 * <p>Shared by the lines of one event loop and confined to its thread, unless it was made for a single message.
 */
final class EncodedMessage {

    /** All but the last part; null if there is one part only. */
    private final EncodedMessage head;
    private final String last;
    private final int length;
    private String text;
    private byte[] utf8;
    /** The message that was last appended to this one, and the concatenation. */
    private EncodedMessage follower;
    private EncodedMessage both;

    EncodedMessage(String text) {
        this.head = null;
        this.last = text;
        this.length = text.length();
        this.text = text;
    }

    private EncodedMessage(EncodedMessage head, EncodedMessage last) {
        this.head = head;
        this.last = last.text();
        this.length = head.length + 1 + last.length;
    }

    /** This message and the next, with a line feed between them. The text is built on demand, since of a chain mostly the end is needed. */
    EncodedMessage followedBy(EncodedMessage next) {
        if (follower != next) {
            follower = next;
            both = new EncodedMessage(this, next);
        }
        return both;
    }

    String text() {
        if (text == null) {
            char[] joined = new char[length];
            int end = length;
            for (EncodedMessage part = this; part != null; part = part.head) {
                end -= part.last.length();
                part.last.getChars(0, part.last.length(), joined, end);
                if (end > 0) {
                    joined[--end] = '\n';
                }
            }
            text = new String(joined);
        }
        return text;
    }

    /** In characters, the unit of credit. */
    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** A new buffer over the shared bytes. */
    ByteBuffer utf8() {
        if (utf8 == null) {
            utf8 = text().getBytes(StandardCharsets.UTF_8);
        }
        return ByteBuffer.wrap(utf8);
    }
}
