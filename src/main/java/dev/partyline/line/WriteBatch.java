package dev.partyline.line;

/**
 * The frames of one WebSocket message, joined by line feeds, up to a number of characters.
 *
 * <p>Belongs to the holder of the connection's {@link SendPermit}.
 */
final class WriteBatch {

    private final long maxChars;
    /** Null while the batch is empty. */
    private EncodedMessage joined;
    private int frames;

    WriteBatch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(new EncodedMessage(frame), 1);
    }

    /** @param count how many frames the message has */
    void add(EncodedMessage message, int count) {
        joined = joined == null ? message : joined.followedBy(message);
        frames += count;
    }

    /** Always true of an empty batch: a frame larger than the limit must be sent too. */
    boolean hasRoom() {
        return joined == null || chars() < maxChars;
    }

    long room() {
        return Math.max(0, maxChars - chars());
    }

    /** Including the line feed before the next frame. */
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
