package dev.partyline.endpoint;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
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
        if (request instanceof HttpServletRequest handshake) {
            ServletContext application = request.getServletContext();
            passedOn = isTomcat(application) ? new TomcatTraffic.Request(handshake, trafficGetters)
                : handshake.getContextPath().isEmpty() && !application.getContextPath().isEmpty() ? new RequestWithContextPath(handshake)
                : handshake;
        }
        REQUEST.set(passedOn);
        try {
            chain.doFilter(passedOn, response);
        } finally {
            REQUEST.remove();
        }
    }

    /** To the default web module of Payara or GlassFish, by an address without its context path: their WebSocket knows its endpoints by addresses with it. */
    private static final class RequestWithContextPath extends HttpServletRequestWrapper {

        private RequestWithContextPath(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getRequestURI() {
            return getServletContext().getContextPath() + super.getRequestURI();
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
