package dev.partyline.handler;

import jakarta.transaction.Status;
import jakarta.transaction.UserTransaction;
import java.util.concurrent.atomic.AtomicInteger;

/** The transactions of threads, each of which has one at most. */
final class FakeTransaction implements UserTransaction {

    private final ThreadLocal<Integer> status = ThreadLocal.withInitial(() -> Status.STATUS_NO_TRANSACTION);
    private final AtomicInteger rolledBack = new AtomicInteger();
    private volatile boolean refusesRollback;

    @Override
    public void begin() {
        if (getStatus() != Status.STATUS_NO_TRANSACTION) {
            throw new IllegalStateException("this thread has a transaction");
        }
        status.set(Status.STATUS_ACTIVE);
    }

    /** As after its timeout. */
    void rollBackByItself() {
        status.set(Status.STATUS_ROLLEDBACK);
    }

    void refuseRollback() {
        refusesRollback = true;
    }

    /** What a transaction manager does to take it from its thread. */
    void leaveThread() {
        status.remove();
    }

    int rolledBack() {
        return rolledBack.get();
    }

    @Override
    public void commit() {
        status.remove();
    }

    @Override
    public void rollback() {
        if (refusesRollback || getStatus() == Status.STATUS_NO_TRANSACTION) {
            throw new IllegalStateException("no rollback with status " + getStatus());
        }
        status.remove();
        rolledBack.incrementAndGet();
    }

    @Override
    public void setRollbackOnly() {
        status.set(Status.STATUS_MARKED_ROLLBACK);
    }

    @Override
    public int getStatus() {
        return status.get();
    }

    @Override
    public void setTransactionTimeout(int seconds) {
        // It has none.
    }
}
