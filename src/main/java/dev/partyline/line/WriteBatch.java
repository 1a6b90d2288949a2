package dev.partyline.line;

/** What one WebSocket message will carry: frames joined by line feeds. */
final class WriteBatch {

    private final long maxChars;
    /** Null while there is nothing. */
    private EncodedMessage all;
    private int frames;

    WriteBatch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(new EncodedMessage(frame), 1);
    }

    /** @param count how many frames the parcel has */
    void add(EncodedMessage message, int count) {
        all = all == null ? message : all.and(message);
        frames += count;
    }

    /** Always, before the first frame: one that is larger than all credit must pass too. */
    boolean hasRoom() {
        return all == null || chars() < maxChars;
    }

    long room() {
        return Math.max(0, maxChars - chars());
    }

    /** With the line feed that another frame would need. */
    private long chars() {
        return all == null ? 0 : all.length() + 1L;
    }

    int frames() {
        return frames;
    }

    boolean isEmpty() {
        return all == null;
    }

    EncodedMessage parcel() {
        return all;
    }
}
