package dev.partyline.handler;

/**
 * Hears of lines and tabs that come and go. Called on the handlers' pool, in order for each line.
 *
 * <p>A tab that crashed is told as gone like one that was closed. A line that is gone takes its tabs with it, and each of them is told.
 */
public interface LineListener {

    /** A browser is here, with its first tab. */
    default void lineOpened(Caller line) {
    }

    /** A line lost its socket and waits for its browser. */
    default void lineHeld(Caller line) {
    }

    /** A held line's browser is back. */
    default void lineResumed(Caller line) {
    }

    /** A browser has left, or did not come back in time. */
    default void lineGone(Caller line) {
    }

    default void tabOpened(Caller tab) {
    }

    default void tabHidden(Caller tab) {
    }

    default void tabVisible(Caller tab) {
    }

    default void tabGone(Caller tab) {
    }
}
