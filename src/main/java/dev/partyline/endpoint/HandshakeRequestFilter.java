package dev.partyline.endpoint;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.websocket.server.ServerContainer;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Supplies the {@link HandshakeConfigurator}, which runs later on the same thread, with data that Jakarta WebSocket 2.1 lacks: the addresses of client and
 * server, whether the request came over TLS, and on Tomcat what it writes.
 *
 * <p>It decides nothing, because Jetty bypasses filters on an upgrade. It is mapped in the WAR's web.xml and the jar's web-fragment.xml, like the servlets.
 */
public class HandshakeRequestFilter implements Filter {

    private static final ThreadLocal<ServletRequest> REQUEST = new ThreadLocal<>();

    private final AtomicReference<TomcatTraffic.Getters> trafficGetters = new AtomicReference<>();

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        ServletRequest passedOn = request;
        if (request instanceof HttpServletRequest handshake && isTomcat(request.getServletContext())) {
            passedOn = new TomcatTraffic.Request(handshake, trafficGetters);
        }
        REQUEST.set(passedOn);
        try {
            chain.doFilter(passedOn, response);
        } finally {
            REQUEST.remove();
        }
    }

    private static boolean isTomcat(ServletContext application) {
        Object container = application.getAttribute(ServerContainer.class.getName());
        return container != null && container.getClass().getName().startsWith("org.apache.tomcat.");
    }

    static Optional<TomcatTraffic.Request> traffic() {
        return Optional.ofNullable(REQUEST.get()).filter(TomcatTraffic.Request.class::isInstance).map(TomcatTraffic.Request.class::cast);
    }

    static Optional<String> address() {
        return Optional.ofNullable(REQUEST.get()).map(ServletRequest::getRemoteAddr);
    }

    /** The address of this server to which the client has connected. */
    static Optional<String> localAddress() {
        return Optional.ofNullable(REQUEST.get()).map(ServletRequest::getLocalAddr);
    }

    static boolean isSecure() {
        return Optional.ofNullable(REQUEST.get()).map(ServletRequest::isSecure).orElse(false);
    }
}
