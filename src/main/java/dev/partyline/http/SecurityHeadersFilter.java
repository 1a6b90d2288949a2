package dev.partyline.http;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Headers of all responses of Partyline: browsers do not guess media types, and no page of another origin shows one of ours in a frame.
 *
 * <p>It is mapped in the WAR's web.xml and the jar's web-fragment.xml.
 */
public class SecurityHeadersFilter implements Filter {

    private static final String DONE = SecurityHeadersFilter.class.getName();

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        // Also on forwards, since Open Liberty forwards from the root past its filters.
        if (response instanceof HttpServletResponse answer && request.getAttribute(DONE) == null) {
            request.setAttribute(DONE, true);
            answer.setHeader("X-Content-Type-Options", "nosniff");
            // Added: the application or the container may have a policy of its own, and browsers apply both.
            answer.addHeader("Content-Security-Policy", "frame-ancestors 'self'");
        }
        chain.doFilter(request, response);
    }
}
