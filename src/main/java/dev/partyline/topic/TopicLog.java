package dev.partyline.topic;

import java.util.Optional;
import java.util.function.LongFunction;

/**
 * A bounded log: the latest messages, each encoded once, at consecutive offsets.
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
    private final RetainedMemory memory;

    /** Null where a message was trimmed and an older one is retained. */
    private String[] texts = new String[FIRST_CAPACITY];
    /** The lengths of the texts, so that trimming does not load the texts into the CPU's cache. */
    private int[] lengths = new int[FIRST_CAPACITY];
    /** The memory of each message, 0 if it was trimmed. */
    private int[] sizes = new int[FIRST_CAPACITY];
    private long[] appendedAt = new long[FIRST_CAPACITY];
    private Publisher[] publishers = new Publisher[FIRST_CAPACITY];
    /** The index of the oldest message in the ring buffer, which grows up to the maximum and never shrinks. */
    private int head;
    private int count;
    private long chars;
    private long bytes;
    /** How many of the bytes were added to the memory. */
    private long countedBytes;
    private boolean discarded;
    private long end;

    /**
     * @param maxAgeNanos how long a message is retained; {@code Long.MAX_VALUE} for no limit
     * @param memory      where the memory of the messages is counted
     */
    public TopicLog(int maxMessages, long maxChars, long maxAgeNanos, RetainedMemory memory) {
        this(maxMessages, maxChars, maxAgeNanos, memory, 0);
    }

    /** @param end the offset after which the log begins */
    TopicLog(int maxMessages, long maxChars, long maxAgeNanos, RetainedMemory memory, long end) {
        this.maxMessages = maxMessages;
        this.maxChars = maxChars;
        this.maxAgeNanos = maxAgeNanos;
        this.memory = memory;
        this.end = end;
    }

    /** Adds up the messages of logs. */
    public interface Meter {

        void count(Publisher publisher, long appendedAt, int bytes);
    }

    /** Which messages are to be trimmed. */
    public interface Selection {

        boolean contains(Publisher publisher, long appendedAt);
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

    /**
     * Encodes the message with its offset, appends it, trims the log to its bounds, and returns the offset.
     *
     * @param wide whether the text has characters beyond Latin-1
     */
    public synchronized long append(Publisher publisher, boolean wide, LongFunction<String> encode, long nowNanos) {
        String text = encode.apply(end + 1);
        if (count == texts.length) {
            grow();
        }
        int slot = (head + count) % texts.length;
        texts[slot] = text;
        lengths[slot] = text.length();
        sizes[slot] = RetainedMemory.messageBytes(text.length(), wide);
        appendedAt[slot] = nowNanos;
        publishers[slot] = publisher;
        count++;
        chars += text.length();
        bytes += sizes[slot];
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
        while (index < count && texts[(head + index) % texts.length] == null) {
            index++;
            first++;
        }
        int taken = 0;
        long size = 0;
        while (index + taken < count && texts[(head + index + taken) % texts.length] != null) {
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
        return new ReadResult(read, first + taken - 1, first > after + 1, index + taken < count);
    }

    /** The message at an offset, if it is retained. */
    public synchronized Optional<String> get(long offset) {
        long index = offset - (end - count) - 1;
        return index < 0 || index >= count ? Optional.empty() : Optional.ofNullable(texts[(int) ((head + index) % texts.length)]);
    }

    /** The offset of the newest message; before the first, the one after which the log begins. */
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

    /** The memory of the retained messages. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Trims messages up to an offset. */
    public synchronized void trimThrough(long offset) {
        while (count > 0 && end - count < offset) {
            dropOldest();
        }
        countMemory();
    }

    /** Trims expired messages. */
    public synchronized void trimAged(long nowNanos) {
        while (count > 0 && nowNanos - appendedAt[head] > maxAgeNanos) {
            dropOldest();
        }
        countMemory();
    }

    public synchronized void measure(Meter meter) {
        for (int i = 0; i < count; i++) {
            int slot = (head + i) % texts.length;
            if (texts[slot] != null) {
                meter.count(publishers[slot], appendedAt[slot], sizes[slot]);
            }
        }
    }

    /** Trims these messages, also between others: a reader that has not received them gets a gap. */
    public synchronized void trim(Selection selection, boolean keepNewest) {
        for (int i = 0; i < count - (keepNewest ? 1 : 0); i++) {
            int slot = (head + i) % texts.length;
            if (texts[slot] != null && selection.contains(publishers[slot], appendedAt[slot])) {
                drop(slot);
            }
        }
        while (count > 0 && texts[head] == null) {
            dropOldest();
        }
        countMemory();
    }

    /** Trims these messages and those before them: a log whose readers cannot get a gap must have none between its messages. */
    public synchronized void trimThroughLast(Selection selection) {
        int trimmed = 0;
        for (int i = 0; i < count; i++) {
            int slot = (head + i) % texts.length;
            if (selection.contains(publishers[slot], appendedAt[slot])) {
                trimmed = i + 1;
            }
        }
        for (; trimmed > 0; trimmed--) {
            dropOldest();
        }
        countMemory();
    }

    /** The log is no longer of use, and its memory no longer counts: it is free with its last reader. */
    public synchronized void discard() {
        discarded = true;
        countMemory();
    }

    /** Once for each change of the log, however many messages it drops. */
    private void countMemory() {
        long counted = discarded ? 0 : bytes;
        if (counted != countedBytes) {
            memory.add(counted - countedBytes);
            countedBytes = counted;
        }
    }

    private void dropOldest() {
        drop(head);
        head = (head + 1) % texts.length;
        count--;
    }

    private void drop(int slot) {
        chars -= lengths[slot];
        bytes -= sizes[slot];
        lengths[slot] = 0;
        sizes[slot] = 0;
        texts[slot] = null;
        publishers[slot] = null;
    }

    private void grow() {
        int capacity = texts.length * 2;
        String[] moreTexts = new String[capacity];
        int[] moreLengths = new int[capacity];
        int[] moreSizes = new int[capacity];
        long[] moreTimes = new long[capacity];
        Publisher[] morePublishers = new Publisher[capacity];
        for (int i = 0; i < count; i++) {
            int slot = (head + i) % texts.length;
            moreTexts[i] = texts[slot];
            moreLengths[i] = lengths[slot];
            moreSizes[i] = sizes[slot];
            moreTimes[i] = appendedAt[slot];
            morePublishers[i] = publishers[slot];
        }
        texts = moreTexts;
        lengths = moreLengths;
        sizes = moreSizes;
        appendedAt = moreTimes;
        publishers = morePublishers;
        head = 0;
    }
}
