package dev.partyline.topic;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many bytes of the heap the messages of all logs and inboxes, the idempotency keys and the held lines of a server take. Near the bound, it requests a trim, which takes from
 * those that have the most; at the bound, it {@link #isFull}, and nothing more is accepted until the trim has made room.
 *
 * <p>Counting is one addition to a striped sum, so that threads that publish do not wait for each other.
 *
 * <p>Any thread may call.
 */
public final class RetainedMemory {

    /** A message besides its text: the headers of the string and its array, and its places in the arrays of the log, which double when they grow. */
    static final int MESSAGE_BYTES = 112;
    /** An idempotency key besides its text: entry, string, array, digest and position. */
    static final int KEY_BYTES = 256;
    private static final int MAX_LATIN1 = 0xff;

    private final long maxBytes;
    private final long trimAbove;
    private final LongAdder bytes = new LongAdder();
    private final AtomicBoolean trimRequested = new AtomicBoolean();
    private volatile Runnable trim = () -> {
    };

    public RetainedMemory(long maxBytes) {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + ", must be positive");
        }
        this.maxBytes = maxBytes;
        this.trimAbove = maxBytes - maxBytes / 8;
    }

    /** @param trim has another thread make room and then call {@link #onTrimmed}; must not block */
    public void onTrimRequested(Runnable trim) {
        this.trim = trim;
    }

    public void add(long added) {
        bytes.add(added);
        if (added > 0 && bytes.sum() > trimAbove && !trimRequested.get() && trimRequested.compareAndSet(false, true)) {
            trim.run();
        }
    }

    /** Whether nothing more may be accepted for now. */
    public boolean isFull() {
        return bytes.sum() >= maxBytes;
    }

    public boolean isTrimNeeded() {
        return bytes.sum() > trimAbove;
    }

    /** The trim is over: the next one may be requested. */
    public void onTrimmed() {
        trimRequested.set(false);
    }

    public long bytes() {
        return bytes.sum();
    }

    public long maxBytes() {
        return maxBytes;
    }

    /** What a trim leaves: a quarter of the bound is free afterwards, so that the cost of a trim is shared by many publishes. */
    public long trimTo() {
        return maxBytes - maxBytes / 4;
    }

    /** Whether a string with this text takes two bytes for each character instead of one. */
    public static boolean isWide(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > MAX_LATIN1) {
                return true;
            }
        }
        return false;
    }

    static int messageBytes(int chars, boolean wide) {
        return (int) Math.min(Integer.MAX_VALUE, MESSAGE_BYTES + (long) chars * (wide ? 2 : 1));
    }

    static int keyBytes(String key) {
        return KEY_BYTES + key.length() * (isWide(key) ? 2 : 1);
    }
}
