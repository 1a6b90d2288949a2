package dev.partyline.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server with little memory, and clients that want more of it than there is. */
@Timeout(120)
class SmallHeapIT {

    private static final String[] FAST = {"-Dpartyline.rate=1000000", "-Dpartyline.rate.burst=1000000", "-Dpartyline.rate.chars=1000000000", "-Dpartyline.rate.chars.burst=1000000000",
        "-Dpartyline.memory.percent=20", "-Dpartyline.demo.broadcast.after=1h"};
    private static final int TOPICS = 100;
    private static final int LARGE = 50_000;
    /** Of the messages that the memory can hold. */
    private static final int TIMES = 4;

    @Test
    void lineThatPublishesTooMuchLosesItsOwnOldestAndNoOtherLineLosesAnything() {
        try (Run run = Run.of(Map.of(), args("--port", "0")); PlainClient reader = run.line(); PlainClient small = run.line(); PlainClient large = run.line()) {
            reader.hello("\"tabs\":[\"reader\"],\"topics\":{\"demo.small\":null}");
            small.hello("\"tabs\":[\"small\"]");
            large.hello("\"tabs\":[\"large\"]");
            double max = run.metric("partyline_retained_max_bytes");
            String text = '"' + "\u044f".repeat(LARGE) + '"';
            int wanted = (int) (TIMES * max / (2 * LARGE));

            for (int number = 1; number <= wanted; number++) {
                publish(large, "demo.large." + number % TOPICS, number, text);
                large.reply(number);
                large.ack(large.inbox());
                if (number % 10 == 0) {
                    publish(small, "demo.small", number / 10, "" + number / 10);
                    assertThat(small.reply(number / 10)).containsKey("value");
                    small.ack(small.inbox());
                    JsonObject received = reader.next();
                    assertThat(received.getString("topic")).isEqualTo("demo.small");
                    assertThat(received.getInt("value")).isEqualTo(number / 10);
                    reader.ack(reader.inbox());
                    assertThat(run.metric("partyline_retained_bytes")).isLessThanOrEqualTo(max);
                }
            }

            assertThat(run.output()).contains("limit reached: partyline.memory.percent").doesNotContain("OutOfMemoryError");
            try (PlainClient late = run.line()) {
                late.hello("\"tabs\":[\"late\"],\"topics\":{\"demo.small\":[\"0\",0]}");
                int retained = Math.min(256, wanted / 10);
                assertThat(IntStream.range(0, retained).map(i -> late.next().getInt("value")).boxed().toList())
                    .isEqualTo(IntStream.rangeClosed(wanted / 10 - retained + 1, wanted / 10).boxed().toList());
            }
        }
    }

    /** They are held with their inboxes full of what they asked for, and one is held with nothing. */
    @Test
    void heldLinesThatTakeTooMuchAreTrimmedAndOneWithoutMessagesIsResumed() {
        try (Run run = Run.of(Map.of(), args("--port", "0"))) {
            PlainClient empty = run.line();
            JsonObject welcome = empty.hello("\"tabs\":[\"empty\"]");
            empty.ack(0);
            empty.drop();
            double max = run.metric("partyline_retained_max_bytes");
            String text = "x".repeat(LARGE);
            int held = 0;
            for (double sent = 0; sent < TIMES * max; held++) {
                PlainClient full = run.line();
                full.hello("\"tabs\":[\"full-" + held + "\"]");
                for (int i = 0; i < 15; i++) {
                    full.send("{\"data\":{\"from\":\"full-" + held + "\",\"text\":\"" + text + "\"}}");
                    full.next(frame -> frame.containsKey("text") || frame.containsKey("error"));
                    full.ack(0);
                    sent += LARGE;
                }
                full.drop();
            }

            assertThat(run.metric("partyline_retained_bytes")).isLessThanOrEqualTo(max);
            assertThat(run.output()).doesNotContain("OutOfMemoryError");
            try (PlainClient back = run.line()) {
                assertThat(back.resume(welcome, 0, "\"tabs\":[\"empty\"]").getBoolean("resumed")).isTrue();
            }
        }
    }

    private static void publish(PlainClient by, String topic, int id, String value) {
        by.send("{\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"" + (topic.equals("demo.small") ? "small" : "large") + "\",\"id\":" + id + ",\"value\":" + value + "}");
    }

    private static String[] args(String... more) {
        return Stream.of(FAST, more).flatMap(Stream::of).toArray(String[]::new);
    }
}
