package dev.partyline.endpoint;

import dev.partyline.connection.Logins;
import dev.partyline.connection.ServerContext;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import java.io.IOException;
import java.security.Principal;
import java.util.Optional;

/**
 * Reports the end of HTTP sessions and logouts to {@link Logins}.
 *
 * <p>There is no event for a logout that leaves the session as it is. So the user of each request of the application is looked at before the request is processed and afterwards; nothing of a request
 * is changed.
 */
public final class LoginListener implements HttpSessionListener, HttpSessionIdListener, Filter {

    @Override
    public void sessionDestroyed(HttpSessionEvent event) {
        logins().ifPresent(logins -> logins.onSessionEnd(event.getSession().getId()));
    }

    @Override
    public void sessionIdChanged(HttpSessionEvent event, String before) {
        logins().ifPresent(logins -> logins.onIdChange(before, event.getSession().getId()));
    }

    private static Optional<Logins> logins() {
        return ServerContext.current().map(ServerContext::logins);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        Optional<Login> before = request instanceof HttpServletRequest http ? Login.of(http) : Optional.empty();
        before.ifPresent(LoginListener::onRequest);
        try {
            chain.doFilter(request, response);
        } finally {
            before.ifPresent(LoginListener::onRequest);
            // Another thread may end an asynchronous request at any time, after which it must not be used.
            before.filter(login -> !request.isAsyncStarted() && login.hasEnded((HttpServletRequest) request))
                .ifPresent(login -> onLogout((HttpServletRequest) request, login));
        }
    }

    private static void onRequest(Login login) {
        login.session.ifPresent(session -> logins().ifPresent(logins -> logins.onRequest(session)));
    }

    private static void onLogout(HttpServletRequest request, Login login) {
        logins().ifPresent(logins -> {
            logins.onLogout(login.user);
            login.session.ifPresent(session -> logins.onLogout(session, login.user));
            HttpSession session = request.getSession(false);
            if (session != null) {
                // Payara and GlassFish give it another id at a logout.
                logins.onLogout(session.getId(), login.user);
            }
        });
    }

    /** The user of a request, and the id of the session. */
    private record Login(String user, Optional<String> session) {

        /** Empty for a handshake, too: containers use its request for something else as soon as its WebSocket is closed. */
        private static Optional<Login> of(HttpServletRequest request) {
            if (request.getHeader("Upgrade") != null) {
                return Optional.empty();
            }
            Optional<String> session = Optional.ofNullable(request.getSession(false)).map(HttpSession::getId);
            // Without a session, a container may have to check credentials to tell the user: it is asked only if that matters.
            boolean isWanted = session.isPresent() || logins().filter(Logins::hasConnectionsWithoutSession).isPresent();
            return Optional.ofNullable(isWanted ? request.getUserPrincipal() : null).map(user -> new Login(user.getName(), session));
        }

        private boolean hasEnded(HttpServletRequest request) {
            Principal now = request.getUserPrincipal();
            return now == null || !now.getName().equals(user);
        }
    }
}
