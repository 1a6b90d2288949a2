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
 * <p>A user may be authenticated without an HTTP session: by credentials that come with each request, or by a cookie of the container, as on Open Liberty. Nothing tells then which of the
 * user's connections belong to a logout, so all that have no session are closed: a client that is still logged in elsewhere resumes its line at once.
 *
 * <p>Any thread may call.
 */
public final class Logins {

    private final Map<String, Login> bySession = new HashMap<>();
    /** Those without a session, by their user. */
    private final Map<String, Set<Connection>> byUser = new HashMap<>();
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

    /** One that has no session. */
    synchronized void add(String user, Connection connection) {
        byUser.computeIfAbsent(user, any -> new HashSet<>(2)).add(connection);
    }

    synchronized void remove(String user, Connection connection) {
        byUser.computeIfPresent(user, (any, connections) -> connections.remove(connection) && connections.isEmpty() ? null : connections);
    }

    /** Whether {@link #onLogout(String)} may concern any connection. */
    public synchronized boolean hasConnectionsWithoutSession() {
        return !byUser.isEmpty();
    }

    /** The session has expired or was invalidated. */
    public void onSessionEnd(String id) {
        connections(id).forEach(Connection::endLogin);
    }

    /** The user has logged out, or another one in, with or without a session. */
    public void onLogout(String user) {
        ofUser(user).forEach(Connection::endLogin);
    }

    private synchronized List<Connection> ofUser(String user) {
        return List.copyOf(byUser.getOrDefault(user, Set.of()));
    }

    /** The same in a session, which may go on. */
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
