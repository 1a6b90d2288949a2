package dev.partyline.connection;

import dev.partyline.line.InboundMemory;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Joins the parts in which a container delivers a WebSocket message, up to a maximum length. Containers differ in what they do with large messages,
 * so none of them may buffer one.
 *
 * <p>Belongs to the thread that reads, but for {@link #discard} and {@link #isOlderThan}.
 */
final class MessageParts {

    private static final int BYTES_PER_CHAR = 2;
    /** Memory is counted in such steps, since a container may deliver many small parts. */
    private static final int STEP_BYTES = 16_384;

    private final int maxChars;
    private final InboundMemory memory;
    private final Supplier<String> owner;
    private StringBuilder text = new StringBuilder(0);
    private int binaryBytes;
    /** When the first part has come; of no meaning while there is none. Written by the thread that reads. */
    private volatile long begunAt;
    /** Written by the thread that reads. */
    private volatile boolean incomplete;
    /** Guarded by this object's monitor, as what follows. */
    private long countedBytes;
    private String countedFor;
    private boolean discarded;

    /** @param owner the user or address in whose share of the memory the parts are */
    MessageParts(int maxChars, InboundMemory memory, Supplier<String> owner) {
        this.maxChars = maxChars;
        this.memory = memory;
        this.owner = owner;
    }

    boolean hasRoomFor(int length) {
        return text.length() + binaryBytes + length <= maxChars;
    }

    /** A part that is not the last one; false if there is no memory for it. */
    boolean add(String part, long now) {
        begin(now);
        text.append(part);
        return count((long) BYTES_PER_CHAR * text.length());
    }

    private void begin(long now) {
        if (!incomplete) {
            begunAt = now;
            incomplete = true;
        }
    }

    private synchronized boolean count(long needed) {
        while (countedBytes < needed) {
            String payer = countedFor == null ? owner.get() : countedFor;
            if (discarded || !memory.tryAdd(payer, STEP_BYTES)) {
                return false;
            }
            countedFor = payer;
            countedBytes += STEP_BYTES;
        }
        return true;
    }

    /** The message that ends with this part. The next part begins another message. */
    String end(String last) {
        if (!incomplete) {
            return last;
        }
        String message = text.append(last).toString();
        // A connection must not keep the memory of its largest message for the rest of its life.
        text = new StringBuilder(0);
        incomplete = false;
        release();
        return message;
    }

    private synchronized void release() {
        if (countedBytes > 0) {
            memory.remove(countedFor, countedBytes);
            countedBytes = 0;
            countedFor = null;
        }
    }

    /** Any thread: the connection has ended. */
    synchronized void discard() {
        discarded = true;
        release();
    }

    /** Any thread: whether a message has begun so long ago, and is not complete. */
    boolean isOlderThan(Duration time, long now) {
        return incomplete && now - begunAt > time.toNanos();
    }

    void addBinary(int bytes, long now) {
        begin(now);
        binaryBytes += bytes;
    }

    /** The length of the binary message that ends here. */
    int endBinary() {
        int length = binaryBytes;
        binaryBytes = 0;
        incomplete = false;
        return length;
    }
}
