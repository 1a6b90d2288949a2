package dev.partyline.line;

/**
 * What one WebSocket message will carry: frames joined by line feeds. A batch of one frame, or of one text that many lines share, is that very text
 * and no copy.
 */
final class Batch {

    private final long maxChars;
    private String only;
    private StringBuilder joined;
    private long chars;
    private int frames;

    Batch(long maxChars) {
        this.maxChars = maxChars;
    }

    void add(String frame) {
        add(frame, 1);
    }

    /** @param count how many frames the text has */
    void add(String text, int count) {
        if (only == null) {
            only = text;
        } else {
            if (joined == null) {
                joined = new StringBuilder(Math.max(256, only.length() * 2 + text.length())).append(only);
            }
            joined.append('\n').append(text);
        }
        chars += text.length() + 1;
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

    String text() {
        return joined == null ? only : joined.toString();
    }
}
