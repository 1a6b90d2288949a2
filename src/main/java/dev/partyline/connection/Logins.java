package dev.partyline.connection;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The open connections whose user the container has authenticated, by the HTTP session of the login. They are closed when the session ends, or the user logs out in it: of the containers, some
 * close them with 1008 at the one, some do nothing at the other, and some never notice that a session has expired.
 *
 * <p>Any thread may call.
 */
public final class Logins {

    private final Map<String, Login> bySession = new HashMap<>();
    private final boolean keepsSessions;
    private final AtomicBoolean sweeping = new AtomicBoolean();

    /** An HTTP session with connections. Guarded by the monitor of {@link Logins}. */
    static final class Login {

        private final LoginSession session;
        private final Set<Connection> connections = new HashSet<>(2);
        private String id;

        private Login(LoginSession session) {
            this.session = session;
            this.id = session.id();
        }
    }

    /** @param keepsSessions whether what tabs send counts as a request in the session */
    Logins(boolean keepsSessions) {
        this.keepsSessions = keepsSessions;
    }

    Login add(LoginSession session, Connection connection) {
        Login login = join(session, connection);
        if (login.session != session) {
            // Another connection has the same session, for which this handshake is a request.
            login.session.onRequest();
        }
        return login;
    }

    private synchronized Login join(LoginSession session, Connection connection) {
        Login login = bySession.computeIfAbsent(session.id(), id -> new Login(session));
        login.connections.add(connection);
        return login;
    }

    synchronized void remove(Login login, Connection connection) {
        login.connections.remove(connection);
        if (login.connections.isEmpty()) {
            bySession.remove(login.id, login);
        }
    }

    /** The session has expired or was invalidated. */
    public void onSessionEnd(String id) {
        connections(id).forEach(Connection::endLogin);
    }

    /** The user has logged out, or another one in, and the session may go on. */
    public void onLogout(String id, String user) {
        connections(id).stream().filter(connection -> connection.isOfLogin(user)).forEach(Connection::endLogin);
    }

    private synchronized List<Connection> connections(String id) {
        return Optional.ofNullable(bySession.get(id)).map(login -> List.copyOf(login.connections)).orElse(List.of());
    }

    /** Containers give a session another id at a login. */
    public synchronized void onIdChange(String before, String now) {
        Login login = bySession.remove(before);
        if (login != null) {
            login.id = now;
            bySession.put(now, login);
        }
    }

    /** A request has come in a session, or has been answered. */
    public void onRequest(String id) {
        session(id).ifPresent(LoginSession::onRequest);
    }

    /**
     * Ends the logins whose session has expired without a word of the container: Payara lets none expire while a WebSocket of it is open, and Jetty looks for them every ten minutes.
     *
     * <p>May block, where a container has its sessions elsewhere; nothing happens if an earlier call has not ended.
     */
    void sweep() {
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        try {
            for (Login login : all()) {
                if (login.session.hasExpired()) {
                    connections(login).forEach(Connection::endLogin);
                }
            }
        } finally {
            sweeping.set(false);
        }
    }

    private synchronized List<Login> all() {
        return List.copyOf(bySession.values());
    }

    private synchronized List<Connection> connections(Login login) {
        return List.copyOf(login.connections);
    }

    synchronized boolean isEmpty() {
        return bySession.isEmpty();
    }

    private synchronized Optional<LoginSession> session(String id) {
        return Optional.ofNullable(bySession.get(id)).map(login -> login.session);
    }

    /** What is to be done because a tab has sent something, which may block. */
    Optional<Runnable> keepAlive(Login login) {
        return keepsSessions ? Optional.of(login.session::extend) : Optional.empty();
    }
}
