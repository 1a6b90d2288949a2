package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application whose handlers do the worst that handlers do. */
@Timeout(60)
class HandlerFaultIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.handler.within", "2s", "partyline.handler.threads", "4", "partyline.handler.threads.per.user", "4",
            "partyline.handler.threads.replaced", "2"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return new PlainClient(application.line());
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "runtime", "sneaky", "overflow", "memory", "assertion", "linkage", "later", "unwritable"})
    void whateverHandlerThrowsTheTabHearsOfFailureAndNoForeignText(String way) {
        try (PlainClient client = client(); PlainClient plain = client(); LogCapture log = new LogCapture()) {
            client.hello("\"tabs\":[\"t-" + way + "\"]");
            client.send("{\"type\":\"fail." + way + "\",\"from\":\"t-" + way + "\",\"id\":1,\"value\":1}");
            plain.send("{\"data\":{\"type\":\"fail." + way + "\",\"from\":\"p\",\"value\":1}}");

            for (JsonObject answer : List.of(client.reply(1), plain.next())) {
                assertThat(answer.getJsonObject("error").getString("code")).isEqualTo("failed");
                assertThat(answer.getJsonObject("error").getBoolean("retryable")).isFalse();
                assertThat(answer.toString()).doesNotContain("secret", "Exception", "Error\"", "java.");
                String reference = answer.getJsonObject("error").getString("message").replaceAll(".*reference ", "");
                assertThat(log.messages(Level.SEVERE)).filteredOn(line -> line.contains(reference)).as("logged once, with the reference").hasSize(1);
            }
            client.send("{\"type\":\"echo\",\"from\":\"t-" + way + "\",\"id\":2,\"value\":\"alive\"}");
            assertThat(client.reply(2).getString("value")).isEqualTo("alive");
            plain.send("{\"data\":{\"type\":\"echo\",\"from\":\"p\",\"value\":{\"alive\":true}}}");
            assertThat(plain.next().getBoolean("alive")).isTrue();
        }
    }

    @Test
    void refusalOfHandlerKeepsItsOwnCodeAndText() {
        try (PlainClient client = client()) {
            client.hello("");
            client.send("{\"type\":\"fail.refuse\",\"from\":\"refused\",\"id\":1}");

            assertThat(client.nextText())
                .isEqualTo("{\"from\":\"refused\",\"re\":1,\"error\":{\"code\":\"out_of_stock\",\"message\":\"none left\",\"retryable\":true}}");
        }
    }

    /** UTF-8 has no bytes for it, and Tomcat would fail to send it, on every socket that the line comes back with. */
    @Test
    void halfASurrogatePairArrivesAsItIs() {
        try (PlainClient asker = client(); PlainClient listener = client()) {
            listener.hello("\"tabs\":[\"listens\"],\"topics\":{\"open.half\":null}");
            asker.hello("\"tabs\":[\"half\"]");
            asker.send("{\"type\":\"half\",\"from\":\"half\",\"id\":1}\n{\"type\":\"fail.half\",\"from\":\"half\",\"id\":2}");

            assertThat(asker.reply(1).getString("value")).isEqualTo("caf\ud83d");
            assertThat(asker.reply(2).getJsonObject("error").getString("message")).isEqualTo("caf\ud83d");
            assertThat(listener.next(frame -> frame.getString("topic", "").equals("open.half")).getString("value")).isEqualTo("caf\ud83d");
        }
    }

    @Test
    void replyThatIsTooLargeIsAnsweredAsSuch() {
        try (PlainClient client = client()) {
            client.hello("");
            client.send("{\"type\":\"fail.huge\",\"from\":\"huge\",\"id\":1}");

            assertThat(client.reply(1).getJsonObject("error").getString("code")).isEqualTo("too_large");
        }
    }

    @Test
    void valueThatDoesNotFitIsTheTabsFaultAndNotLoggedAsOurs() {
        try (PlainClient client = client(); LogCapture log = new LogCapture()) {
            client.hello("");
            client.send("{\"type\":\"deleteFile\",\"from\":\"misfit\",\"id\":1,\"value\":[1,2]}");
            assertThat(client.reply(1).getJsonObject("error").getString("code")).isEqualTo("bad_value");

            client.send("{\"type\":\"nobody\",\"from\":\"misfit\",\"id\":2}");
            assertThat(client.reply(2).getJsonObject("error").getString("code")).isEqualTo("unknown_type");
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
    }

    @Test
    void handlerThatNeverReturnsTimesOutAndOtherTabsOfTheLineAreServed() {
        try (PlainClient client = client(); PlainClient releases = client()) {
            client.hello("\"tabs\":[\"stuck\",\"free\"]");
            client.send("{\"type\":\"wait\",\"from\":\"stuck\",\"id\":1,\"value\":\"for-ever\"}", "{\"type\":\"echo\",\"from\":\"free\",\"id\":2,\"value\":\"served\"}");

            assertThat(client.reply(2).getString("value")).isEqualTo("served");
            assertThat(client.reply(1).getJsonObject("error").getString("code")).isEqualTo("timeout");
            releases.send("{\"data\":{\"type\":\"release\",\"from\":\"r\",\"value\":\"for-ever\"}}");
            client.send("{\"type\":\"echo\",\"from\":\"stuck\",\"id\":3,\"value\":\"free again\"}");
            assertThat(client.next().getInt("re")).as("what the handler returned late is dropped").isEqualTo(3);
        }
    }

    /** An interrupt closes the socket that its thread writes to. */
    @ParameterizedTest
    @ValueSource(strings = {"interrupted", "interrupted.non.blocking", "wait"})
    void interruptOfAHandlerClosesNoSocketAndReachesNoOtherHandler(String type) {
        try (PlainClient client = client()) {
            String tab = "i-" + type.replace('.', '-');
            client.hello("\"tabs\":[\"" + tab + "\"]");
            client.send("{\"type\":\"" + type + "\",\"from\":\"" + tab + "\",\"id\":1,\"value\":\"interrupt\"}");
            assertThat(client.next().getInt("re")).isEqualTo(1);
            client.send("{\"type\":\"pause\",\"from\":\"" + tab + "\",\"id\":2}");
            assertThat(client.reply(2).getString("value")).isEqualTo("paused");
            client.send("{\"type\":\"echo\",\"from\":\"" + tab + "\",\"id\":3,\"value\":\"alive\"}");
            assertThat(client.reply(3).getString("value")).isEqualTo("alive");
        }
    }

    /** Of four threads, all four: a line has two, and two lines hang. */
    @Test
    void threadsThatIgnoreTheirInterruptAreReplacedAndNamedInTheLogOnce() {
        try (PlainClient one = client(); PlainClient other = client(); PlainClient well = client(); LogCapture log = new LogCapture()) {
            for (PlainClient hanging : List.of(one, other)) {
                String tab = hanging == one ? "h-1" : "h-2";
                hanging.hello("\"tabs\":[]");
                hanging.send("{\"type\":\"stubborn\",\"from\":\"" + tab + "a\",\"id\":1,\"value\":\"stubborn\"}",
                    "{\"type\":\"stubborn\",\"from\":\"" + tab + "b\",\"id\":2,\"value\":\"stubborn\"}");
            }
            well.hello("\"tabs\":[\"well\"]");
            for (PlainClient hanging : List.of(one, other)) {
                assertThat(hanging.reply(1).getJsonObject("error").getString("code")).isEqualTo("timeout");
            }
            await().untilAsserted(() -> assertThat(log.messages(Level.WARNING)).filteredOn(line -> line.contains("stubborn ignores the interrupt")).hasSize(1));
            well.send("{\"type\":\"echo\",\"from\":\"well\",\"id\":1,\"value\":\"served\"}");
            assertThat(well.reply(1).getString("value")).isEqualTo("served");
            assertThat(log.messages(Level.WARNING)).filteredOn(line -> line.contains("stubborn ignores the interrupt")).hasSize(1);
            await("all four, of which two were replaced").untilAsserted(() -> assertThat(hungThreads()).isEqualTo(4));
            well.send("{\"type\":\"release\",\"from\":\"well\",\"value\":\"stubborn\"}");
            await().untilAsserted(() -> assertThat(hungThreads()).isZero());
        }
    }

    private static double hungThreads() {
        return Metrics.of(application.port()).get("partyline_handler_threads_hung");
    }

    @Test
    void eightThreadsThatSendToOneSessionLoseNothingAndKeepEachTheirOrder() {
        Map<String, String> roomy = Map.of("partyline.inbox.messages", "2000");
        try (TestApplication busy = new TestApplication(roomy); PlainClient plain = new PlainClient(busy.line()); PlainClient line = new PlainClient(busy.line())) {
            line.hello("\"tabs\":[\"L\"]");
            plain.send("{\"data\":{\"type\":\"burst\",\"from\":\"P\",\"value\":{\"to\":\"P\",\"threads\":8,\"each\":200}}}");
            line.send("{\"type\":\"burst\",\"from\":\"L\",\"value\":{\"to\":\"L\",\"threads\":8,\"each\":200}}");
            for (PlainClient client : List.of(plain, line)) {
                int[] next = new int[8];
                for (int i = 0; i < 8 * 200; i++) {
                    String[] note = client.next().getString("value").split(":");
                    assertThat(Integer.parseInt(note[1])).isEqualTo(next[Integer.parseInt(note[0])]++);
                }
                assertThat(next).containsOnly(200);
            }
            await().untilAsserted(() -> assertThat(plain.isOpen() && line.isOpen()).isTrue());
        }
    }
}
