package dev.partyline.line;

import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One topic as one operator hears it: the cursors of its lines, and the text that they are about to be sent.
 *
 * <p>Lines that keep up have the same cursor, so what follows it is joined once for all of them. That, and not any trick with sockets, is what makes a fan-out cheap.
 *
 * <p>Belongs to its operator, but for {@link #notified}, which any publisher calls.
 */
final class TopicFanOut implements Topic.Listener {

    private final Topic topic;
    private final EventLoop loop;
    private final List<Cursor> cursors = new ArrayList<>();
    /** Whether the operator has been told since it last looked. */
    private final AtomicBoolean notified = new AtomicBoolean();
    /** What follows {@link #cachedFrom}, or null. */
    private Slice cached;
    private long cachedFrom;

    /**
     * What is to be sent for a cursor.
     *
     * @param message   frames joined by line feeds; empty where there is nothing but a gap
     * @param frames   how many
     * @param to       where the cursor stands afterwards
     * @param gapAfter the position after which messages follow, if some before it are gone; else −1
     * @param hasMore     whether the cursor has still more to send
     */
    record Slice(EncodedMessage message, int frames, long to, long gapAfter, boolean hasMore) {
    }

    TopicFanOut(Topic topic, EventLoop loop) {
        this.topic = topic;
        this.loop = loop;
    }

    Topic topic() {
        return topic;
    }

    @Override
    public void onAppend() {
        if (!notified.get() && notified.compareAndSet(false, true)) {
            loop.onAppend(this);
        }
    }

    /** Every line that listens has something to send. */
    void markSubscribersPending() {
        loop.assertInLoop();
        notified.set(false);
        cached = null;
        for (Cursor cursor : cursors) {
            cursor.line().markPending(cursor);
        }
    }

    void add(Cursor cursor) {
        loop.assertInLoop();
        cursor.index = cursors.size();
        cursors.add(cursor);
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

    /** What follows {@code after}, in at most about {@code maxChars} characters. */
    Slice read(long after, long maxChars) {
        loop.assertInLoop();
        if (cached == null || cachedFrom != after || cached.message.length() > maxChars) {
            TopicLog.ReadResult read = topic.read(after, maxChars);
            cached = new Slice(new EncodedMessage(join(read.texts())), read.texts().length, read.to(), read.gap() ? read.from() : -1, read.more());
            cachedFrom = after;
        }
        return cached;
    }

    /** Between passes nothing is kept that the log keeps already. */
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
