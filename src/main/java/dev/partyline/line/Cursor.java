package dev.partyline.line;

/** The position of a line in one topic. Confined to the line's event loop. */
final class Cursor {

    private final LineDelivery delivery;
    private final TopicFanOut fanOut;
    /** The offset of the last message that was written to a socket. */
    long offset;
    /** Whether the cursor is among those that {@link LineDelivery} will move. Written by {@link PendingCursors}, as are its neighbours there, null at the ends. */
    boolean pending;
    Cursor previous;
    Cursor next;
    /** The place of this cursor in the list of its {@link TopicFanOut}. */
    int index;

    Cursor(LineDelivery delivery, TopicFanOut fanOut) {
        this.delivery = delivery;
        this.fanOut = fanOut;
    }

    LineDelivery delivery() {
        return delivery;
    }

    TopicFanOut fanOut() {
        return fanOut;
    }
}
