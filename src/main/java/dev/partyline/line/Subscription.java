package dev.partyline.line;

import dev.partyline.topic.Log;
import dev.partyline.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One topic as one operator hears it: the cursors of its lines, and the text that they are about to be sent.
 *
 * <p>Lines that keep up have the same cursor, so what follows it is joined once for all of them. That, and not any trick with sockets, is what makes a fan-out cheap.
 *
 * <p>Belongs to its operator, but for {@link #grown}, which any publisher calls.
 */
final class Subscription implements Topic.Listener {

    private final Topic topic;
    private final Operator operator;
    private final List<Cursor> cursors = new ArrayList<>();
    /** Whether the operator has been told since it last looked. */
    private final AtomicBoolean grown = new AtomicBoolean();
    /** What follows {@link #sharedFrom}, or null. */
    private Piece shared;
    private long sharedFrom;

    /**
     * What is to be sent for a cursor.
     *
     * @param parcel   frames joined by line feeds; empty where there is nothing but a gap
     * @param frames   how many
     * @param to       where the cursor stands afterwards
     * @param gapAfter the position after which messages follow, if some before it are gone; else −1
     * @param more     whether the cursor has still more to send
     */
    record Piece(Parcel parcel, int frames, long to, long gapAfter, boolean more) {
    }

    Subscription(Topic topic, Operator operator) {
        this.topic = topic;
        this.operator = operator;
    }

    Topic topic() {
        return topic;
    }

    @Override
    public void grown() {
        if (!grown.get() && grown.compareAndSet(false, true)) {
            operator.grown(this);
        }
    }

    /** Every line that listens has something to send. */
    void spread() {
        grown.set(false);
        shared = null;
        for (Cursor cursor : cursors) {
            cursor.line().pending(cursor);
        }
    }

    void add(Cursor cursor) {
        cursor.index = cursors.size();
        cursors.add(cursor);
    }

    void remove(Cursor cursor) {
        Cursor last = cursors.remove(cursors.size() - 1);
        if (last != cursor) {
            cursors.set(cursor.index, last);
            last.index = cursor.index;
        }
    }

    boolean isEmpty() {
        return cursors.isEmpty();
    }

    /** What follows {@code after}, in at most about {@code maxChars} characters. */
    Piece read(long after, long maxChars) {
        if (shared == null || sharedFrom != after || shared.parcel.length() > maxChars) {
            Log.Reading reading = topic.read(after, maxChars);
            shared = new Piece(new Parcel(join(reading.texts())), reading.texts().length, reading.to(), reading.gap() ? reading.from() : -1, reading.more());
            sharedFrom = after;
        }
        return shared;
    }

    /** Between passes nothing is kept that the log keeps already. */
    void forgetShared() {
        shared = null;
    }

    private static String join(String[] texts) {
        return switch (texts.length) {
            case 0 -> "";
            case 1 -> texts[0];
            default -> String.join("\n", texts);
        };
    }
}
