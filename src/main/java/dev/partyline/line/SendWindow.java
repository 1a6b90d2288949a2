package dev.partyline.line;

/**
 * The credit that one socket's reader has granted: how much was sent, and how much of that the reader says it has heard.
 *
 * <p>Only whose {@link SendPermit} it is sends; acks come on the container's threads and touch nothing but their counter.
 */
final class SendWindow {

    private final long size;
    private final int syncSendChars;
    private final int syncSendMessages;
    private volatile long sent;
    private volatile long acked;
    /** Messages sent since the reader was last heard. */
    private volatile int unackedMessages;
    /** Set by the operator when it would send but may not, so that the next ack calls it back. */
    private volatile boolean waiterRegistered;

    /**
     * @param syncSendChars    so much, and
     * @param syncSendMessages so many messages surely fit into the buffers of a connection whose reader has heard all that came before
     */
    SendWindow(long size, int syncSendChars, int syncSendMessages) {
        this.size = size;
        this.syncSendChars = syncSendChars;
        this.syncSendMessages = syncSendMessages;
    }

    /** Characters that may be sent now. While nothing is unheard, a message larger than the window may go. */
    long room() {
        long unacked = sent - acked;
        return unacked == 0 ? Long.MAX_VALUE : size - unacked;
    }

    long size() {
        return size;
    }

    boolean isFull() {
        return room() <= 0;
    }

    long sent() {
        return sent;
    }

    /** Whose turn it is. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    void send(long chars) {
        sent += chars;
        unackedMessages++;
    }

    /** Whether a message of this length surely fits into the connection's buffers. */
    boolean allowsSyncSend(int chars) {
        return sent - acked + chars <= syncSendChars && unackedMessages < syncSendMessages;
    }

    /** Operator only: true if the window is still full after whoever acks next was told to call back. */
    boolean awaitCredit() {
        waiterRegistered = true;
        if (isFull()) {
            return true;
        }
        waiterRegistered = false;
        return false;
    }

    /**
     * The reader has heard {@code chars} characters in all.
     *
     * @return whether the operator waits for this
     */
    boolean ack(long chars) {
        if (chars <= acked) {
            return false;
        }
        // More than was sent is a lie, which buys no more than the truth would.
        acked = Math.min(chars, sent);
        unackedMessages = 0;
        if (waiterRegistered && !isFull()) {
            waiterRegistered = false;
            return true;
        }
        return false;
    }
}
