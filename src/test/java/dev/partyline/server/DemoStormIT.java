package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code bench.html} asks the demo for: many messages at once, of which everybody could ask too many or too often. */
@Timeout(60)
class DemoStormIT {

    private static final int MOST = 20_000;
    private static final int IN_ONE_SECOND = 20;

    private PartylineServer server;
    private PlainClient listener;
    private PlainClient asker;
    private long heardUpTo;
    private int asked;

    @BeforeEach
    void start() {
        start(Map.of("partyline.demo.storms", "true"));
    }

    private void start(Map<String, String> settings) {
        server = new PartylineServer(settings);
        listener = PlainClient.welcomed(server.line());
        listener.send("{\"type\":\"$join\",\"topic\":\"demo.storm\",\"id\":1}");
        heardUpTo = listener.reply(1).getJsonObject("value").getJsonArray("at").getJsonNumber(1).longValueExact();
        asker = PlainClient.welcomed(server.line());
    }

    @AfterEach
    void stop() {
        asker.close();
        listener.close();
        server.close();
    }

    @Test
    void stormsAreOffUnlessTheyAreAskedFor() {
        stop();
        start(Map.of());

        JsonObject error = ask("{\"messages\":5}").getJsonObject("error");
        assertThat(error.getString("code")).isEqualTo("disabled");
        assertThat(error.getString("message")).contains("set partyline.demo.storms to true");
    }

    @Test
    void stormIsBoundedByItsMessagesTimesTheLines() {
        stop();
        start(Map.of("partyline.demo.storms", "true", "partyline.demo.storm.frames", "10"));

        JsonObject error = ask("{\"messages\":6}").getJsonObject("error");
        assertThat(error.getString("code")).isEqualTo("too_large");
        assertThat(error.getString("message")).isEqualTo("a storm of 6 messages to 2 lines, partyline.demo.storm.frames allows 10 frames");
        assertThat(ask("{\"messages\":5}")).containsKey("value");
        assertThat(nextStorm()).hasSize(5);
    }

    @Test
    void stormBeginsAndEndsAndHasSoManyMessagesOfAHundredCharacters() {
        assertThat(ask("{\"messages\":5}").getJsonObject("value").getInt("messages")).isEqualTo(5);

        List<JsonObject> storm = nextStorm();
        assertThat(storm.stream().map(message -> message.getString("type", ""))).containsExactly("begin", "", "", "", "end");
        assertThat(storm).allSatisfy(message -> assertThat(message.get("value").toString()).hasSize(100));
    }

    @Test
    void largestStormComesWhole() {
        askFor("{\"messages\":" + MOST + "}");

        // Whoever stopped reading would be closed.
        assertThat(nextStorm()).hasSize(MOST);
    }

    @Test
    void smallestStormIsItsBeginningAndItsEnd() {
        assertThat(ask("{\"messages\":2}")).containsKey("value");

        assertThat(nextStorm()).hasSize(2);
    }

    /** However slow the machine is: of so many one after another some come within a second of the one before. */
    @Test
    void stormTooSoonAfterAnotherIsRefusedForNowAndPublishesNothing() {
        List<JsonObject> answers = IntStream.range(0, IN_ONE_SECOND).mapToObj(i -> ask("{\"messages\":2}")).toList();

        List<JsonObject> refused = answers.stream().filter(answer -> answer.containsKey("error")).toList();
        assertThat(answers.get(0)).as("the first").containsKey("value");
        assertThat(refused).isNotEmpty().allSatisfy(answer -> {
            assertThat(answer.getJsonObject("error").getString("code")).isEqualTo("busy");
            assertThat(answer.getJsonObject("error").getBoolean("retryable")).isTrue();
        });
        for (int storm = 0; storm < answers.size() - refused.size(); storm++) {
            assertThat(nextStorm()).hasSize(2);
        }
        await("the next to be let through").pollInterval(Duration.ofMillis(100)).until(() -> ask("{\"messages\":3}").containsKey("value"));
        assertThat(nextStorm()).as("right after the others").hasSize(3);
    }

    @Test
    void whatIsNoStormIsRefusedForGoodAndHoldsUpNobody() {
        List<String> bad = List.of("{\"messages\":1}", "{\"messages\":0}", "{\"messages\":-5}", "{\"messages\":" + (MOST + 1) + "}",
            "{\"messages\":\"many\"}", "{\"messages\":[3]}", "{\"messages\":null}", "{}", "[]", "3", "\"storm\"", "null");
        try (LogCapture log = new LogCapture()) {
            assertThat(bad).allSatisfy(value -> {
                JsonObject answer = ask(value);
                assertThat(answer).containsKey("error");
                JsonObject error = answer.getJsonObject("error");
                assertThat(error.getString("code")).isEqualTo("bad_value");
                assertThat(error.getBoolean("retryable")).isFalse();
            });
            assertThat(log.messages(Level.WARNING)).as("an asker's mistake is nothing for the log").isEmpty();
        }
        assertThat(ask("{\"messages\":" + (MOST + 1) + "}").getJsonObject("error").getString("message")).isEqualTo("a storm of 20001 messages, it must have 2 to 20000");

        assertThat(ask("{\"messages\":4}")).as("at once").containsKey("value");
        assertThat(nextStorm()).as("and nothing before it").hasSize(4);
    }

    private JsonObject ask(String value) {
        askFor(value);
        return asker.reply(asked);
    }

    private void askFor(String value) {
        asker.send("{\"type\":\"demo.storm\",\"from\":\"" + asker.tab() + "\",\"id\":" + ++asked + ",\"value\":" + value + "}");
    }

    /** All that is heard of a storm, which begins at once and of which nothing is missing. */
    private List<JsonObject> nextStorm() {
        List<JsonObject> heard = new ArrayList<>();
        do {
            JsonObject message = listener.next(frame -> frame.getString("topic", "").equals("demo.storm"));
            assertThat(message.getJsonArray("at").getJsonNumber(1).longValueExact()).as("one after another").isEqualTo(++heardUpTo);
            heard.add(message);
        } while (!heard.get(heard.size() - 1).getString("type", "").equals("end"));
        assertThat(heard.get(0).getString("type", "")).isEqualTo("begin");
        return heard;
    }
}
