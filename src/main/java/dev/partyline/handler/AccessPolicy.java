package dev.partyline.handler;

/**
 * Decides which clients may send, join and publish.
 *
 * <p>Runs on threads of a bounded pool, so it may block: for a message on the thread that then runs its handler. A policy that never blocks may say so by {@link #isNonBlocking}. If it
 * does not return within {@code partyline.handler.within}, its thread is interrupted; a message is then rejected with {@code timeout}, and for any other frame the client's connection is
 * closed with 4006.
 *
 * <p>It is never called for names that begin with {@code $}, {@code @} or {@code *}, which no client may use. A policy that throws denies.
 */
public interface AccessPolicy {

    /** Every client may send messages for which there is a handler; no client may join or publish. */
    AccessPolicy CLOSED = new AccessPolicy() {

        @Override
        public boolean isNonBlocking() {
            return true;
        }
    };

    default boolean maySend(Caller caller, String type) {
        return true;
    }

    default boolean mayJoin(Caller caller, String topic) {
        return false;
    }

    default boolean mayPublish(Caller caller, String topic) {
        return false;
    }

    /** Whether no method of this policy ever blocks, so that the thread that reads a frame may ask it. This saves a hand-over between threads. */
    default boolean isNonBlocking() {
        return false;
    }
}
