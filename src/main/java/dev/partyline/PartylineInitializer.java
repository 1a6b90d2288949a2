package dev.partyline;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import java.util.Optional;
import java.util.Set;

/**
 * Knows the {@link ServletContext} of the application before any of its listeners does, for {@code @Inject Partyline} in these listeners. Containers call it first of all; CDI, in which beans look for
 * Partyline, has a {@code ServletContext} within a request only.
 */
public class PartylineInitializer implements ServletContainerInitializer {

    /** Of the application whose class loader has this class. */
    private static volatile Starting starting;

    private record Starting(ServletContext context, ClassLoader loader) {
    }

    @Override
    public void onStartup(Set<Class<?>> classes, ServletContext context) {
        starting = new Starting(context, Thread.currentThread().getContextClassLoader());
        Installation.prepare(context);
    }

    /** The application ends. Otherwise what still runs in it would start another Partyline. */
    static void forget(ServletContext context) {
        Starting last = starting;
        if (last != null && last.context() == context) {
            starting = null;
        }
    }

    /** The Partyline of this application, which it starts if need be. Empty before the web application starts, and after it has ended. */
    public static Optional<Partyline> partyline() {
        return Optional.ofNullable(starting).map(application -> Partyline.of(application.context(), application.loader()));
    }
}
