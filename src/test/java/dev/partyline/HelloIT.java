package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a line begins, goes on after a drop, and ends. */
@Timeout(60)
class HelloIT {

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.plain.after", "300ms", "partyline.demo.broadcast.after", "1h"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aHelloIsWelcomedWithWhatItNeedsToGoOn() {
        try (BareClient client = new BareClient(server.line())) {
            JsonObject welcome = hello(client, "\"tabs\":[\"hello-1\"],\"topics\":{\"demo.hello\":null}");

            assertThat(welcome.getString("type")).isEqualTo("$welcome");
            assertThat(welcome.getInt("v")).isEqualTo(1);
            assertThat(welcome.getBoolean("resumed")).isFalse();
            assertThat(welcome.getInt("ping")).isEqualTo(20_000);
            assertThat(welcome.getJsonObject("limits").getInt("message")).isEqualTo(65_536);
            assertThat(welcome.getJsonObject("limits").getInt("window")).isEqualTo(262_144);
            assertThat(welcome.getJsonObject("topics").keySet()).containsExactlyInAnyOrder("*", "demo.hello");
        }
    }

    @Test
    void aHelloAndWhatFollowsMayComeInOneMessage() {
        try (BareClient client = new BareClient(server.line())) {
            client.text("{\"type\":\"$hello\",\"v\":1}\n{\"type\":\"$ping\"}\n{\"type\":\"a\",\"from\":\"one-1\",\"id\":1}");
            StringBuilder heard = new StringBuilder(client.message());
            while (!heard.toString().contains("\"re\":1")) {
                heard.append('\n').append(client.message());
            }

            assertThat(heard.toString().lines().findFirst().orElseThrow()).contains("$welcome");
            assertThat(heard.toString()).contains("$pong");
        }
    }

    /** On a bad network the first word may come after the server has given up waiting for it. */
    @Test
    void aHelloThatComesLateIsWelcomedAllTheSame() {
        try (BareClient client = new BareClient(server.line())) {
            assertThat(client.messagesUntilQuiet(Duration.ofMillis(1500))).isEmpty();

            assertThat(hello(client, "\"tabs\":[\"late-1\"]").getBoolean("resumed")).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2", "99"})
    void aVersionThatIsNotSpokenIsRefused(String version) {
        try (BareClient client = new BareClient(server.line())) {
            client.text("{\"type\":\"$hello\",\"v\":" + version + "}");

            assertThat(client.closeCode()).isEqualTo(4503);
        }
    }

    @Test
    void helloIsSaidOnce() {
        try (BareClient client = new BareClient(server.line())) {
            hello(client, "\"tabs\":[]");
            client.text("{\"type\":\"$hello\",\"v\":1}");

            assertThat(client.message()).contains("bad_frame");
        }
    }

    @Test
    void aLineIsResumedWithItsRepliesAndItsTopics() {
        JsonObject welcome;
        try (BareClient client = new BareClient(server.line())) {
            welcome = hello(client, "\"tabs\":[\"res-1\"],\"topics\":{\"demo.resume\":null}");
            client.text("{\"type\":\"a\",\"from\":\"res-1\",\"id\":1}");
            assertThat(client.message()).contains("\"re\":1");
            client.text("{\"type\":\"a\",\"from\":\"res-1\",\"id\":2}");
            assertThat(client.message()).contains("\"re\":2");
        }
        try (BareClient other = new BareClient(server.line())) {
            other.text("{\"type\":\"$hello\",\"v\":1}\n{\"type\":\"$publish\",\"topic\":\"demo.resume\",\"from\":\"res-other\",\"id\":1,\"value\":\"missed\"}");
            assertThat(other.message()).contains("$welcome");
            assertThat(other.message()).contains("\"re\":1");
        }
        try (BareClient client = new BareClient(server.line())) {
            JsonObject back = hello(client, resume(welcome, 1) + ",\"tabs\":[\"res-1\"],\"topics\":{\"demo.resume\":"
                + welcome.getJsonObject("topics").getJsonObject("demo.resume").getJsonArray("at") + "}");

            assertThat(back.getBoolean("resumed")).isTrue();
            assertThat(back.getInt("heard")).isEqualTo(2);
            assertThat(back.getInt("inbox")).isEqualTo(1);
            assertThat(rest).contains("\"re\":2").doesNotContain("\"re\":1").contains("\"missed\"");

            client.text("{\"type\":\"a\",\"from\":\"res-1\",\"id\":2}");
            assertThat(client.message()).as("the stored reply, once more").contains("\"re\":2");
            client.text("{\"type\":\"$ack\",\"bytes\":1,\"inbox\":3}");
            client.text("{\"type\":\"a\",\"from\":\"res-1\",\"id\":2}");
            assertThat(client.message()).contains("\"duplicate\"");
        }
    }

    @Test
    void aWrongKeyIsANewLine() {
        try (BareClient client = new BareClient(server.line())) {
            JsonObject welcome = hello(client, "\"tabs\":[]");
            try (BareClient thief = new BareClient(server.line())) {
                JsonObject other = hello(thief, "\"line\":\"" + welcome.getString("line") + "\",\"key\":\"guess\",\"inbox\":0");

                assertThat(other.getBoolean("resumed")).isFalse();
                assertThat(other.getString("line")).isNotEqualTo(welcome.getString("line"));
            }
            client.text("{\"type\":\"$ping\"}");
            assertThat(client.message()).contains("$pong");
        }
    }

    @Test
    void aNewerSocketReplacesTheOlder() {
        try (BareClient older = new BareClient(server.line()); BareClient newer = new BareClient(server.line())) {
            JsonObject welcome = hello(older, "\"tabs\":[]");
            assertThat(hello(newer, resume(welcome, 0)).getBoolean("resumed")).isTrue();

            assertThat(older.message()).contains("$bye", "4507");
            assertThat(older.closeCode()).isEqualTo(4507);
        }
    }

    @Test
    void goodbyeEndsTheLine() {
        JsonObject welcome;
        try (BareClient client = new BareClient(server.line())) {
            welcome = hello(client, "\"tabs\":[\"bye-1\"]");
            client.text("{\"type\":\"$bye\"}");
            assertThat(client.message()).contains("$bye", "1000");
            assertThat(client.closeCode()).isEqualTo(1000);
        }
        try (BareClient client = new BareClient(server.line())) {
            assertThat(hello(client, resume(welcome, 0)).getBoolean("resumed")).isFalse();
        }
    }

    /** What came behind the welcome in its own message. */
    private String rest = "";

    private JsonObject hello(BareClient client, String members) {
        client.text("{\"type\":\"$hello\",\"v\":1," + members + "}");
        String message = client.message();
        int end = message.indexOf('\n');
        rest = end < 0 ? "" : message.substring(end);
        return Golden.parse(end < 0 ? message : message.substring(0, end));
    }

    private static String resume(JsonObject welcome, int inbox) {
        return "\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\",\"inbox\":" + inbox;
    }
}
