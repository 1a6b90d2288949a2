package dev.partyline.connection;

/** The HTTP session of a connection's browser, in which its user may have logged in, without container types. Any thread may call. */
public interface LoginSession {

    /** Its id at the handshake. */
    String id();

    /** Whether the handshake itself has made it: Open Liberty makes one for each browser that has none, which may never learn its id. */
    boolean isNew();

    /** False after it has expired or was invalidated. */
    boolean isValid();

    /** Whether it is not valid any more, or would not be if the container looked at it now. */
    boolean hasExpired();

    /** Has it last as long from now on as the application has set, as a request does. */
    void extend();

    /** A request has come, which {@link #extend} need not stand for any more. */
    void onRequest();
}
