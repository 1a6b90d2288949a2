package dev.partyline.line;

/**
 * What one inbox may have.
 *
 * @param messages maximum number of messages
 * @param chars    maximum number of characters, and maximum length of a reply
 */
public record InboxLimits(int messages, int chars) {

    private static final int ACK_MESSAGES = 96;

    public InboxLimits {
        if (messages < 1 || chars < 1) {
            throw new IllegalArgumentException("messages is " + messages + " and chars is " + chars + ", both must be positive");
        }
    }

    /** After how many WebSocket messages a client should acknowledge: early enough that the inbox mostly has room, however small it is. */
    public int ackMessages() {
        return Math.max(1, Math.min(ACK_MESSAGES, messages / 2));
    }
}
