package dev.partyline.handler;

import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import javax.naming.InitialContext;

/**
 * Runs actions after the commit of the transaction of the calling thread, in their order. After a rollback they are dropped. Without a transaction they run at once, as observers of CDI's
 * transactional events do.
 *
 * <p>It needs the container's {@link TransactionSynchronizationRegistry}, which is looked up once. The container runs the actions, after the transaction has ended, so one that throws cannot
 * change that any more: it is logged, and the next one follows.
 *
 * <p>Any thread may call. Containers without Jakarta Transactions cannot load what it needs; {@link #require} says so.
 */
public class CommitActions {

    private static final System.Logger LOG = System.getLogger(CommitActions.class.getName());
    private static final String REGISTRY = "java:comp/TransactionSynchronizationRegistry";

    private final Callable<Object> lookup;
    /** A {@link TransactionSynchronizationRegistry}, once it was found. Its class may be missing where this class is loaded. */
    private volatile Object found;

    public CommitActions() {
        this(() -> InitialContext.doLookup(REGISTRY));
    }

    CommitActions(Callable<Object> lookup) {
        this.lookup = lookup;
    }

    /** Looks for the registry where the naming context of the application is there for sure: later, a thread may have none. */
    public void find() {
        try {
            require();
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no transaction whose commit could be awaited", e);
        }
    }

    /** @throws IllegalStateException if there is no registry */
    public void require() {
        if (found != null) {
            return;
        }
        try {
            found = Registered.checked(lookup.call());
        } catch (Exception | LinkageError e) {
            throw new IllegalStateException("afterCommit() needs " + REGISTRY + ", which is not there: this container has no Jakarta Transactions, or this thread does not belong to the application."
                + " Publish after the transaction instead", e);
        }
    }

    /** Runs an action after the commit, at once, or never. */
    public void run(Runnable action) {
        require();
        Registered.run(this, found, action);
    }

    /** All that needs the classes of Jakarta Transactions. */
    private static final class Registered implements Synchronization {

        /** Filled by the thread of the transaction, emptied by the one that ends it. */
        private final Queue<Runnable> actions = new ArrayDeque<>();

        private static Object checked(Object registry) {
            return Optional.of(registry).filter(TransactionSynchronizationRegistry.class::isInstance)
                .orElseThrow(() -> new IllegalStateException(REGISTRY + " is a " + registry.getClass().getName()));
        }

        private static void run(CommitActions key, Object found, Runnable action) {
            TransactionSynchronizationRegistry registry = (TransactionSynchronizationRegistry) found;
            int status = registry.getTransactionStatus();
            if (status == Status.STATUS_NO_TRANSACTION || status == Status.STATUS_COMMITTED) {
                action.run();
            } else if (status != Status.STATUS_MARKED_ROLLBACK && status != Status.STATUS_ROLLING_BACK && status != Status.STATUS_ROLLEDBACK) {
                of(key, registry).actions.add(action);
            }
        }

        /** Those of the transaction of the calling thread. One for all its actions, so that their order is kept. */
        private static Registered of(CommitActions key, TransactionSynchronizationRegistry registry) {
            Registered known = (Registered) registry.getResource(key);
            if (known != null) {
                return known;
            }
            Registered registered = new Registered();
            registry.registerInterposedSynchronization(registered);
            registry.putResource(key, registered);
            return registered;
        }

        @Override
        public void beforeCompletion() {
            // Nothing is sent before.
        }

        @Override
        public void afterCompletion(int status) {
            if (status == Status.STATUS_COMMITTED) {
                actions.forEach(Registered::runSafely);
            } else if (status == Status.STATUS_UNKNOWN) {
                LOG.log(System.Logger.Level.WARNING, "the outcome of a transaction is unknown: {0} messages that were to be sent after its commit are not sent", actions.size());
            }
            actions.clear();
        }

        private static void runSafely(Runnable action) {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.WARNING, "a message could not be sent after the commit of its transaction", e);
            }
        }
    }
}
