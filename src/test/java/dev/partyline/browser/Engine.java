package dev.partyline.browser;

/** A running browser. */
interface Engine extends AutoCloseable {

    /** {@code chromium}, {@code firefox} or {@code webkit}. */
    String name();

    String version();

    /** False once a case has brought the whole browser down. */
    default boolean isAlive() {
        return true;
    }

    /** How the pages that it opens reach the server. */
    default Mode mode() {
        return Mode.SHARED;
    }

    Session session();

    @Override
    void close();
}
