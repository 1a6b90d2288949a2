package dev.partyline.line;

/** What one WebSocket message will carry: frames joined by line feeds. */
final class Batch {

    private final long maxChars;
    /** Null while there is nothing. */
    private Parcel all;
    private int frames;

    Batch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(new Parcel(frame), 1);
    }

    /** @param count how many frames the parcel has */
    void add(Parcel parcel, int count) {
        all = all == null ? parcel : all.and(parcel);
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

    Parcel parcel() {
        return all;
    }
}
