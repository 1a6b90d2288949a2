package dev.partyline.topic;

import java.util.Optional;
import java.util.function.LongFunction;

/**
 * A bounded log: the latest messages, each encoded once, at consecutive offsets from 1.
 *
 * <p>Every reader keeps its own offset, so a slow reader costs a number instead of a queue. If its next message was trimmed, {@link ReadResult#gap} reports it.
 *
 * <p>Any thread may call. The lock is held only while references are moved, and while a message is encoded, which must contain its offset.
 */
public final class TopicLog {

    private static final int FIRST_CAPACITY = 8;

    private final int maxMessages;
    private final long maxChars;
    private final long maxAgeNanos;

    private String[] texts = new String[FIRST_CAPACITY];
    /** The lengths of the texts, so that trimming does not load the texts into the CPU's cache. */
    private int[] lengths = new int[FIRST_CAPACITY];
    private long[] appendedAt = new long[FIRST_CAPACITY];
    /** The index of the oldest message in the ring buffer, which grows up to the maximum and never shrinks. */
    private int head;
    private int count;
    private long chars;
    private long end;

    /** @param maxAgeNanos how long a message is retained; {@code Long.MAX_VALUE} for no limit */
    public TopicLog(int maxMessages, long maxChars, long maxAgeNanos) {
        this.maxMessages = maxMessages;
        this.maxChars = maxChars;
        this.maxAgeNanos = maxAgeNanos;
    }

    /**
     * The messages after a reader's offset.
     *
     * @param texts the messages, oldest first; shared, must not be modified
     * @param to    the offset of the last message, or the reader's own if there is none
     * @param gap   whether messages between the reader's offset and the first message were trimmed
     * @param more  whether there are more messages
     */
    public record ReadResult(String[] texts, long to, boolean gap, boolean more) {

        public boolean isEmpty() {
            return texts.length == 0;
        }

        /** The offset before the first message. */
        public long from() {
            return to - texts.length;
        }
    }

    /** Encodes the message with its offset, appends it, trims the log to its bounds, and returns the offset. */
    public synchronized long append(LongFunction<String> encode, long nowNanos) {
        String text = encode.apply(end + 1);
        if (count == texts.length) {
            grow();
        }
        int slot = (head + count) % texts.length;
        texts[slot] = text;
        lengths[slot] = text.length();
        appendedAt[slot] = nowNanos;
        count++;
        chars += text.length();
        end++;
        while (count > maxMessages || chars > maxChars && count > 1) {
            dropOldest();
        }
        trimAged(nowNanos);
        return end;
    }

    /** Reads the messages after an offset: at most about {@code maxRead} characters, but at least one message if there is one. */
    public synchronized ReadResult read(long after, long maxRead) {
        long first = Math.max(after, end - count) + 1;
        int index = (int) (first - (end - count) - 1);
        int taken = 0;
        long size = 0;
        while (index + taken < count) {
            int length = lengths[(head + index + taken) % lengths.length] + 1;
            if (taken > 0 && size + length > maxRead) {
                break;
            }
            size += length;
            taken++;
        }
        String[] read = new String[taken];
        for (int i = 0; i < taken; i++) {
            read[i] = texts[(head + index + i) % texts.length];
        }
        return new ReadResult(read, taken == 0 ? Math.max(after, end - count) : first + taken - 1, first > after + 1, index + taken < count);
    }

    /** The message at an offset, if it is retained. */
    public synchronized Optional<String> get(long offset) {
        long index = offset - (end - count) - 1;
        return index < 0 || index >= count ? Optional.empty() : Optional.of(texts[(int) ((head + index) % texts.length)]);
    }

    /** The offset of the newest message, 0 before the first. */
    public synchronized long end() {
        return end;
    }

    /** The offset after which all messages are retained. */
    public synchronized long start() {
        return end - count;
    }

    /** The number of retained characters. */
    public synchronized long chars() {
        return chars;
    }

    /** Trims messages up to an offset. */
    public synchronized void trimThrough(long offset) {
        while (count > 0 && end - count < offset) {
            dropOldest();
        }
    }

    /** Trims expired messages. */
    public synchronized void trimAged(long nowNanos) {
        while (count > 0 && nowNanos - appendedAt[head] > maxAgeNanos) {
            dropOldest();
        }
    }

    private void dropOldest() {
        chars -= lengths[head];
        texts[head] = null;
        head = (head + 1) % texts.length;
        count--;
    }

    private void grow() {
        int capacity = texts.length * 2;
        String[] moreTexts = new String[capacity];
        int[] moreLengths = new int[capacity];
        long[] moreTimes = new long[capacity];
        for (int i = 0; i < count; i++) {
            moreTexts[i] = texts[(head + i) % texts.length];
            moreLengths[i] = lengths[(head + i) % texts.length];
            moreTimes[i] = appendedAt[(head + i) % texts.length];
        }
        texts = moreTexts;
        lengths = moreLengths;
        appendedAt = moreTimes;
        head = 0;
    }
}
