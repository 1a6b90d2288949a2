package dev.partyline.line;

/**
 * What one WebSocket message will carry: frames joined by line feeds. A batch of one frame, or of what many lines share, is that very parcel and no copy.
 */
final class Batch {

    private final long maxChars;
    private Parcel only;
    private StringBuilder joined;
    private long chars;
    private int frames;

    Batch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(new Parcel(frame), 1);
    }

    /** @param count how many frames the parcel has */
    void add(Parcel parcel, int count) {
        if (only == null) {
            only = parcel;
        } else {
            if (joined == null) {
                joined = new StringBuilder(Math.max(256, only.length() * 2 + parcel.length())).append(only.text());
            }
            joined.append('\n').append(parcel.text());
        }
        chars += parcel.length() + 1;
        frames += count;
    }

    /** Always, before the first frame: one that is larger than all credit must pass too. */
    boolean hasRoom() {
        return only == null || chars < maxChars;
    }

    long room() {
        return Math.max(0, maxChars - chars);
    }

    int frames() {
        return frames;
    }

    boolean isEmpty() {
        return only == null;
    }

    Parcel parcel() {
        return joined == null ? only : new Parcel(joined.toString());
    }
}
