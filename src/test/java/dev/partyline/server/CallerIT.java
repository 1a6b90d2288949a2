package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.net.URI;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What handlers and the policy learn of a client from its handshake. */
@Timeout(60)
class CallerIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.caller.roles", "clerk", "partyline.caller.headers", "X-Shop", "partyline.caller.parameters", "view",
            "partyline.caller.chars", "100", "partyline.session.keep.alive", "true"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client(String cookie, String... headers) {
        String[] all = new String[headers.length + 4];
        System.arraycopy(headers, 0, all, 4, headers.length);
        all[0] = "Cookie";
        all[1] = cookie;
        // Who is logged in must be a page of the server.
        all[2] = "Origin";
        all[3] = "http://127.0.0.1:" + application.port();
        return new PlainClient(URI.create(application.line() + "?view=all&secret=1"), all);
    }

    private static JsonObject caller(PlainClient client, int id) {
        return client.send("{\"type\":\"caller\",\"from\":\"" + client.tab() + "\",\"id\":" + id + "}").reply(id).getJsonObject("value");
    }

    private static String tabs(PlainClient client) {
        return "\"tabs\":[\"" + client.tab() + "\"]";
    }

    /** As a browser's page has one, it cannot be a page of another origin: the client has to send that of the server. */
    @Test
    void loggedInClientThatIsNoBrowserNeedsAnOriginAndIsToldWhich() {
        try (LogCapture log = new LogCapture(); PlainClient without = new PlainClient(application.line(), "Cookie", "user=ann"); PlainClient anonymous = new PlainClient(application.line());
             PlainClient with = client("user=ann"); PlainClient other = new PlainClient(application.line(), "Cookie", "user=ann", "Origin", "https://evil.example")) {
            assertThat(without.closeCode()).isEqualTo(4502);
            assertThat(without.closeReason()).isEqualTo("a client with a login must send the Origin header: this server's own, or one of partyline.origins");
            assertThat(other.closeReason()).isEqualTo("pages of this origin may not connect");
            assertThat(with.hello(tabs(with)).getString("user")).isEqualTo("ann");
            assertThat(anonymous.hello(tabs(anonymous))).doesNotContainKey("user");
            assertThat(log.messages(Level.WARNING)).anySatisfy(line -> assertThat(line).contains("without an Origin header, from 127.0.0.1;"));
        }
    }

    @Test
    void handlerLearnsTheChosenFactsOfTheHandshakeAndNoOthers() {
        try (PlainClient ann = client("user=ann; role=clerk", "X-Shop", "corner", "Accept-Language", "de-AT,en;q=0.5"); PlainClient bob = client("user=bob")) {
            ann.hello(tabs(ann));
            bob.hello(tabs(bob));

            JsonObject told = caller(ann, 1);
            assertThat(told.getString("principal")).isEqualTo("ann");
            assertThat(told.getString("clerk")).isEqualTo("true");
            assertThat(told.getString("captain")).contains("partyline.caller.roles");
            assertThat(told.getString("shop")).isEqualTo("corner");
            assertThat(told.getString("cookie")).contains("partyline.caller.headers");
            assertThat(told.getString("view")).isEqualTo("all");
            assertThat(told.getString("locale")).isEqualTo("de-AT");
            assertThat(caller(ann, 2).getString("calls")).isEqualTo("2");

            JsonObject other = caller(bob, 1);
            assertThat(other.getString("principal")).isEqualTo("bob");
            assertThat(other.getString("clerk")).isEqualTo("false");
            assertThat(other.getString("shop")).isEqualTo("none");
            assertThat(other.getString("locale")).isEqualTo("none");
            assertThat(other.getString("calls")).isEqualTo("1");
        }
    }

    @Test
    void newerHandshakeOfTheSameUserBringsNewRolesForPolicyAndHandlers() {
        try (PlainClient first = client("user=ann")) {
            JsonObject welcome = first.hello(tabs(first) + ",\"topics\":{\"clerks.room\":null}");
            assertThat(welcome.getJsonObject("topics").getJsonObject("clerks.room").getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(caller(first, 1).getString("clerk")).isEqualTo("false");

            try (PlainClient back = client("user=ann; role=clerk")) {
                JsonObject resumed = back.resume(welcome, 0, "\"tabs\":[\"" + first.tab() + "\"],\"topics\":{\"clerks.room\":null}");
                assertThat(resumed.getBoolean("resumed")).isTrue();
                assertThat(resumed.getJsonObject("topics").getJsonObject("clerks.room").containsKey("error")).isFalse();
                JsonObject told = back.send("{\"type\":\"caller\",\"from\":\"" + first.tab() + "\",\"id\":2}").reply(2).getJsonObject("value");
                assertThat(told.getString("clerk")).isEqualTo("true");
                assertThat(told.getString("calls")).as("the attributes are the line's").isEqualTo("2");
            }
        }
    }

    @Test
    void tokenBringsItsOwnRolesAndNotThoseOfTheLogin() {
        try (PlainClient client = client("user=ann; role=clerk")) {
            client.hello(tabs(client) + ",\"token\":\"good:bob\"");

            JsonObject told = caller(client, 1);
            assertThat(told.getString("principal")).isEqualTo("bob");
            assertThat(told.getString("clerk")).isEqualTo("false");
        }
    }

    @Test
    void handshakeWithLongerFactsThanAllowedIsRejected() {
        try (PlainClient client = client("user=ann", "X-Shop", "x".repeat(100))) {
            assertThat(client.closeCode()).isEqualTo(4502);
        }
    }
}
