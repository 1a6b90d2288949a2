package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.endpoint.LoginListener;
import dev.partyline.line.CallerFacts;
import dev.partyline.wire.CloseCode;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The HTTP session ends in which a client has logged in. */
@Timeout(30)
class LoginsTest {

    private final ConnectionFixture fixture = new ConnectionFixture();

    private static final class FakeSession implements LoginSession {

        private final String id;
        private final boolean isNew;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final AtomicBoolean expired = new AtomicBoolean();
        private final AtomicInteger extensions = new AtomicInteger();
        private final AtomicInteger requests = new AtomicInteger();

        private FakeSession(String id) {
            this(id, false);
        }

        private FakeSession(String id, boolean isNew) {
            this.id = id;
            this.isNew = isNew;
        }

        @Override
        public boolean isNew() {
            return isNew;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public boolean isValid() {
            return !ended.get();
        }

        @Override
        public boolean hasExpired() {
            return expired.get();
        }

        @Override
        public void extend() {
            extensions.incrementAndGet();
        }

        @Override
        public void onRequest() {
            requests.incrementAndGet();
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private FakeClient ann(LoginSession session) {
        return ann(Optional.of(session));
    }

    private FakeClient ann(Optional<LoginSession> session) {
        CallerFacts none = CallerFacts.NONE;
        CallerFacts ann = new CallerFacts(Optional.of(() -> "ann"), none.roles(), none.headers(), none.parameters(), none.locale(), none.contexts(), false);
        return new FakeClient(fixture.context, new HandshakeInfo(ann, Optional.empty(), session, Optional.empty(), Optional.empty()));
    }

    private Logins logins() {
        return fixture.context.logins();
    }

    @Test
    void connectionsOfASessionThatEndsAreClosedAndNoOthers() {
        FakeClient first = ann(new FakeSession("s1")).hello("");
        FakeClient second = ann(new FakeSession("s1")).hello("");
        FakeClient other = ann(new FakeSession("s2")).hello("");

        logins().onSessionEnd("s1");

        assertThat(first.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
        assertThat(second.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
        other.send(ConnectionFixture.hi(1));
        assertThat(other.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();
    }

    /** As on Payara, where it is found expired once no WebSocket of it is open. */
    @Test
    void sessionThatHasExpiredWithoutAWordOfTheContainerClosesItsConnectionsAndNoOthers() {
        FakeSession session = new FakeSession("s1");
        FakeClient client = ann(session).hello("");
        FakeClient other = ann(new FakeSession("s2")).hello("");
        fixture.advance(Duration.ofSeconds(5));
        client.send(ConnectionFixture.hi(1));
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();

        session.expired.set(true);
        fixture.advance(Duration.ofSeconds(5));

        assertThat(client.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
        other.send(ConnectionFixture.hi(1));
        assertThat(other.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();
    }

    @Test
    void lineGoesOnIfItsUserIsStillLoggedIn() {
        FakeClient first = ann(new FakeSession("s1")).hello("");
        logins().onSessionEnd("s1");
        assertThat(first.closeReason()).isEqualTo("the login has ended");

        FakeClient next = ann(new FakeSession("s2")).resume(first, "");

        assertThat(next.next(frame -> frame.getString("type", "").equals("$welcome")).getBoolean("resumed")).isTrue();
    }

    @Test
    void sessionIsFoundByTheIdThatItHasGotMeanwhile() {
        FakeClient client = ann(new FakeSession("s1")).hello("");
        logins().onIdChange("s1", "s2");
        logins().onSessionEnd("s1");
        client.send(ConnectionFixture.hi(1));
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();

        logins().onSessionEnd("s2");

        assertThat(client.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
    }

    @Test
    void logoutConcernsTheConnectionsOfItsUserOnly() {
        FakeClient client = ann(new FakeSession("s1")).hello("");
        logins().onLogout("s1", "bob");
        client.send(ConnectionFixture.hi(1));
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();

        logins().onLogout("s1", "ann");

        assertThat(client.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
    }

    /** As on Open Liberty, where a cookie of the container has the login. */
    @Test
    void logoutWithoutASessionClosesTheConnectionsOfItsUserThatHaveNone() throws ServletException, IOException {
        fixture.context.open();
        FakeClient ann = ann(Optional.empty()).hello("");
        FakeClient inNewSession = ann(new FakeSession("s2", true)).hello("");
        FakeClient inSession = ann(new FakeSession("s1")).hello("");

        request("ann", "ann");
        request("bob", null);
        assertThat(isServed(ann)).isTrue();
        request("ann", null);

        assertThat(ann.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
        assertThat(ann.closeReason()).isEqualTo("the login has ended");
        assertThat(inNewSession.closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
        assertThat(isServed(inSession)).isTrue();
        ann.connection.onClose(CloseCode.CHECK_LOGIN.number());
        inNewSession.connection.onClose(CloseCode.CHECK_LOGIN.number());
        assertThat(logins().hasConnectionsWithoutSession()).isFalse();
        // Containers may check credentials to tell the user.
        assertThat(request("ann", "ann")).as("how often the user was asked for").isZero();
    }

    private static boolean isServed(FakeClient client) {
        client.send(ConnectionFixture.hi(1));
        return client.next(frame -> frame.getInt("re", 0) == 1) != null;
    }

    /** A request of the application without a session; returns how often its user was asked for. */
    private static int request(String before, String after) throws ServletException, IOException {
        AtomicReference<String> user = new AtomicReference<>(before);
        AtomicInteger questions = new AtomicInteger();
        HttpServletRequest request = (HttpServletRequest) Proxy.newProxyInstance(LoginsTest.class.getClassLoader(), new Class<?>[] {HttpServletRequest.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "getHeader", "getSession" -> null;
                case "isAsyncStarted" -> false;
                case "getUserPrincipal" -> {
                    questions.incrementAndGet();
                    yield Optional.ofNullable(user.get()).map(name -> (Principal) () -> name).orElse(null);
                }
                default -> throw new UnsupportedOperationException(method.getName());
            });
        new LoginListener().doFilter(request, null, (same, response) -> user.set(after));
        return questions.get();
    }

    @Test
    void sessionThatHasEndedDuringTheHandshakeClosesTheConnection() {
        FakeSession session = new FakeSession("s1");
        session.ended.set(true);

        assertThat(ann(session).closeCode()).isEqualTo(CloseCode.CHECK_LOGIN);
    }

    @Test
    void userOfATokenDoesNotDependOnASession() {
        FakeClient client = ann(new FakeSession("s1")).hello("\"token\":\"good:bob\"");

        logins().onSessionEnd("s1");

        client.send(ConnectionFixture.hi(1));
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();
    }

    @Test
    void messagesOfTabsKeepTheSessionAliveAndHeartbeatsDoNot() {
        FakeSession session = new FakeSession("s1");
        FakeClient client = ann(session).hello("");
        client.send("{\"type\":\"$ping\"}");
        assertThat(session.extensions).hasValue(0);

        client.send(ConnectionFixture.hi(1));
        client.send(ConnectionFixture.hi(2));
        await().untilAsserted(() -> assertThat(session.extensions).hasValue(1));
        fixture.advance(Duration.ofSeconds(16));
        client.send(ConnectionFixture.hi(3));
        await().untilAsserted(() -> assertThat(session.extensions).hasValue(2));

        logins().onRequest("s1");
        assertThat(session.requests).hasValue(1);
        FakeClient second = ann(new FakeSession("s1")).hello("");
        assertThat(session.requests).as("a handshake is a request").hasValue(2);
        second.connection.onClose(1006);
        client.connection.onClose(1006);
        logins().onRequest("s1");
        assertThat(session.requests).as("nothing is left of a closed connection").hasValue(2);
    }
}
