package dev.partyline.line;

import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One topic on one event loop: the cursors of the lines that have joined it, and the messages that these lines are about to be sent.
 *
 * <p>Lines that keep up have the same cursor, so the messages after it are read and joined once for all of them. That makes a fan-out cheap. A line that is behind costs a read of
 * its own.
 *
 * <p>Confined to the event loop, but for {@link #onAppend}, which every publisher calls.
 */
final class TopicFanOut implements Topic.Listener {

    private static final long NO_GAP = -1;

    private final Topic topic;
    private final EventLoop loop;
    private final List<Cursor> cursors = new ArrayList<>();
    /** Whether the event loop has been notified since it last looked. Any thread. */
    private final AtomicBoolean notified = new AtomicBoolean();
    /** The messages after {@link #cachedFrom}, or null. */
    private Slice cached;
    private long cachedFrom;

    /**
     * What is to be sent after a cursor.
     *
     * @param message  frames joined by line feeds; empty if there is nothing but a gap
     * @param frames   how many frames these are
     * @param to       the offset of the cursor afterwards
     * @param gapAfter if messages are lost, the offset after which there are messages again; else −1
     * @param hasMore  whether more messages follow
     */
    record Slice(EncodedMessage message, int frames, long to, long gapAfter, boolean hasMore) {

        boolean hasGap() {
            return gapAfter != NO_GAP;
        }
    }

    TopicFanOut(Topic topic, EventLoop loop) {
        this.topic = topic;
        this.loop = loop;
    }

    Topic topic() {
        return topic;
    }

    /** Does not throw: the message is in the log, and other event loops must be notified. If the publisher's stack or the memory is used up, the loop finds it at its next tick. */
    @Override
    public void onAppend() {
        try {
            if (!notified.get() && notified.compareAndSet(false, true)) {
                loop.onAppend(this);
            }
        } catch (VirtualMachineError e) {
            // No call: there may be no stack for one.
            loop.signalsLost = true;
        }
    }

    void markSubscribersPending() {
        loop.assertInLoop();
        notified.set(false);
        cached = null;
        for (Cursor cursor : cursors) {
            cursor.delivery().markPending(cursor);
        }
    }

    Cursor add(Cursor cursor) {
        loop.assertInLoop();
        cursor.index = cursors.size();
        cursors.add(cursor);
        return cursor;
    }

    void remove(Cursor cursor) {
        loop.assertInLoop();
        Cursor last = cursors.remove(cursors.size() - 1);
        if (last != cursor) {
            cursors.set(cursor.index, last);
            last.index = cursor.index;
        }
    }

    boolean isEmpty() {
        loop.assertInLoop();
        return cursors.isEmpty();
    }

    /** The messages after an offset, in at most about {@code maxChars} characters. */
    Slice read(long after, long maxChars) {
        loop.assertInLoop();
        if (cached == null || cachedFrom != after || cached.message.length() > maxChars) {
            TopicLog.ReadResult read = topic.read(after, maxChars);
            cached = new Slice(new EncodedMessage(join(read.texts())), read.texts().length, read.to(), read.gap() ? read.from() : NO_GAP, read.more());
            cachedFrom = after;
            loop.markCached(this);
        }
        return cached;
    }

    /** Between iterations nothing is kept here that the log keeps already. */
    void clearCache() {
        loop.assertInLoop();
        cached = null;
    }

    private static String join(String[] texts) {
        return switch (texts.length) {
            case 0 -> "";
            case 1 -> texts[0];
            default -> String.join("\n", texts);
        };
    }
}
