package dev.partyline;

import dev.partyline.assets.FolderFilter;
import dev.partyline.assets.StaticFilesFilter;
import dev.partyline.endpoint.EndpointDeployment;
import dev.partyline.endpoint.HandshakeRequestFilter;
import dev.partyline.endpoint.LoginListener;
import dev.partyline.http.ApiServlet;
import dev.partyline.http.HealthServlet;
import dev.partyline.http.MetricsServlet;
import dev.partyline.http.SecurityHeadersFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.EnumSet;
import java.util.Set;

/**
 * Registers with the web application what Partyline needs: always what stops it and what sees logouts; and what {@code web-fragment.xml} and the annotations in Partyline's jar say, where the
 * container has read neither. {@code web.xml} is {@code metadata-complete} or has an {@code absolute-ordering} without Partyline, or the jar is in the lib folder of an EAR, or the server is that
 * of an executable jar, such as Spring Boot's.
 *
 * <p>Used by the thread that starts the application, which alone may register anything.
 */
final class Installation {

    private static final System.Logger LOG = System.getLogger(Installation.class.getName());
    private static final String ATTRIBUTE = Installation.class.getName();
    private static final String HEALTH = "partyline-health";
    private static final EnumSet<DispatcherType> REQUESTS = EnumSet.of(DispatcherType.REQUEST);

    /** What is still to be done: nothing, or to deploy the endpoint, for which a listener may have been added. */
    private enum State { COMPLETE, WITHOUT_ENDPOINT, WITH_LISTENER }

    private Installation() {
    }

    /** For a server that calls no {@code ServletContainerInitializer} of a jar. */
    static Partyline in(ServletContext context) {
        new PartylineInitializer().onStartup(Set.of(), context);
        return Partyline.of(context);
    }

    /** By a {@code ServletContainerInitializer}: before any listener is called. The listener that starts Partyline is added where the container has not found it. */
    static void prepare(ServletContext context) {
        if (!isDeclared(context)) {
            complete(context);
        }
        if (context.getAttribute(ATTRIBUTE) == State.WITHOUT_ENDPOINT) {
            context.addListener(PartylineContextListener.class);
            context.setAttribute(ATTRIBUTE, State.WITH_LISTENER);
        }
    }

    /** Only the first call has an effect. */
    static void complete(ServletContext context) {
        if (isComplete(context)) {
            return;
        }
        boolean declared = isDeclared(context);
        stopWith(context);
        watchLogins(context);
        if (!declared && EndpointDeployment.isOfJar()) {
            addFilters(context);
            addServlets(context);
            LOG.log(System.Logger.Level.INFO, "the container has not read the web-fragment.xml of Partyline: its filters, servlets and endpoint under /partyline are registered by Partyline itself");
        } else if (!declared) {
            LOG.log(System.Logger.Level.WARNING, "web.xml does not have the filters and servlets that the web.xml of Partyline''s WAR has: the HTTP API and the checks of health are missing;"
                + " copy them");
        }
        context.setAttribute(ATTRIBUTE, declared || !EndpointDeployment.isOfJar() ? State.COMPLETE : State.WITHOUT_ENDPOINT);
    }

    /** Whether Partyline ends with the application. */
    static boolean isComplete(ServletContext context) {
        return context.getAttribute(ATTRIBUTE) != null;
    }

    /** Whether filters and servlets are there. Those of the WAR have the same names. */
    private static boolean isDeclared(ServletContext context) {
        return context.getServletRegistration(HEALTH) != null;
    }

    /**
     * Containers have no WebSocket yet when they call a {@code ServletContainerInitializer}: then the listener does this later.
     *
     * @throws IllegalStateException if the container has no WebSocket when it calls listeners
     */
    static void deployEndpoint(ServletContext context) {
        if (context.getAttribute(ATTRIBUTE) != State.WITHOUT_ENDPOINT) {
            return;
        }
        if (EndpointDeployment.isPossible(context)) {
            context.setAttribute(ATTRIBUTE, State.COMPLETE);
            EndpointDeployment.deploy(context);
            return;
        }
        try {
            prepare(context);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IllegalStateException(EndpointDeployment.MISSING, e);
        }
    }

    /** By Partyline's own listener. */
    static void deployEndpointAtLast(ServletContext context) {
        if (context.getAttribute(ATTRIBUTE) == State.COMPLETE) {
            return;
        }
        if (!EndpointDeployment.isPossible(context)) {
            throw new IllegalStateException(EndpointDeployment.MISSING);
        }
        context.setAttribute(ATTRIBUTE, State.COMPLETE);
        EndpointDeployment.deploy(context);
    }

    /** The application ends. Only the first call has an effect. */
    static void stop(ServletContext context) {
        PartylineInitializer.forget(context);
        Partyline.existing(context).ifPresent(Partyline::stop);
    }

    private static void stopWith(ServletContext context) {
        ServletRegistration.Dynamic shutdown = context.addServlet(ShutdownServlet.class.getName(), new ShutdownServlet(() -> stop(context)));
        shutdown.setLoadOnStartup(1);
        shutdown.setAsyncSupported(true);
    }

    private static void watchLogins(ServletContext context) {
        LoginListener logins = new LoginListener();
        context.addListener(logins);
        FilterRegistration.Dynamic filter = context.addFilter(LoginListener.class.getName(), logins);
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(REQUESTS, false, "/*");
    }

    /** As in {@code web-fragment.xml}; a test compares the two, but for the order of the first. */
    private static void addFilters(ServletContext context) {
        // Before the filter by which Tomcat, Payara and GlassFish answer a handshake, which may be there already.
        addFilter(context, "partyline-handshake-request", HandshakeRequestFilter.class, REQUESTS, false, "/partyline/line");
        addFilter(context, "partyline-security-headers", SecurityHeadersFilter.class, EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD), true, "/partyline/*");
        addFilter(context, "partyline-folder", FolderFilter.class, REQUESTS, true, "/partyline/*");
        addFilter(context, "partyline-static-files", StaticFilesFilter.class, REQUESTS, true, "/partyline/*");
    }

    /** @param after the filters that are there already */
    private static void addFilter(ServletContext context, String name, Class<? extends Filter> type, EnumSet<DispatcherType> dispatchers, boolean after, String pattern) {
        FilterRegistration.Dynamic filter = context.addFilter(name, type);
        // web.xml may have one of this name.
        if (filter != null) {
            filter.setAsyncSupported(true);
            filter.addMappingForUrlPatterns(dispatchers, after, pattern);
        }
    }

    private static void addServlets(ServletContext context) {
        addServlet(context, "partyline-api", ApiServlet.class, "/partyline/api/topics/*", "/partyline/api/tabs/*", "/partyline/api/users/*", "/partyline/api/all", "/partyline/api/lines",
            "/partyline/api/close", "/partyline/api/remove", "/partyline/api/recheck");
        addServlet(context, "partyline-metrics", MetricsServlet.class, "/partyline/metrics");
        addServlet(context, HEALTH, HealthServlet.class, "/partyline/health", "/partyline/health/*");
    }

    private static void addServlet(ServletContext context, String name, Class<? extends Servlet> type, String... patterns) {
        ServletRegistration.Dynamic servlet = context.addServlet(name, type);
        if (servlet != null) {
            servlet.setLoadOnStartup(1);
            servlet.addMapping(patterns);
        }
    }
}
