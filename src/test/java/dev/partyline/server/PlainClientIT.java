package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that nobody here wrote speaks the post's shapes to the WAR as it is dropped in, without any hello. */
@Timeout(60)
class PlainClientIT {

    private static final Duration BROADCAST_AFTER = Duration.ofMillis(700);
    private static final int MESSAGE_CHARS = 65_536;

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.demo.broadcast.after", BROADCAST_AFTER.toMillis() + "ms", "partyline.plain.after", "200ms"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static PlainClient client() {
        return new PlainClient(server.line());
    }

    @Test
    void initialMessageComesBackWithTheServersGreeting() {
        try (PlainClient client = client()) {
            client.send("{\"data\":{\"from\":\"tab-1\",\"data\":\"Initial message\"}}");

            assertThat(client.nextText()).isEqualTo("{\"from\":\"tab-1\",\"data\":\"Initial message\",\"messageFromServer\":\"Hello tab id: tab-1\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "\"from\":\"t\",\"data\":null",
        "\"data\":17.50,\"from\":\"t\"",
        "\"z\":-1e-7,\"from\":\"t\",\"a\":true,\"data\":false",
        "\"from\":\"t\",\"data\":{\"from\":\"other\",\"data\":{\"messageFromServer\":1}}",
        "\"deep\":[[],{},[{\"a\":[1,\"2\",null]}]],\"data\":[],\"from\":\"t\"",
        "\"from\":\"t\",\"big\":123456789012345678901234567890,\"data\":\"\"",
        "\"from\":\"t\",\"data\":\"<b onclick='x()'>&amp;</b></script>\"",
        "\"from\":\"t\",\"data\":\"\\u0000\\u001b\\u2028\\uD83D\\uDE00 \\\"quoted\\\" \\/ é 😀\"",
        "\"__proto__\":{\"x\":1},\"constructor\":2,\"from\":\"t\",\"\":\"empty name\"",
        "\"id\":\"not a request\",\"value\":[1],\"from\":\"t\""})
    void otherMembersComeBackUntouchedWhateverTheirTypeAndOrder(String members) {
        try (PlainClient client = client()) {
            client.send("{\"data\":{" + members + "}}");

            assertThat(client.nextText()).isEqualTo("{" + members + ",\"messageFromServer\":\"Hello tab id: t\"}");
        }
    }

    @Test
    void whatTheServerAddsWinsOverTheClientsOwnMember() {
        try (PlainClient client = client()) {
            client.send("{\"data\":{\"from\":\"t\",\"messageFromServer\":\"forged\",\"data\":1}}");

            JsonObject answer = client.next();
            assertThat(answer.getString("messageFromServer")).isEqualTo("Hello tab id: t");
            assertThat(answer.getInt("data")).isEqualTo(1);
        }
    }

    @Test
    void typedMessageThatNobodyHandlesIsAnsweredLikewise() {
        try (PlainClient client = client()) {
            String inner = "{\"type\":\"deleteFile\",\"from\":\"Tab2\",\"value\":{\"fileName\":\"a.txt\",\"deletedBy\":\"testUser\"}";
            client.send("{\"data\":" + inner + "}}");

            assertThat(client.nextText()).isEqualTo(inner + ",\"messageFromServer\":\"Hello tab id: Tab2\"}");
        }
    }

    @Test
    void twoClientsWithTheSameTabIdAreEachAnsweredOnTheirOwnSocket() {
        try (PlainClient one = client(); PlainClient other = client()) {
            one.send("{\"data\":{\"from\":\"Tab2\",\"data\":\"one\"}}");
            other.send("{\"data\":{\"from\":\"Tab2\",\"data\":\"other\"}}");

            assertThat(one.next().getString("data")).isEqualTo("one");
            assertThat(other.next().getString("data")).isEqualTo("other");
        }
    }

    @Test
    void everyClientHearsTheBroadcastWithoutFromAfterTheTimeSet() {
        long before = System.nanoTime();
        try (PlainClient speaks = client(); PlainClient listens = client()) {
            speaks.send("{\"data\":{\"from\":\"t\",\"data\":1}}");
            speaks.next();

            assertThat(speaks.nextText()).isEqualTo("{\"broadcast\":\"A broadcast for all clients!\"}");
            assertThat(System.nanoTime() - before).as("not at once").isGreaterThanOrEqualTo(BROADCAST_AFTER.toNanos());
            assertThat(listens.nextText()).isEqualTo("{\"broadcast\":\"A broadcast for all clients!\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"data\":1", "\"from\":7,\"data\":1", "\"from\":null", "\"from\":[\"t\"]", "\"from\":{\"t\":1}", "\"from\":\"\"",
        "\"from\":\"<img src=x onerror=alert(1)>\"", "\"from\":\"a b\"", "\"from\":\"a\\u0000\"", "\"from\":\"a\\r\\nINFO forged\""})
    void fromThatIsNoTabIdIsRefusedAndNeverRepeated(String members) {
        try (PlainClient client = client()) {
            client.send("{\"data\":{" + members + "}}");

            assertThat(client.nextText())
                .isEqualTo("{\"error\":{\"code\":\"bad_frame\",\"message\":\"from must be 1 to 64 characters of A-Z a-z 0-9 _ -\",\"retryable\":false}}");
            client.send("{\"data\":{\"from\":\"t\",\"data\":\"still here\"}}");
            assertThat(client.next().getString("data")).isEqualTo("still here");
        }
    }

    @Test
    void fromOf64KibIsRefusedInFewWords() {
        try (PlainClient client = client()) {
            client.send("{\"data\":{\"from\":\"" + "x".repeat(MESSAGE_CHARS - 30) + "\"}}");

            assertThat(client.nextText()).contains("\"bad_frame\"").hasSizeLessThan(200);
        }
    }

    @Test
    void thirdFrameThatIsNoneEndsTheSocket() {
        try (PlainClient client = client()) {
            client.send("{", "[]", "{\"data\":{\"from\":7}}");

            assertThat(client.closeCode()).isEqualTo(4500);
        }
    }

    @Test
    void frameOfTheLineItselfIsRefusedAndNoFrameOfTheLineIsHeard() {
        try (PlainClient client = client()) {
            client.send("{\"data\":{\"from\":\"t\",\"data\":1}}", "{\"type\":\"$join\",\"topic\":\"demo.x\",\"id\":1}", "{\"data\":{\"from\":\"t\",\"type\":\"$tab\"}}",
                "{\"data\":{\"from\":\"t\",\"data\":2}}");

            assertThat(client.next().getInt("data")).isEqualTo(1);
            assertThat(client.next().getJsonObject("error").getString("code")).isEqualTo("bad_frame");
            assertThat(client.next().getJsonObject("error").getString("code")).isEqualTo("bad_frame");
            assertThat(client.next().getInt("data")).isEqualTo(2);
        }
    }

    @Test
    void messageOfExactlyTheLimitIsTakenWholeAndInParts() {
        String start = "{\"data\":{\"from\":\"t\",\"data\":\"";
        String filling = "é".repeat(MESSAGE_CHARS - start.length() - 3);
        try (PlainClient client = client()) {
            client.send(start + filling + "\"}}");
            assertThat(client.next().getString("data")).isEqualTo(filling);

            client.sendInParts(true, start.substring(0, 5), start.substring(5), filling.substring(0, 40_000), filling.substring(40_000), "\"}}");
            assertThat(client.next().getString("data")).isEqualTo(filling);
        }
    }

    @Test
    void oneCharacterMoreThanTheLimitEndsTheSocketWhetherWholeOrInParts() {
        String start = "{\"data\":{\"from\":\"t\",\"data\":\"";
        String filling = "x".repeat(MESSAGE_CHARS - start.length() - 2);
        try (PlainClient whole = client(); PlainClient inParts = client(); PlainClient unfinished = client()) {
            whole.send(start + filling + "\"}}");
            inParts.sendInParts(true, start, filling, "\"}}");
            unfinished.sendInParts(false, start, filling, "xxx");

            assertThat(whole.closeCode()).isEqualTo(1009);
            assertThat(inParts.closeCode()).isEqualTo(1009);
            assertThat(unfinished.closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void silentClientIsKeptWhileItsNetworkAnswersAndLetGoWhenItDoesNot() {
        try (PartylineServer impatient = new PartylineServer(Map.of("partyline.plain.after", "100ms", "partyline.keep.alive", "200ms", "partyline.silence", "1s",
                "partyline.send.within", "1s"));
             PlainClient answers = new PlainClient(impatient.line());
             RawClient doesNot = new RawClient(impatient.port())) {
            assertThat(doesNot.closeCode()).as("no sign of life").isEqualTo(4002);

            answers.send("{\"data\":{\"from\":\"t\",\"data\":\"here all along\"}}");
            assertThat(answers.next().getString("data")).isEqualTo("here all along");
        }
    }

    @Test
    void clientsThatLeftAreForgotten() {
        try (PlainClient leaves = client(); PlainClient drops = client(); PlainClient stays = client()) {
            for (PlainClient client : new PlainClient[] {leaves, drops, stays}) {
                client.send("{\"data\":{\"from\":\"t\",\"data\":1}}").next();
            }
            leaves.leave();
            drops.drop();

            await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_lines")).isEqualTo(1));
        }
    }
}
