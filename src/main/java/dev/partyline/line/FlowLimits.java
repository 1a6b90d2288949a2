package dev.partyline.line;

/**
 * How much is sent to a client at a time.
 *
 * @param windowChars   maximum number of unacknowledged characters on a connection
 * @param syncSendChars maximum number of unacknowledged characters while messages are sent synchronously
 * @param batchChars    maximum number of characters that are joined in one WebSocket message
 */
public record FlowLimits(int windowChars, int syncSendChars, int batchChars) {

    /**
     * What a small message takes of a connection's buffers, as characters: Linux gives a new connection about 46 KB, of which a small message takes a
     * little more than 1 KB.
     */
    private static final int SYNC_SEND_CHARS_PER_MESSAGE = 682;

    public FlowLimits {
        if (windowChars < 1 || syncSendChars < 1 || batchChars < 1) {
            throw new IllegalArgumentException("windowChars is " + windowChars + ", syncSendChars is " + syncSendChars + " and batchChars is " + batchChars
                + ", each must be positive");
        }
    }

    int syncSendMessages() {
        return Math.max(1, syncSendChars / SYNC_SEND_CHARS_PER_MESSAGE);
    }

    /**
     * After how many characters a client should acknowledge: early enough that it mostly has credit for synchronous sends, and late enough that
     * acknowledgements cost little.
     */
    public int ackChars() {
        return Math.max(1, Math.min(windowChars / 8, syncSendChars / 2));
    }

    /** After how many WebSocket messages a client should acknowledge. */
    public int ackMessages() {
        return Math.max(1, syncSendMessages() / 2);
    }
}
