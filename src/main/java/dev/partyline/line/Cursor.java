package dev.partyline.line;

/** A line's place in a topic. Belongs to the line's operator. */
final class Cursor {

    private final Line line;
    private final TopicFanOut fanOut;
    /** The offset of the last message handed to the line's socket. */
    long offset;
    /** Whether the line is to send what follows. */
    boolean pending;
    /** Where the subscription keeps this cursor. */
    int index;

    Cursor(Line line, TopicFanOut fanOut, long offset) {
        this.line = line;
        this.fanOut = fanOut;
        this.offset = offset;
    }

    Line line() {
        return line;
    }

    TopicFanOut subscription() {
        return fanOut;
    }
}
