package dev.partyline.cdi;

import dev.partyline.Partyline;
import dev.partyline.PartylineInitializer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.servlet.ServletContext;
import java.util.Optional;

/**
 * Provides {@code @Inject Partyline}. Loaded by containers with CDI only.
 *
 * <p>What is injected is a proxy, since beans may be created before the web application has started: the beans of a {@code @Startup} singleton, for one. A {@link ServletContext} cannot be injected:
 * in most containers, CDI has one within a request only.
 */
@ApplicationScoped
public class PartylineProducer {

    /** Null until Partyline has started. */
    private volatile ServletContext context;

    /** For an application whose container does not call {@link PartylineInitializer}. Public, since the proxy of another class loader has all other methods for itself. */
    public void startedIn(ServletContext started) {
        context = started;
    }

    /** Called when the proxy is first used, and again while it fails. */
    @Produces
    @ApplicationScoped
    public Partyline partyline() {
        return Optional.ofNullable(context).map(Partyline::of).or(PartylineInitializer::partyline)
            .orElseThrow(() -> new IllegalStateException("Partyline has not started, or has ended: it starts with the web application, and some beans are created before. Use it in a request,"
                + " a handler, a timer, or a ServletContextListener. If it never starts, an absolute-ordering in web.xml hides its jar: name partyline there, or call Partyline.of in a"
                + " ServletContextListener"));
    }
}
