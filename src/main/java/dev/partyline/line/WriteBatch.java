package dev.partyline.line;

/** What one WebSocket message will carry: frames joined by line feeds. */
final class WriteBatch {

    private final long maxChars;
    /** Null while there is nothing. */
    private EncodedMessage joined;
    private int frames;

    WriteBatch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(new EncodedMessage(frame), 1);
    }

    /** @param count how many frames the parcel has */
    void add(EncodedMessage message, int count) {
        joined = joined == null ? message : joined.followedBy(message);
        frames += count;
    }

    /** Always, before the first frame: one that is larger than all credit must pass too. */
    boolean hasRoom() {
        return joined == null || chars() < maxChars;
    }

    long room() {
        return Math.max(0, maxChars - chars());
    }

    /** With the line feed that another frame would need. */
    private long chars() {
        return joined == null ? 0 : joined.length() + 1L;
    }

    int frames() {
        return frames;
    }

    boolean isEmpty() {
        return joined == null;
    }

    EncodedMessage message() {
        return joined;
    }
}
