package dev.partyline.handler;

import jakarta.enterprise.concurrent.ContextService;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.function.Function;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Runs tasks with the naming context ({@code java:comp}) that a thread of the application has, by the {@code ContextService} of Jakarta Concurrency. Persistence and transactions work with it only.
 *
 * <p>Payara and GlassFish keep the state of a call in the captured context, such as its transaction and whether it may use {@code UserTransaction}. So no captured context is used by two threads at
 * the same time, and none by code of the application twice: each task has one that was captured for it.
 *
 * <p>Any thread may call.
 */
final class NamingContext implements Executor {

    private static final System.Logger LOG = System.getLogger(NamingContext.class.getName());
    private static final String SERVICE = "java:comp/DefaultContextService";

    private final ContextService service;
    private final Function<Runnable, Boolean> first;
    /** Those in which nothing but further ones are captured, as many as tasks begin at the same time. */
    private final Deque<Function<Runnable, Boolean>> templates = new ConcurrentLinkedDeque<>();

    /** Captures the context of the calling thread. */
    NamingContext(ContextService service) {
        this.service = service;
        this.first = capture();
    }

    /** The context of the calling thread; empty without Jakarta Concurrency. */
    static Optional<Executor> capturedByContainer() {
        try {
            return Optional.of(new NamingContext(InitialContext.doLookup(SERVICE)));
        } catch (NamingException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no " + SERVICE, e);
            return Optional.empty();
        }
    }

    private Function<Runnable, Boolean> capture() {
        return service.contextualFunction(task -> {
            task.run();
            return true;
        });
    }

    @Override
    public void execute(Runnable task) {
        Function<Runnable, Boolean> known = templates.poll();
        Function<Runnable, Boolean> template = known == null ? another() : known;
        Function<Runnable, Boolean> fresh;
        try {
            fresh = captureWithin(template);
        } finally {
            templates.push(template);
        }
        fresh.apply(task);
    }

    private synchronized Function<Runnable, Boolean> another() {
        return captureWithin(first);
    }

    private Function<Runnable, Boolean> captureWithin(Function<Runnable, Boolean> contextual) {
        List<Function<Runnable, Boolean>> captured = new ArrayList<>(1);
        contextual.apply(() -> captured.add(capture()));
        return captured.get(0);
    }
}
