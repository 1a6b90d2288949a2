package dev.partyline.handler;

import dev.partyline.stats.LogThrottle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The contexts in which code of the application is called: its class loader, and what else the container offers. That is the naming context ({@code java:comp}), with which persistence and
 * transactions work, by the {@code ContextService} of Jakarta Concurrency, and a request context of CDI that begins and ends with the call. A transaction that the code leaves open is rolled back.
 *
 * <p>The contexts are those of the thread that calls {@link #capture}: one that starts the application, never one that serves a request, since its user would be the caller of everything. A call for
 * a user whom the container has authenticated has those of the thread that served the user's handshake, by {@link #captureUser}: with them goes the identity of the user, and with nothing else.
 *
 * <p>Any thread may call.
 */
public final class CallContext {

    private static final System.Logger LOG = System.getLogger(CallContext.class.getName());
    /** Clients choose the types of messages that have no handler of their own. */
    private static final int MAX_THROTTLES = 1_000;

    private final ClassLoader loader;
    private final LongSupplier nanoTime;
    private final Map<String, LogThrottle> throttles = new ConcurrentHashMap<>();
    /** Null if the container offers none: then a call costs next to nothing. */
    private volatile Contexts contexts;

    /** Runs a task on the calling thread, in the naming context and in a request context; and what looks for a transaction afterwards. */
    private record Contexts(Optional<Executor> naming, Optional<Executor> request, Optional<TransactionGuard> guard) {

        private boolean isEmpty() {
            return naming.isEmpty() && request.isEmpty() && guard.isEmpty();
        }

        @Override
        public String toString() {
            List<String> parts = new ArrayList<>();
            naming.ifPresent(executor -> parts.add("java:comp by Jakarta Concurrency"));
            request.ifPresent(executor -> parts.add("a CDI request context of its own"));
            guard.ifPresent(found -> parts.add("rollback of a transaction that is left open"));
            return parts.isEmpty() ? "" : ", " + String.join(", ", parts);
        }
    }

    /** The code left a transaction open. It is logged already. */
    public static final class OpenTransactionException extends Exception {

        private static final long serialVersionUID = 1;
        private final boolean threadUsable;

        private OpenTransactionException(String message, boolean threadUsable) {
            super(message);
            this.threadUsable = threadUsable;
        }

        /** False if the transaction could not be taken from its thread either: the thread must call nothing any more. */
        boolean isThreadUsable() {
            return threadUsable;
        }
    }

    /** @param loader the class loader of the application */
    public CallContext(ClassLoader loader, LongSupplier nanoTime) {
        this.loader = loader;
        this.nanoTime = nanoTime;
    }

    /**
     * Takes the contexts of the calling thread for all calls from now on.
     *
     * @param request runs a task in a request context of its own, on the thread that calls it; empty without CDI
     */
    public void capture(Optional<Executor> request) {
        use(withOptionalClasses(() -> NamingContext.capturedByContainer()), request, withOptionalClasses(() -> TransactionGuard.find()));
    }

    /**
     * The contexts of the calling thread, which serves a request of a user: the naming context as always, and the identity of the user, as far as the container propagates it. Empty without Jakarta
     * Concurrency. Any thread may use it at any time.
     */
    public Optional<Executor> captureUser() {
        Contexts captured = contexts;
        return captured == null || captured.naming().isEmpty() ? Optional.empty() : withOptionalClasses(() -> NamingContext.capturedByContainer());
    }

    /** A container that has no Jakarta Concurrency or Transactions may lack the classes, too. Not even a method reference to their users may be outside of this. */
    private static <T> Optional<T> withOptionalClasses(Supplier<Optional<T>> search) {
        try {
            return search.get();
        } catch (LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "the container does not have all optional classes", e);
            return Optional.empty();
        }
    }

    void use(Optional<Executor> naming, Optional<Executor> request, Optional<TransactionGuard> guard) {
        Contexts captured = new Contexts(naming, request, guard);
        contexts = captured.isEmpty() ? null : captured;
    }

    /** What a call has, for the log. */
    @Override
    public String toString() {
        Contexts captured = contexts;
        return "the class loader of the application" + (captured == null ? " only" : captured);
    }

    /** The class loader of the application, which a thread that calls nothing else may keep. */
    ClassLoader loader() {
        return loader;
    }

    /**
     * Calls code of the application.
     *
     * @param code what is called, for the log
     * @param user in whose name, as {@link #captureUser} returned it; empty for no user
     * @throws OpenTransactionException if the code returned and left a transaction open, which is rolled back
     * @throws Exception                what the code throws
     */
    <T> T call(String code, Optional<Executor> user, Callable<T> callable) throws Exception {
        return call(code, user, callable, false);
    }

    /** As {@link #call}, in no user's name, on a thread that may have a transaction before: it stays. Most containers suspend it meanwhile. */
    <T> T callBeside(String code, Callable<T> callable) throws Exception {
        return call(code, Optional.empty(), callable, true);
    }

    private <T> T call(String code, Optional<Executor> user, Callable<T> callable, boolean beside) throws Exception {
        Contexts captured = contexts;
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        if (before != loader) {
            thread.setContextClassLoader(loader);
        }
        try {
            return captured == null ? callable.call() : within(captured, code, user, callable, beside);
        } finally {
            if (before != loader) {
                thread.setContextClassLoader(before);
            }
        }
    }

    private <T> T within(Contexts captured, String code, Optional<Executor> user, Callable<T> callable, boolean beside) throws Exception {
        Outcome<T> outcome = new Outcome<>(callable);
        Runnable guarded = () -> {
            Optional<TransactionGuard> guard = captured.guard().filter(known -> !beside || !known.hasTransaction());
            runIn(captured.request(), outcome, outcome);
            guard.ifPresent(known -> check(known, code, outcome));
        };
        runIn(user.or(captured::naming), guarded, outcome);
        return outcome.get();
    }

    /** Runs a task in a context. Without the context if the container refuses it, as some do while the application is stopped. */
    private void runIn(Optional<Executor> context, Runnable task, Outcome<?> outcome) {
        if (context.isEmpty()) {
            task.run();
            return;
        }
        try {
            context.get().execute(task);
        } catch (RuntimeException | LinkageError e) {
            if (outcome.started) {
                // The context could not be left. What the code did has happened.
                warn("a context of the application", "could not be left", e);
            } else {
                warn("a context of the application", "could not be entered", e);
                task.run();
            }
        }
    }

    private void check(TransactionGuard guard, String code, Outcome<?> outcome) {
        try {
            if (guard.endTransaction()) {
                warn(code, "left a transaction open, which was rolled back", null);
                if (outcome.failure == null) {
                    outcome.failure = new OpenTransactionException(code + " left a transaction open", true);
                }
            }
        } catch (IllegalStateException e) {
            warn(code, "left a transaction open, which could not be rolled back", e);
            outcome.failure = new OpenTransactionException(code + " left a transaction open", false);
        }
    }

    private void warn(String what, String problem, Throwable cause) {
        String key = what + " " + problem;
        LogThrottle throttle = throttles.get(key);
        if (throttle == null) {
            throttle = throttles.computeIfAbsent(throttles.size() < MAX_THROTTLES ? key : problem, any -> new LogThrottle());
        }
        long times = throttle.onEvent(nanoTime.getAsLong());
        if (times > 0) {
            LOG.log(System.Logger.Level.WARNING, key + (times > 1 ? ", " + times + " times since this was last logged" : ""), cause);
        }
    }

    /** A call and what became of it. Used by one thread. */
    private static final class Outcome<T> implements Runnable {

        private final Callable<T> callable;
        private boolean started;
        private T result;
        private Throwable failure;

        private Outcome(Callable<T> callable) {
            this.callable = callable;
        }

        @Override
        public void run() {
            started = true;
            try {
                result = callable.call();
            } catch (Throwable e) {
                // Containers wrap or log what passes through their contexts.
                failure = e;
            }
        }

        private T get() throws Exception {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure instanceof Exception exception) {
                throw exception;
            }
            return result;
        }
    }
}
