package dev.partyline.handler;

/**
 * Decides which clients may send, join and publish. Called for each message on the thread that has read it, so it must return quickly.
 *
 * <p>It is never called for names that begin with {@code $}, {@code @} or {@code *}, which no client may use. A policy that throws denies.
 */
public interface AccessPolicy {

    /** Every client may send messages for which there is a handler; no client may join or publish. */
    AccessPolicy CLOSED = new AccessPolicy() {
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
}
