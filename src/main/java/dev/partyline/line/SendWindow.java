package dev.partyline.line;

/**
 * The flow control of one connection: how many characters were sent, and how many of them the reader has acknowledged. The difference may reach the window's size; the rest of it is
 * the reader's credit.
 *
 * <p>Only the holder of the {@link SendPermit} sends. Acks come on the container's threads, which change nothing but the acknowledged counter.
 */
final class SendWindow {

    private final long size;
    private volatile long sent;
    private volatile long acked;
    private volatile long sentMessages;
    /** Whether the event loop waits for credit, so that the next ack must signal it. */
    private volatile boolean waiterRegistered;

    SendWindow(long size) {
        this.size = size;
    }

    /** The credit, in characters. If all is acknowledged, there is no limit, so that a message larger than the window can be sent. */
    long room() {
        long unacked = unacked();
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

    /** Permit holder: counts a message. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    void send(long chars) {
        sent += chars;
        sentMessages++;
    }

    /** Any thread: how many messages were sent. */
    long sentMessages() {
        return sentMessages;
    }

    /** How many characters the reader does not say that it has processed. */
    long unacked() {
        return sent - acked;
    }

    /** Event loop: registers it to be signalled by the next ack that makes room. False if there is room already. */
    boolean awaitCredit() {
        waiterRegistered = true;
        if (isFull()) {
            return true;
        }
        waiterRegistered = false;
        return false;
    }

    /**
     * Any thread: the reader has acknowledged {@code chars} characters in all.
     *
     * @return whether the event loop waits for this
     */
    boolean ack(long chars) {
        if (chars <= acked) {
            return false;
        }
        // An invalid ack of more than was sent grants no more credit than a valid one.
        acked = Math.min(chars, sent);
        if (waiterRegistered && !isFull()) {
            waiterRegistered = false;
            return true;
        }
        return false;
    }
}
