package dev.partyline.line;

/**
 * How much is sent to a client at a time.
 *
 * @param windowChars   maximum number of unacknowledged characters on a connection
 * @param syncSendChars maximum number of bytes that a client may not have read while messages are sent to it synchronously
 * @param batchChars    maximum number of characters that are joined in one WebSocket message
 */
public record FlowLimits(int windowChars, int syncSendChars, int batchChars) {

    /**
     * What a small frame takes of a connection's buffers, in proportion to {@code syncSendChars}: Linux gives a new connection about 46 KB, of which a small frame takes a little more
     * than 1 KB.
     */
    private static final int SYNC_SEND_BYTES_PER_FRAME = 682;

    public FlowLimits {
        if (windowChars < 1 || syncSendChars < 1 || batchChars < 1) {
            throw new IllegalArgumentException("windowChars is " + windowChars + ", syncSendChars is " + syncSendChars + " and batchChars is " + batchChars
                + ", each must be positive");
        }
    }

    /** Maximum number of frames that a client may not have read while messages are sent to it synchronously. */
    int syncSendFrames() {
        return Math.max(1, syncSendChars / SYNC_SEND_BYTES_PER_FRAME);
    }

    /** After how many characters a client should acknowledge: early enough that it mostly has credit, and late enough that acknowledgements cost little. */
    public int ackChars() {
        return Math.max(1, windowChars / 4);
    }
}
