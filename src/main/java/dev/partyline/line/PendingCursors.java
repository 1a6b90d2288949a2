package dev.partyline.line;

/**
 * The cursors of one line with messages to send, in the order in which they are served.
 *
 * <p>A linked list through the cursors themselves: each step takes constant time, also the removal of a cursor from the middle, so that a line leaves all its topics in as many
 * steps as it has topics.
 *
 * <p>Confined to the line's event loop.
 */
final class PendingCursors {

    private Cursor first;
    private Cursor last;
    private int count;

    boolean isEmpty() {
        return first == null;
    }

    int count() {
        return count;
    }

    /** Appends a cursor that is not pending. */
    void add(Cursor cursor) {
        cursor.pending = true;
        cursor.previous = last;
        if (last == null) {
            first = cursor;
        } else {
            last.next = cursor;
        }
        last = cursor;
        count++;
    }

    /** Removes the first cursor; there must be one. */
    Cursor removeFirst() {
        Cursor cursor = first;
        remove(cursor);
        return cursor;
    }

    /** Removes a cursor that is pending. */
    void remove(Cursor cursor) {
        if (cursor.previous == null) {
            first = cursor.next;
        } else {
            cursor.previous.next = cursor.next;
        }
        if (cursor.next == null) {
            last = cursor.previous;
        } else {
            cursor.next.previous = cursor.previous;
        }
        cursor.previous = null;
        cursor.next = null;
        cursor.pending = false;
        count--;
    }
}
