package dev.partyline.handler;

import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.UserTransaction;
import java.util.List;
import java.util.Optional;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Ends a transaction that code has left open on its thread. Otherwise the next code on that thread would join it: its changes would never be committed, although it returns as if they were.
 *
 * <p>It asks the container's {@link TransactionManager}. The {@link UserTransaction} of an application, which every container has, serves where there is no other: on Payara it may refuse to tell its
 * status, after two threads have called a transactional bean at the same time.
 *
 * <p>Any thread may call. Containers without Jakarta Transactions have no guard and need none.
 */
class TransactionGuard {

    private static final System.Logger LOG = System.getLogger(TransactionGuard.class.getName());
    private static final String USER_TRANSACTION = "java:comp/UserTransaction";
    /** The specification has no name for it. Those of WildFly, of Payara and GlassFish, and of TomEE. */
    private static final List<String> MANAGERS = List.of("java:jboss/TransactionManager", "java:appserver/TransactionManager", "java:comp/TransactionManager");

    private final Optional<UserTransaction> transaction;
    private final Optional<TransactionManager> manager;

    /** @throws IllegalArgumentException if there is neither */
    TransactionGuard(Optional<UserTransaction> transaction, Optional<TransactionManager> manager) {
        if (transaction.isEmpty() && manager.isEmpty()) {
            throw new IllegalArgumentException("there is neither " + USER_TRANSACTION + " nor one of " + MANAGERS);
        }
        this.transaction = transaction;
        this.manager = manager;
    }

    /** That of the application whose naming context the calling thread has. */
    static Optional<TransactionGuard> find() {
        Optional<UserTransaction> transaction = lookup(USER_TRANSACTION, UserTransaction.class);
        Optional<TransactionManager> manager = MANAGERS.stream().map(name -> lookup(name, TransactionManager.class)).flatMap(Optional::stream).findFirst();
        return transaction.isEmpty() && manager.isEmpty() ? Optional.empty() : Optional.of(new TransactionGuard(transaction, manager));
    }

    private static <T> Optional<T> lookup(String name, Class<T> type) {
        try {
            return Optional.of(InitialContext.doLookup(name)).filter(type::isInstance).map(type::cast);
        } catch (NamingException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no " + name, e);
            return Optional.empty();
        }
    }

    /** Whether the calling thread has a transaction, or does not tell. */
    boolean hasTransaction() {
        try {
            return status() != Status.STATUS_NO_TRANSACTION;
        } catch (SystemException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the status of the transaction of this thread is unknown", e);
            return true;
        }
    }

    /**
     * Rolls back the transaction of the calling thread.
     *
     * @return false if there is none
     * @throws IllegalStateException if it is still there
     */
    boolean endTransaction() {
        try {
            if (status() == Status.STATUS_NO_TRANSACTION) {
                return false;
            }
            // An interrupt, which was meant for the code, would break the connection to the database.
            Thread.interrupted();
            rollBack();
            return true;
        } catch (SystemException e) {
            throw new IllegalStateException("the transaction of this thread could not be ended", e);
        }
    }

    private int status() throws SystemException {
        return manager.isPresent() ? manager.get().getStatus() : transaction.orElseThrow().getStatus();
    }

    /** Also one that has ended by itself, such as by its timeout: it stays with its thread. */
    private void rollBack() throws SystemException {
        try {
            if (manager.isPresent()) {
                manager.get().rollback();
            } else {
                transaction.orElseThrow().rollback();
            }
        } catch (SystemException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a transaction that was left open could not be rolled back", e);
        }
        if (status() != Status.STATUS_NO_TRANSACTION && manager.isPresent()) {
            manager.get().suspend();
        }
        if (status() != Status.STATUS_NO_TRANSACTION) {
            throw new IllegalStateException("the transaction has status " + status());
        }
    }
}
