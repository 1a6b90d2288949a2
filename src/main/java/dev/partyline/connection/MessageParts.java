package dev.partyline.connection;

/**
 * Joins the parts in which a container delivers a WebSocket message, up to a maximum length. Containers differ in what they do with large messages,
 * so none of them may buffer one.
 *
 * <p>Not safe for threads.
 */
final class MessageParts {

    private final int maxChars;
    private StringBuilder text = new StringBuilder(0);
    private int binaryBytes;

    MessageParts(int maxChars) {
        this.maxChars = maxChars;
    }

    boolean hasRoomFor(int length) {
        return text.length() + binaryBytes + length <= maxChars;
    }

    void add(String part) {
        text.append(part);
    }

    /** The message that ends with this part. The next part begins another message. */
    String end(String last) {
        if (text.isEmpty()) {
            return last;
        }
        String message = text.append(last).toString();
        // A connection must not keep the memory of its largest message for the rest of its life.
        text = new StringBuilder(0);
        return message;
    }

    void addBinary(int bytes) {
        binaryBytes += bytes;
    }

    /** The length of the binary message that ends here. */
    int endBinary() {
        int length = binaryBytes;
        binaryBytes = 0;
        return length;
    }
}
