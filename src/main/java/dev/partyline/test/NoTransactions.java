package dev.partyline.test;

import dev.partyline.handler.CommitActions;

/** There is no transaction, so what is to be sent after its commit is sent at once. Needs no classes of Jakarta Transactions. Any thread may call. */
final class NoTransactions extends CommitActions {

    @Override
    public void find() {
        // There is nothing to look for.
    }

    @Override
    public void require() {
        // There is a kind of registry.
    }

    @Override
    public void run(Runnable action) {
        action.run();
    }
}
