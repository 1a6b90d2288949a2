package dev.partyline.handler;

/**
 * Who may do what. Asked for each message on the thread that brought it: an answer must not take long.
 *
 * <p>Names that begin with {@code $}, {@code @} or {@code *} are never asked about: no client may use them. A policy that throws has said no.
 */
public interface AccessPolicy {

    /** Anyone may send what there is a handler for; nobody may join or publish. */
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
