package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.CookieManager;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A user logs in by a form, and out again, in an application that protects the address of the line, and in one that does not. */
@OnEveryContainer
class LoginIT {

    /** Of the container, and of Partyline: whichever comes first. The client does the same. */
    private static final Set<Integer> LOGIN_ENDED = Set.of(1008, 4004);
    /** What Jakarta Security says of ann in a handler: her name, and whether she is a clerk. WildFly has no such bean in an application that logs in by web.xml. */
    private static final Map<String, String> SECURITY_CONTEXT = Map.of("payara-micro", "ann false", "payara-server", "ann false", "glassfish", "nobody false",
        "wildfly", "UnsatisfiedResolutionException UnsatisfiedResolutionException", "liberty", "ann true");
    /** They may use one object for a request and for the handshake of a line that has just closed: https://github.com/payara/Payara/issues/5432. */
    private static final Set<String> REUSES_REQUESTS = Set.of("payara-micro", "payara-server", "glassfish");
    private static final Set<Integer> LOGIN_WANTED = Set.of(HttpURLConnection.HTTP_MOVED_TEMP, HttpURLConnection.HTTP_SEE_OTHER, HttpURLConnection.HTTP_UNAUTHORIZED,
        HttpURLConnection.HTTP_FORBIDDEN);

    /** A session that expires after so many seconds. What is sent counts once in 15. */
    private static final String IDLE = "account/logout?idle=20";
    /** Messages, one a second. */
    private static final int AFTERWARDS = 10;

    @ArquillianResource
    @OperateOnDeployment("open")
    private URL open;
    @ArquillianResource
    @OperateOnDeployment("guarded")
    private URL guarded;

    @Deployment(testable = false, name = "open")
    static WebArchive open() {
        return Applications.ordersWithUsers("open", false);
    }

    @Deployment(testable = false, name = "guarded")
    static WebArchive guarded() {
        return Applications.ordersWithUsers("guarded", true);
    }

    /** A browser, as far as a login needs one. */
    private static final class Browser {

        private final WarDeployment deployment;
        private final CookieManager cookies = new CookieManager();
        private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).cookieHandler(cookies).followRedirects(HttpClient.Redirect.NEVER).build();

        private Browser(URL url) {
            this.deployment = WarDeployment.reachable(url);
        }

        private HttpResponse<String> get(String name) {
            return send(HttpRequest.newBuilder(deployment.uri(name)).GET());
        }

        private HttpResponse<String> post(String name, String form) {
            return send(HttpRequest.newBuilder(deployment.uri(name)).header("Content-Type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(form)));
        }

        private HttpResponse<String> send(HttpRequest.Builder request) {
            HttpResponse<String> answer = sendOnce(request);
            return answer.statusCode() == HttpURLConnection.HTTP_INTERNAL_ERROR && REUSES_REQUESTS.contains(Claims.container()) ? sendOnce(request) : answer;
        }

        private HttpResponse<String> sendOnce(HttpRequest.Builder request) {
            try {
                return http.send(request.timeout(Duration.ofSeconds(15)).build(), HttpResponse.BodyHandlers.ofString());
            } catch (IOException e) {
                throw new AssertionError("no answer", e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private Browser login() {
            get("account/index.html");
            HttpResponse<String> answer = post("j_security_check", "j_username=ann&j_password=ann");
            assertThat(answer.statusCode()).as(answer::body).isIn(HttpURLConnection.HTTP_MOVED_TEMP, HttpURLConnection.HTTP_SEE_OTHER);
            assertThat(get("account/index.html").body()).contains("Log out");
            return this;
        }

        /** Open Liberty has none for the login itself. */
        private Browser withSession() {
            assertThat(get("account/logout").body()).isEqualTo("ann");
            return this;
        }

        private void logout(String only) {
            assertThat(post("account/logout", only).body()).isEqualTo("logged out");
        }

        private String cookie() {
            return cookies.getCookieStore().getCookies().stream().map(one -> one.getName() + "=" + one.getValue()).collect(Collectors.joining("; "));
        }

        /** The outcome of a handshake, soon: Payara does not answer at all where it rejects one. */
        private CompletableFuture<WebSocket> handshake() {
            return http.newWebSocketBuilder().header("Cookie", cookie()).header("Origin", "http://" + deployment.origin())
                .buildAsync(deployment.line("partyline/line"), new WebSocket.Listener() { }).orTimeout(3, TimeUnit.SECONDS);
        }

        /** Those containers close the line at the end of a session, however young it is. Partyline itself waits for as long before it closes one. */
        private PlainClient connect() {
            PlainClient client = connectAgainIfUnanswered();
            if (REUSES_REQUESTS.contains(Claims.container())) {
                await("the end of the handshake's thread").pollDelay(Duration.ofSeconds(1)).until(() -> true);
            }
            return client;
        }

        private PlainClient connectAgainIfUnanswered() {
            try {
                return connectOnce();
            } catch (CompletionException e) {
                if (e.getCause() instanceof TimeoutException && REUSES_REQUESTS.contains(Claims.container())) {
                    return connectOnce();
                }
                throw e;
            }
        }

        private PlainClient connectOnce() {
            return new PlainClient(deployment.line("partyline/line"), "Cookie", cookie(), "Origin", "http://" + deployment.origin(), "Accept-Language", "de-AT");
        }
    }

    private static JsonObject hello(PlainClient client) {
        return client.hello("\"tabs\":[\"" + client.tab() + "\"]");
    }

    private static String resuming(JsonObject welcome) {
        return "{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\",\"inbox\":0,\"tabs\":[]}";
    }

    @Test
    void lineHasUserRolesAndHeadersOfTheLoginInBothApplications() {
        for (URL url : Set.of(open, guarded)) {
            Browser browser = new Browser(url).login().withSession();
            try (PlainClient client = browser.connect()) {
                assertThat(hello(client).getString("user")).isEqualTo("ann");

                JsonObject caller = client.send("{\"type\":\"caller\",\"from\":\"" + client.tab() + "\",\"id\":1}").reply(1).getJsonObject("value");
                assertThat(caller.getString("principal")).isEqualTo("ann");
                assertThat(caller.getString("clerk")).isEqualTo("true");
                assertThat(caller.getString("captain")).isEqualTo("IllegalArgumentException");
                assertThat(caller.getString("language")).isEqualTo("de-AT");
                // None of these is the end of the login.
                browser.get("account/index.html");
                browser.get("index.html");
                assertThat(client.send("{\"type\":\"caller\",\"from\":\"" + client.tab() + "\",\"id\":2}").reply(2).containsKey("error")).isFalse();
            }
        }
    }

    /** Where there are EJBs. Handlers of a user run in the name of that user, and the next one on the same thread does not. */
    @Test
    void ejbsThatAHandlerCallsKnowTheUserAndItsRolesAndNothingIsLeftToTheNextMessage() {
        Browser browser = new Browser(open).login().withSession();
        try (PlainClient other = PlainClient.welcomed(WarDeployment.reachable(open).line("partyline/line")); PlainClient ann = browser.connect()) {
            hello(ann);
            for (int id = 1; id <= 40; id += 2) {
                String type = id % 4 == 1 ? "contexts" : "contexts.nonBlocking";
                JsonObject known = contexts(ann, id, type);
                if (Boolean.getBoolean("cdi")) {
                    assertThat(known.getString("caller")).isEqualTo("ann");
                    assertThat(known.getString("clerk") + " " + known.getString("captain")).isEqualTo("true false");
                    assertThat(known.getString("till")).isEqualTo("opened");
                    assertThat(known.getString("security.caller") + " " + known.getString("security.clerk")).isEqualTo(SECURITY_CONTEXT.get(Claims.container()));
                    assertThat(known.getString("security.captain")).isNotEqualTo("true");
                    assertThat(known.getString("orders")).isEqualTo("true");
                    assertThat(known.getString("basket")).isEqualTo("1 2");
                }
                JsonObject anonymous = contexts(other, id, type);
                assertThat(anonymous.getString("caller")).isNotEqualTo("ann");
                assertThat(anonymous.getString("till")).isNotEqualTo("opened");
                assertThat(List.of(anonymous.getString("clerk"), anonymous.getString("security.clerk"))).doesNotContain("true");
                assertThat(anonymous.getString("security.caller")).isNotEqualTo("ann");
                if (Boolean.getBoolean("cdi")) {
                    assertThat(answer(ann, id + 1, "openTill").getString("value")).as("a method with @Handles and @RolesAllowed").isEqualTo("opened");
                    assertThat(answer(other, id + 1, "openTill").getJsonObject("error").getString("code")).isEqualTo("failed");
                    // A bean of CDI that is no EJB: no container checks its roles, and the guide warns of that.
                    assertThat(anonymous.getString("vault")).isEqualTo("opened");
                }
            }
        }
    }

    @Test
    void topicsThatARoleNoLongerAllowsAreLeftAndACloseWithACodeOfTheApplicationHasTheRolesLookedUpAgain() {
        Browser browser = new Browser(open).login().withSession();
        try (PlainClient client = browser.connect()) {
            JsonObject welcome = hello(client);
            assertThat(join(client, 1).containsKey("error")).isFalse();

            client.send("{\"type\":\"endDuty\",\"from\":\"" + client.tab() + "\",\"id\":2,\"value\":1}");
            // In either order: the policy may be asked before the handler has returned.
            Map<Boolean, JsonObject> answers = Stream.generate(() -> client.next(frame -> frame.containsKey("left") || frame.getInt("re", 0) == 2)).limit(2)
                .collect(Collectors.toMap(frame -> frame.containsKey("left"), frame -> frame));
            assertThat(answers.get(false).getInt("value")).as("her lines, also those that are held").isPositive();
            JsonObject left = answers.get(true);
            assertThat(left.getString("left") + " " + left.getJsonObject("error").getString("code")).isEqualTo("counter forbidden");
            assertThat(join(client, 3).getJsonObject("error").getString("code")).isEqualTo("forbidden");

            client.send("{\"type\":\"beginDuty\",\"from\":\"" + client.tab() + "\",\"id\":4,\"value\":1}");
            assertThat(client.closeCode()).isEqualTo(4100);
            assertThat(client.closeReason()).isEqualTo("roles have changed");
            try (PlainClient next = browser.connect()) {
                next.send(resuming(welcome));
                assertThat(next.next("$welcome").getBoolean("resumed")).isTrue();
                assertThat(join(next, 5).containsKey("error")).isFalse();
            }
        }
    }

    private static JsonObject join(PlainClient client, int id) {
        return client.send("{\"type\":\"$join\",\"topic\":\"counter\",\"id\":" + id + "}").reply(id);
    }

    /** What the application sends over its line counts as use of the session where a setting says so: in the second application. */
    @Test
    @EnabledIf("dev.partyline.container.Claims#includeLong")
    void expiredSessionEndsTheLineUnlessTrafficOnTheLineKeepsTheSession() {
        Browser leaving = new Browser(open).login().withSession();
        Browser staying = new Browser(guarded).login().withSession();
        leaving.get(IDLE);
        staying.get(IDLE);
        try (PlainClient ended = leaving.connect(); PlainClient kept = staying.connect()) {
            JsonObject welcome = hello(ended);
            hello(kept);
            AtomicInteger id = new AtomicInteger();
            await("the end of the session").pollInterval(Duration.ofSeconds(1)).atMost(Duration.ofMinutes(1)).until(() -> {
                // It may be closed by now.
                ended.trySend("{\"type\":\"caller\",\"from\":\"" + ended.tab() + "\",\"id\":" + id.incrementAndGet() + "}");
                assertThat(contexts(kept, id.get(), "contexts").isEmpty()).isFalse();
                return !ended.isOpen();
            });
            assertThat(ended.closeCode()).isIn(LOGIN_ENDED);
            // The containers that close it themselves say it in words of their own, or in none.
            if (ended.closeCode() == 4004) {
                assertThat(ended.closeReason()).isEqualTo("the login has ended");
            }
            try (PlainClient next = leaving.connect()) {
                next.send(resuming(welcome));
                if (Claims.container().equals("liberty")) {
                    assertThat(next.next("$welcome").getBoolean("resumed")).isTrue();
                } else {
                    assertThat(next.closeCode()).isEqualTo(4505);
                    assertThat(next.closeReason()).isEqualTo("the login has ended");
                }
            }
            // It is as old. Partyline looks at the sessions of the other application at another time.
            int until = id.get() + AFTERWARDS;
            await("the other session to be kept").pollInterval(Duration.ofSeconds(1)).atMost(Duration.ofMinutes(2)).until(() -> {
                assertThat(contexts(kept, id.incrementAndGet(), "contexts").isEmpty()).isFalse();
                return id.get() >= until;
            });
            assertThat(staying.get("account/logout").body()).isEqualTo("ann");
        }
    }

    private static JsonObject contexts(PlainClient client, int id, String type) {
        return answer(client, id, type).getJsonObject("value");
    }

    private static JsonObject answer(PlainClient client, int id, String type) {
        return client.send("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":1}").reply(id);
    }

    @Test
    void logoutClosesTheLineAndTheNextHandshakeSaysThatTheLoginHasEnded() {
        assertThatLogoutEndsTheLogin("", new Browser(open).login().withSession());
    }

    @Test
    void logoutThatLeavesTheSessionClosesTheLineToo() {
        assertThatLogoutEndsTheLogin("only=login", new Browser(open).login().withSession());
    }

    /** Where the container has a login in a cookie of its own, there is no session then. Elsewhere this is as the one before. */
    @Test
    void logoutClosesTheLineThoughTheApplicationHasMadeNoSession() {
        assertThatLogoutEndsTheLogin("", new Browser(open).login());
        assertThatLogoutEndsTheLogin("only=login", new Browser(open).login());
    }

    /** @param how the query of the logout */
    private void assertThatLogoutEndsTheLogin(String how, Browser browser) {
        try (PlainClient client = browser.connect()) {
            JsonObject welcome = hello(client);
            browser.logout(how);
            assertThat(client.closeCode()).isIn(LOGIN_ENDED);

            try (PlainClient next = browser.connect()) {
                assertThat(next.send(resuming(welcome)).closeCode()).isEqualTo(4505);
            }
        }
    }

    /** Open Liberty has the login in a cookie of its own, so its user is still there afterwards. */
    @Test
    void endOfTheSessionClosesTheConnectionAndTheNextHandshakeTellsWhetherThereIsAUser() {
        Browser browser = new Browser(open).login().withSession();
        try (PlainClient client = browser.connect()) {
            JsonObject welcome = hello(client);
            browser.logout("only=session");
            assertThat(client.closeCode()).isIn(LOGIN_ENDED);

            try (PlainClient next = browser.connect()) {
                next.send(resuming(welcome));
                if (Claims.container().equals("liberty")) {
                    assertThat(next.next("$welcome").getBoolean("resumed")).isTrue();
                } else {
                    assertThat(next.closeCode()).isEqualTo(4505);
                }
            }
        }
    }

    /** What the worker looks for, since a browser does not tell why a WebSocket was refused. */
    @Test
    void protectedLineAnswersAPlainRequestWithALoginWhereNoUserIsAndWithNoPageWhereOneIs() {
        Browser browser = new Browser(guarded).login().withSession();
        try (PlainClient client = browser.connect()) {
            hello(client);
            HttpResponse<String> known = browser.get("partyline/line");
            assertThat(LOGIN_WANTED).doesNotContain(known.statusCode());
            assertThat(known.statusCode()).isGreaterThanOrEqualTo(HttpURLConnection.HTTP_BAD_REQUEST);

            browser.logout("");
            assertThat(client.closeCode()).isIn(LOGIN_ENDED);
            assertThatThrownBy(() -> browser.handshake().join()).isInstanceOf(CompletionException.class)
                .cause().isInstanceOfAny(WebSocketHandshakeException.class, TimeoutException.class);
            HttpResponse<String> unknown = browser.get("partyline/line");
            if (!LOGIN_WANTED.contains(unknown.statusCode())) {
                assertThat(unknown.statusCode()).isEqualTo(HttpURLConnection.HTTP_OK);
                assertThat(unknown.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
                assertThat(unknown.body()).contains("j_security_check");
            }
        }
        HttpResponse<String> unprotected = new Browser(open).get("partyline/line");
        assertThat(unprotected.statusCode()).isGreaterThanOrEqualTo(HttpURLConnection.HTTP_BAD_REQUEST);
        assertThat(LOGIN_WANTED).doesNotContain(unprotected.statusCode());
    }
}
