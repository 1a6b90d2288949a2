package dev.partyline.handler;

/**
 * Events of lines and tabs. Called on the handler pool, in order for each line.
 *
 * <p>Events wait for a thread like messages, within the same limits: beyond {@code partyline.handler.waiting.per.tab} events of one line, those that are new are dropped, and the limit is logged and
 * counted. So do not keep a count of what is open by adding up events; ask {@code Partyline}.
 *
 * <p>Each call has the time limit of a handler, {@code partyline.handler.within}: then its thread is interrupted, and the log says so. A listener that throws is logged, once a minute;
 * other listeners and later events follow nevertheless.
 *
 * <p>A crashed tab is reported like a closed one. When a line ends, the end of each of its tabs is reported as well.
 */
public interface LineListener {

    /** A browser has connected with its first tab. */
    default void lineOpened(Caller line) {
    }

    /** A line has lost its connection and can be resumed. */
    default void lineHeld(Caller line) {
    }

    /** The browser of a held line has reconnected. */
    default void lineResumed(Caller line) {
    }

    /**
     * A tab of the line has sent a message or published something; reported at most every 15 seconds. An application that keeps sessions of its own can keep that of the user alive; for the
     * {@code HttpSession} there is the setting {@code partyline.session.keep.alive}.
     */
    default void lineActive(Caller line) {
    }

    /** A line has ended: its last tab was closed, or it was not resumed in time. */
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
