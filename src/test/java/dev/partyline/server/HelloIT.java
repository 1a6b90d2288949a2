package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client that knows lines says first, and what it hears. */
@Timeout(60)
class HelloIT {

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.plain.after", "100ms"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static PlainClient client() {
        return new PlainClient(server.line());
    }

    @Test
    void welcomeTellsTheLineItsLimitsAndWhereEachTopicStands() {
        try (PlainClient client = client()) {
            JsonObject welcome = client.hello("\"tabs\":[\"h-1\"],\"topics\":{\"demo.hello\":null,\"files\":null}");

            assertThat(welcome.getInt("v")).isEqualTo(1);
            assertThat(welcome.getString("line")).isNotEmpty();
            assertThat(welcome.getString("key")).hasSizeGreaterThanOrEqualTo(16).isNotEqualTo(welcome.getString("line"));
            assertThat(welcome.getBoolean("resumed")).isFalse();
            assertThat(welcome.getInt("heard")).isZero();
            assertThat(welcome.getInt("inbox")).isZero();
            assertThat(welcome).doesNotContainKey("user");
            assertThat(welcome.getInt("ping")).isBetween(1, 35_000);
            assertThat(welcome.getJsonObject("limits").toString()).isEqualTo(
                "{\"message\":65536,\"window\":262144,\"ack\":65536,\"ackMessages\":96,\"rate\":50,\"burst\":100,\"rateChars\":256000,\"burstChars\":1024000,"
                    + "\"left\":100,\"leftChars\":1024000,\"tabs\":64,\"topics\":128,"
                    + "\"depth\":32,\"number\":40,\"members\":1000,\"name\":128}");
            JsonObject topics = welcome.getJsonObject("topics");
            assertThat(topics.getJsonObject("*").getBoolean("gap")).isFalse();
            assertThat(topics.getJsonObject("demo.hello").getJsonArray("at").getInt(1)).isZero();
            assertThat(topics.getJsonObject("files").getJsonObject("error").getString("code")).isEqualTo("forbidden");
        }
    }

    @Test
    void acksAreAskedForAfterAQuarterOfTheWindow() {
        try (PartylineServer own = new PartylineServer(Map.of("partyline.window.chars", "4096")); PlainClient client = new PlainClient(own.line())) {
            assertThat(client.hello("\"tabs\":[\"h-q\"]").getJsonObject("limits").getInt("ack")).isEqualTo(1024);
        }
    }

    @Test
    void twoLinesHaveNothingInCommon() {
        try (PlainClient one = client(); PlainClient other = client()) {
            JsonObject first = one.hello("");
            JsonObject second = other.hello("");

            assertThat(first.getString("line")).isNotEqualTo(second.getString("line"));
            assertThat(first.getString("key")).isNotEqualTo(second.getString("key"));
        }
    }

    @Test
    void framesBehindTheHelloInOneMessageAreTakenInOrder() {
        try (PlainClient client = client()) {
            client.send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"h-2\"],\"topics\":{\"demo.burst\":null}}\n"
                + "{\"type\":\"$publish\",\"topic\":\"demo.burst\",\"from\":\"h-2\",\"id\":1,\"value\":\"first\"}\n"
                + "{\"type\":\"$publish\",\"topic\":\"demo.burst\",\"from\":\"h-2\",\"id\":2,\"value\":\"second\"}\n\n"
                + "{\"type\":\"$ping\"}");

            assertThat(client.next().getString("type")).isEqualTo("$welcome");
            assertThat(client.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("first");
            assertThat(client.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("second");
        }
    }

    @Test
    void pingIsAnsweredByAFrame() {
        try (PlainClient client = client()) {
            client.hello("");
            client.send("{\"type\":\"$ping\"}");

            assertThat(client.nextText()).isEqualTo("{\"type\":\"$pong\"}");
        }
    }

    @Test
    void versionThatIsNotSpokenIsToldBeforeTheClose() {
        try (PlainClient client = client()) {
            client.send("{\"type\":\"$hello\",\"v\":2}");

            assertThat(client.closeCode()).isEqualTo(4503);
        }
    }

    @Test
    void helloThatComesTwiceOrLateIsAFault() {
        try (PlainClient twice = client(); PlainClient late = client()) {
            twice.hello("");
            twice.send("{\"type\":\"$hello\",\"v\":1}");
            late.send("{\"data\":{\"from\":\"t\",\"data\":1}}").next();
            late.send("{\"type\":\"$hello\",\"v\":1}");

            assertThat(twice.next().getJsonObject("error").getString("message")).contains("$hello comes first");
            assertThat(late.next().getJsonObject("error").getString("message")).contains("$hello comes first");
        }
    }

    @Test
    void silentClientThatWasTakenForAPlainOneMayStillSayHello() {
        try (PlainClient client = client(); PlainClient other = client()) {
            other.hello("\"tabs\":[\"h-3\"]");
            // Both silences are looked at by the same sweep.
            await().until(() -> Metrics.of(server).get("partyline_lines") >= 2);

            assertThat(client.hello("\"tabs\":[\"h-4\"]").getBoolean("resumed")).isFalse();
            client.send("{\"type\":\"hi\",\"from\":\"h-4\",\"id\":1}");
            assertThat(client.reply(1).getJsonObject("value").getString("messageFromServer")).isEqualTo("Hello tab id: h-4");
        }
    }

    @Test
    void byeIsAnsweredByAnOrderlyCloseAndTheLineIsGone() {
        try (PlainClient client = client(); PlainClient back = client()) {
            JsonObject welcome = client.hello("\"tabs\":[\"h-5\"]");
            client.send("{\"type\":\"$bye\"}");

            assertThat(client.next().getString("type")).isEqualTo("$bye");
            assertThat(client.closeCode()).isEqualTo(1000);
            assertThat(back.resume(welcome, 0, "").getBoolean("resumed")).isFalse();
        }
    }

    @Test
    void requestWithoutAnswerIsAnsweredByItsNumber() {
        try (PlainClient client = client()) {
            client.hello("\"tabs\":[\"h-6\"]");
            client.send("{\"type\":\"$join\",\"topic\":\"demo.six\",\"id\":1}", "{\"type\":\"$leave\",\"topic\":\"demo.six\",\"from\":\"h-6\",\"id\":2}");

            assertThat(client.reply(1).getJsonObject("value").getBoolean("gap")).isFalse();
            assertThat(client.nextText()).isEqualTo("{\"from\":\"h-6\",\"re\":2}");
        }
    }

    @Test
    void tabOfAnotherLineCannotBeSpokenFor() {
        try (PlainClient owner = client(); PlainClient thief = client()) {
            owner.hello("\"tabs\":[\"mine\"]");
            owner.ack(0);
            owner.send("{\"type\":\"$ping\"}");
            assertThat(owner.next().getString("type")).isEqualTo("$pong");
            thief.hello("\"tabs\":[\"mine\"]");
            assertThat(thief.next().getJsonObject("error").getString("code")).isEqualTo("too_many");

            thief.send("{\"type\":\"hi\",\"from\":\"mine\",\"id\":1}", "{\"type\":\"$publish\",\"topic\":\"demo.theft\",\"from\":\"mine\",\"id\":2,\"value\":1}",
                "{\"type\":\"$tab\",\"from\":\"mine\",\"state\":\"gone\"}");
            assertThat(thief.reply(1).getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(thief.reply(2).getJsonObject("error").getString("code")).isEqualTo("forbidden");
            owner.send("{\"type\":\"hi\",\"from\":\"mine\",\"id\":1}");
            assertThat(owner.reply(1).getJsonObject("value").getString("messageFromServer")).isEqualTo("Hello tab id: mine");
        }
    }
}
