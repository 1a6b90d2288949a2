package dev.partyline.endpoint;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.Optional;

/**
 * Supplies the {@link HandshakeConfigurator}, which runs later on the same thread, with data that Jakarta WebSocket 2.1 lacks: the addresses of client and
 * server, and whether the request came over TLS.
 *
 * <p>It decides nothing, because Jetty bypasses filters on an upgrade. It is mapped in the WAR's web.xml and the jar's web-fragment.xml, like the servlets.
 */
public class HandshakeRequestFilter implements Filter {

    private static final ThreadLocal<ServletRequest> REQUEST = new ThreadLocal<>();

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        REQUEST.set(request);
        try {
            chain.doFilter(request, response);
        } finally {
            REQUEST.remove();
        }
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
