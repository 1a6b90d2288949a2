package dev.partyline.line;

/**
 * The credit that one socket's reader has granted: how much was sent, and how much of that the reader says it has heard.
 *
 * <p>Only whose {@link SendPermit} it is sends; acks come on the container's threads and touch nothing but their counter.
 */
final class SendWindow {

    private final long size;
    private final int quickChars;
    private final int quickMessages;
    private volatile long sent;
    private volatile long heard;
    /** Messages sent since the reader was last heard. */
    private volatile int unheardMessages;
    /** Set by the operator when it would send but may not, so that the next ack calls it back. */
    private volatile boolean awaited;

    /**
     * @param quickChars    so much, and
     * @param quickMessages so many messages surely fit into the buffers of a connection whose reader has heard all that came before
     */
    SendWindow(long size, int quickChars, int quickMessages) {
        this.size = size;
        this.quickChars = quickChars;
        this.quickMessages = quickMessages;
    }

    /** Characters that may be sent now. While nothing is unheard, a message larger than the window may go. */
    long room() {
        long unheard = sent - heard;
        return unheard == 0 ? Long.MAX_VALUE : size - unheard;
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
        unheardMessages++;
    }

    /** Whether a message of this length surely fits into the connection's buffers. */
    boolean isQuick(int chars) {
        return sent - heard + chars <= quickChars && unheardMessages < quickMessages;
    }

    /** Operator only: true if the window is still full after whoever acks next was told to call back. */
    boolean await() {
        awaited = true;
        if (isFull()) {
            return true;
        }
        awaited = false;
        return false;
    }

    /**
     * The reader has heard {@code chars} characters in all.
     *
     * @return whether the operator waits for this
     */
    boolean ack(long chars) {
        if (chars <= heard) {
            return false;
        }
        // More than was sent is a lie, which buys no more than the truth would.
        heard = Math.min(chars, sent);
        unheardMessages = 0;
        if (awaited && !isFull()) {
            awaited = false;
            return true;
        }
        return false;
    }
}
