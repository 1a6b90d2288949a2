package dev.partyline;

import dev.partyline.handler.CommitActions;

/**
 * Sends messages after the commit of the transaction of the calling thread, in their order, and not at all after a rollback. Without a transaction they are sent at once. Thread-safe.
 *
 * <p>Value and names are checked, and the value is written as JSON, when a method is called, and so may make the transaction fail. What fails after the commit, such as a topic that cannot
 * be created because the server has too many, is logged as a warning: the transaction is over. There is no result for the same reason. A message is lost if the server stops between the commit
 * and the sending of it; what must not be lost belongs into the database.
 */
public final class AfterCommit {

    private final Partyline partyline;
    private final CommitActions actions;

    AfterCommit(Partyline partyline, CommitActions actions) {
        this.partyline = partyline;
        this.actions = actions;
    }

    /** As {@link Partyline#toTab}. */
    public void toTab(String tab, String type, Object value) {
        actions.run(partyline.messageToTab(tab, type, value));
    }

    /** As {@link Partyline#toLine(String, String, Object)}. */
    public void toLine(String line, String type, Object value) {
        actions.run(partyline.messageToLine(line, type, value));
    }

    /** As {@link Partyline#toUser}. */
    public void toUser(String user, String type, Object value) {
        partyline.user(user).afterCommit().publish(type, value);
    }

    /** As {@link Partyline#toAll}. */
    public void toAll(String type, Object value) {
        partyline.everyone().afterCommit().publish(type, value);
    }
}
