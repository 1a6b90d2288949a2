package dev.partyline.endpoint;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.annotation.WebFilter;
import java.io.IOException;
import java.util.Optional;

/**
 * Tells the {@link Handshake}, which runs later on the same thread, what Jakarta WebSocket 2.1 does not: where the request comes from and whether by TLS.
 *
 * <p>Nothing is decided here, since one container goes past filters on an upgrade.
 */
@WebFilter(urlPatterns = "/line", asyncSupported = true)
public class Doorway implements Filter {

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

    static boolean isSecure() {
        return Optional.ofNullable(REQUEST.get()).map(ServletRequest::isSecure).orElse(false);
    }
}
