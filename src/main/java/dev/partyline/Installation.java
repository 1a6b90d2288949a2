package dev.partyline;

import dev.partyline.assets.FolderFilter;
import dev.partyline.assets.StaticFilesFilter;
import dev.partyline.endpoint.HandshakeRequestFilter;
import dev.partyline.endpoint.JarEndpoint;
import dev.partyline.http.ApiServlet;
import dev.partyline.http.HealthServlet;
import dev.partyline.http.MetricsServlet;
import dev.partyline.http.SecurityHeadersFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRegistration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What {@code web-fragment.xml} and the annotations in Partyline's jar say, for a server that reads neither, such as the one in the executable jar of Spring Boot.
 *
 * <p>Used while the application starts.
 */
final class Installation {

    private static final EnumSet<DispatcherType> REQUESTS = EnumSet.of(DispatcherType.REQUEST);

    private Installation() {
    }

    static Partyline in(ServletContext context) {
        if (!isInstalled(context)) {
            new PartylineInitializer().onStartup(Set.of(), context);
            addFilters(context);
            addServlets(context);
            PartylineContextListener start = new PartylineContextListener();
            start.contextInitialized(new ServletContextEvent(context));
            context.addListener(new EndpointListener(start));
        }
        return Partyline.of(context);
    }

    /** By the container, or by an earlier call. */
    static boolean isInstalled(ServletContext context) {
        return context.getServletRegistration("partyline-health") != null;
    }

    private static void addFilters(ServletContext context) {
        addFilter(context, "partyline-security-headers", SecurityHeadersFilter.class, EnumSet.of(DispatcherType.REQUEST, DispatcherType.FORWARD), "/partyline/*");
        addFilter(context, "partyline-folder", FolderFilter.class, REQUESTS, "/partyline/*");
        addFilter(context, "partyline-handshake-request", HandshakeRequestFilter.class, REQUESTS, "/partyline/line");
        addFilter(context, "partyline-static-files", StaticFilesFilter.class, REQUESTS, "/partyline/*");
    }

    private static void addFilter(ServletContext context, String name, Class<? extends Filter> type, EnumSet<DispatcherType> dispatchers, String pattern) {
        FilterRegistration.Dynamic filter = context.addFilter(name, type);
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(dispatchers, true, pattern);
    }

    private static void addServlets(ServletContext context) {
        addServlet(context, "partyline-api", ApiServlet.class, "/partyline/api/topics/*", "/partyline/api/tabs/*", "/partyline/api/users/*", "/partyline/api/all", "/partyline/api/lines",
            "/partyline/api/close", "/partyline/api/remove", "/partyline/api/recheck");
        addServlet(context, "partyline-metrics", MetricsServlet.class, "/partyline/metrics");
        addServlet(context, "partyline-health", HealthServlet.class, "/partyline/health", "/partyline/health/*");
    }

    private static void addServlet(ServletContext context, String name, Class<? extends Servlet> type, String... patterns) {
        ServletRegistration.Dynamic servlet = context.addServlet(name, type);
        servlet.setLoadOnStartup(1);
        servlet.addMapping(patterns);
    }

    /** Adds the endpoint. Servers have their WebSocket container ready only when listeners are called. */
    private record EndpointListener(PartylineContextListener start) implements ServletContextListener {

        @Override
        public void contextInitialized(ServletContextEvent event) {
            JarEndpoint.addTo(event.getServletContext());
        }

        @Override
        public void contextDestroyed(ServletContextEvent event) {
            start.contextDestroyed(event);
        }
    }
}
