package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that are none, and frames that try to be more than their sender may say. */
@Timeout(60)
class BadInputIT {

    private static final AtomicInteger TESTS = new AtomicInteger();

    private static PartylineServer server;

    /** The tab of this test: those of earlier ones still wait for their browsers. */
    private final String tab = "b" + TESTS.incrementAndGet();

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static PlainClient client() {
        return new PlainClient(server.line());
    }

    private PlainClient lineClient() {
        PlainClient client = client();
        client.hello("\"tabs\":[\"" + tab + "\"]");
        return client;
    }

    /** A text in which the tab {@code b} is this test's. */
    private String mine(String text) {
        return text.replace("\"b\"", "\"" + tab + "\"");
    }

    static Stream<String> framesThatAreNone() {
        return Stream.of("", " ", "x", "null", "7", "\"text\"", "[]", "{", "{}{}", "{\"from\":\"b\"} trailing", "{'from':'b'}", "{\"from\":\"b\",}", "{\"from\":\"b\"\"x\":1}",
            "{\"from\":\"b\",\"from\":\"c\",\"type\":\"x\"}", "{\"fr\\u006fm\":\"b\",\"from\":\"c\",\"type\":\"x\"}", "{\"type\":\"x\",\"from\":\"b\",\"value\":NaN}",
            "{\"type\":\"x\",\"from\":\"b\",\"value\":01}", "{\"type\":\"x\",\"from\":\"b\",\"value\":\"\\ud800\"}", "{\"type\":\"x\",\"from\":\"b\",\"value\":\"\\udc00\\ud800\"}",
            "{\"type\":\"x\",\"from\":\"b\",\"value\":\"\\x41\"}", "{\"type\":\"x\",\"from\":\"b\",\"value\":\"\t\"}", "\ufeff{\"type\":\"x\",\"from\":\"b\"}",
            nested(33), nested(700), nested(20_000), "{\"type\":\"x\",\"from\":\"b\",\"value\":" + "9".repeat(41) + "}",
            "{\"type\":\"x\",\"from\":\"b\",\"value\":" + "9".repeat(60_000) + "}", "{\"type\":\"x\",\"from\":\"b\",\"value\":1e" + "9".repeat(50) + "}", members(1001),
            "{\"type\":\"x y\",\"from\":\"b\"}", "{\"type\":7,\"from\":\"b\"}", "{\"type\":\"" + "x".repeat(129) + "\",\"from\":\"b\"}",
            "{\"type\":\"x\",\"from\":\"" + "b".repeat(65) + "\"}",
            "{\"type\":\"$welcome\",\"from\":\"b\"}", "{\"type\":\"$nothing\"}", "{\"type\":\"$join\",\"topic\":\"*\"}", "{\"type\":\"$join\",\"topic\":\"@user:ann\"}",
            "{\"type\":\"$publish\",\"topic\":\"*\",\"from\":\"b\",\"value\":1}", "{\"type\":\"$publish\",\"topic\":\"$x\",\"from\":\"b\",\"value\":1}",
            "{\"type\":\"x\",\"from\":\"b\",\"id\":0}", "{\"type\":\"x\",\"from\":\"b\",\"id\":-1}", "{\"type\":\"x\",\"from\":\"b\",\"id\":1.5}",
            "{\"type\":\"x\",\"from\":\"b\",\"id\":9007199254740992}",
            "{\"type\":\"$tab\",\"from\":\"b\",\"state\":\"OPEN\"}", "{\"type\":\"$ack\",\"bytes\":-5}", "{\"type\":\"$ack\"}",
            "{\"type\":\"$join\",\"topic\":\"demo.x\",\"at\":[1,2]}", "{\"type\":\"$join\",\"topic\":\"demo.x\",\"at\":[\"e\",2,3]}", "{\"type\":\"$token\"}");
    }

    private static String nested(int depth) {
        return "{\"type\":\"x\",\"from\":\"b\",\"value\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
    }

    private static String members(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"m" + i + "\":0").reduce((a, b) -> a + "," + b).map(all -> "{" + all + "}").orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("framesThatAreNone")
    void frameThatIsNoneIsAnsweredAndNothingElseHappens(String text) {
        try (PlainClient client = lineClient(); LogCapture log = new LogCapture()) {
            client.send(mine(text), mine("{\"type\":\"hi\",\"from\":\"b\",\"id\":7}"));

            JsonObject fault = client.next();
            assertThat(fault.getJsonObject("error").getString("code")).isEqualTo("bad_frame");
            assertThat(fault.toString()).hasSizeLessThan(400).doesNotContain("Exception", "java.");
            assertThat(client.reply(7)).containsKey("value");
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
    }

    @Test
    void frameAtEveryLimitIsTaken() {
        try (PlainClient client = lineClient()) {
            client.send("{\"type\":\"" + "x".repeat(128) + "\",\"from\":\"" + "b".repeat(64) + "\",\"id\":1,\"value\":" + "[".repeat(31) + "9".repeat(40) + "]".repeat(31) + "}");
            assertThat(client.reply(1)).containsKey("value");

            client.send(members(997).replaceFirst("\\{", mine("{\"type\":\"x\",\"from\":\"b\",\"id\":9007199254740991,")));
            assertThat(client.next().getJsonNumber("re").longValue()).isEqualTo(9_007_199_254_740_991L);
        }
    }

    @Test
    void faultWithAnIdIsAnsweredByItsNumberAndTellsTheTab() {
        try (PlainClient client = lineClient()) {
            client.send(mine("{\"id\":3,\"from\":\"b\",\"type\":\"x\",\"value\":[}"));

            JsonObject fault = client.next();
            assertThat(fault.getInt("re")).isEqualTo(3);
            assertThat(fault.getString("from")).isEqualTo(tab);
        }
    }

    @Test
    void goodFramesBesideABadOneInTheSameMessageAreTaken() {
        try (PlainClient client = lineClient()) {
            client.send(mine("{\"type\":\"hi\",\"from\":\"b\",\"id\":1}\n{bad\n{\"type\":\"hi\",\"from\":\"b\",\"id\":2}"));

            assertThat(Stream.generate(client::next).limit(3).map(frame -> frame.getInt("re", 0)).toList()).containsExactlyInAnyOrder(1, 0, 2);
        }
    }

    @Test
    void thirdFaultEndsTheSocketAfterByeAndOtherLinesDoNotNotice() {
        try (PlainClient bad = lineClient(); PlainClient good = client()) {
            good.hello("\"tabs\":[\"good\"]");
            bad.send("{", "}", "[");

            assertThat(bad.next(frame -> frame.getString("type", "").equals("$bye")).getInt("code")).isEqualTo(4500);
            assertThat(bad.closeCode()).isEqualTo(4500);
            good.send("{\"type\":\"hi\",\"from\":\"good\",\"id\":1}");
            assertThat(good.reply(1)).containsKey("value");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\u0000", "\\u001b[31m", "\\r\\nINFO: forged", "\\u2028", "\\u0085", "\u2028\u0085", "</script><script>x()</script>",
        "\ufeff", "%0a%1b", "${jndi:ldap://x}", "{0}"})
    void whateverIsSaidNoLineOfTheLogIsForged(String text) {
        try (LogCapture log = new LogCapture(); PlainClient client = lineClient()) {
            client.send(mine("{\"type\":\"hi\",\"from\":\"b\",\"id\":1,\"value\":\"" + text + "\"}"), mine("{\"type\":\"t" + text + "\",\"from\":\"b\",\"id\":2}"),
                "{\"type\":\"hi\",\"from\":\"f" + text + "\",\"id\":3}");
            client.reply(1);
            client.reply(3);

            assertThat(log.messages(Level.ALL)).isNotEmpty().allSatisfy(line -> assertThat(line).matches("[\\x20-\\x7e]*").doesNotContain("forged", "script", "jndi"));
        }
    }

    @Test
    void dataThatOnlyPassesThroughIsExactToTheCharacter() {
        String value = "\"\\u0000 \\u001b \u2028 \u2029 </script> \\uD83D\\uDE00 😀 \ufeff \\\\ \\/ é\"";
        try (PlainClient client = lineClient()) {
            client.send("{\"type\":\"$join\",\"topic\":\"demo.exact\",\"id\":1}");
            client.reply(1);
            client.send(mine("{\"type\":\"$publish\",\"topic\":\"demo.exact\",\"from\":\"b\",\"value\":" + value + "}"));

            assertThat(client.nextText()).startsWith("{\"topic\":\"demo.exact\"").contains("\"value\":" + value);
        }
    }

    @Test
    void replyToAForeignRequestIsOnlyAMember() {
        try (PlainClient asks = client(); PlainClient forges = client()) {
            asks.hello("\"tabs\":[\"asks\"]");
            forges.hello("\"tabs\":[\"forges\"],\"topics\":{\"demo.forged\":null}");
            forges.send("{\"type\":\"hi\",\"from\":\"forges\",\"re\":1,\"line\":\"x\",\"to\":\"asks\",\"id\":1}",
                "{\"type\":\"$publish\",\"topic\":\"demo.forged\",\"from\":\"forges\",\"value\":{\"from\":\"asks\",\"re\":1},\"re\":1}");
            JsonObject heard = forges.next(frame -> frame.containsKey("topic"));

            assertThat(List.copyOf(heard.keySet())).containsExactly("topic", "at", "from", "value");
            asks.send("{\"type\":\"hi\",\"from\":\"asks\",\"id\":1}");
            assertThat(asks.next().getJsonObject("value").getString("messageFromServer")).isEqualTo("Hello tab id: asks");
        }
    }
}
