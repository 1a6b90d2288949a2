package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers that do not read: closed, held, bounded, and nobody else's trouble. */
@Timeout(90)
class SlowReaderIT {

    private static final String TOPIC = "demo.firehose";
    private static final int SMALL_BUFFER = 4096;

    private final PartylineServer server = new PartylineServer(Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
        "partyline.send.within", "2s", "partyline.log.messages", "100000", "partyline.log.chars", "100000000", "partyline.demo.broadcast.after", "1h"));

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aReaderThatStopsIsClosedAndOthersHearEverything() {
        History history = new History(TOPIC);
        try (RawClient sleeper = sleeper("sleeper-1"); LineClient reader = new LineClient(server.line(), "reader", frame -> history.heard("reader", frame), TOPIC);
             LineClient publisher = new LineClient(server.line(), "publisher", frame -> { })) {
            await().until(() -> reader.place(TOPIC).isPresent());
            publish(publisher, history, 3000, 1000);

            await().untilAsserted(() -> assertThat(history.faults()).isEmpty());
            assertThat(history.gaps()).isZero();
            assertThat(history.messages()).isEqualTo(3000);
            assertThat(reader.sockets()).isEqualTo(1);
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 1);
            assertThat(sleeper.closeCode()).isIn(4001, RawClient.ABNORMAL);
        }
    }

    @Test
    void whenItReturnsASlowReaderHearsWhatItMissed() {
        JsonObject welcome;
        try (RawClient sleeper = new RawClient(server.line(), SMALL_BUFFER); LineClient publisher = new LineClient(server.line(), "publisher", frame -> { })) {
            sleeper.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"sleeper-2\"],\"topics\":{\"" + TOPIC + "\":null}}");
            welcome = Golden.parse(sleeper.message());
            publish(publisher, new History(TOPIC), 2000, 1000);
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 1);
        }
        try (RawClient back = new RawClient(server.line())) {
            back.text("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key")
                + "\",\"inbox\":0,\"tabs\":[\"sleeper-2\"],\"topics\":{\"" + TOPIC + "\":" + welcome.getJsonObject("topics").getJsonObject(TOPIC).getJsonArray("at") + "}}");
            long chars = 0;
            int expected = 1;
            while (expected <= 2000) {
                String message = back.message();
                chars += message.length();
                for (String frame : message.lines().toList()) {
                    JsonObject parsed = Golden.parse(frame);
                    if (parsed.getString("type", "").equals("$welcome")) {
                        assertThat(parsed.getBoolean("resumed")).isTrue();
                        assertThat(parsed.getJsonObject("topics").getJsonObject(TOPIC).getBoolean("gap")).isFalse();
                    } else if (parsed.containsKey("topic")) {
                        assertThat(parsed.getJsonArray("at").getInt(1)).isEqualTo(expected++);
                    }
                }
                back.text("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":0}");
            }
        }
    }

    /** The application's memory must not grow by what they do not read: 50 readers, 20 MB each. */
    @Test
    void manySleepersCostWindowsAndNotWhatTheyDoNotRead() {
        List<RawClient> sleepers = new ArrayList<>();
        try (LineClient publisher = new LineClient(server.line(), "publisher", frame -> { })) {
            for (int i = 0; i < 50; i++) {
                sleepers.add(sleeper("many-" + i));
            }
            long before = usedAfterCollection();
            publish(publisher, new History(TOPIC), 20_000, 1000);
            long after = usedAfterCollection();

            assertThat(after - before).as("bytes").isLessThan(150L << 20);
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 50);
        } finally {
            sleepers.forEach(RawClient::close);
        }
    }

    @Test
    void aPlainClientThatDoesNotReadIsClosedToo() {
        try (RawClient sleeper = new RawClient(server.line(), SMALL_BUFFER)) {
            String message = "{\"data\":{\"from\":\"tab-1\",\"data\":\"" + "x".repeat(60_000) + "\"}}";
            await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5)).ignoreExceptions().until(() -> {
                sleeper.text(message);
                return sleeper.sendFails();
            });
        }
    }

    private RawClient sleeper(String tab) {
        RawClient sleeper = new RawClient(server.line(), SMALL_BUFFER);
        sleeper.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"],\"topics\":{\"" + TOPIC + "\":null}}");
        assertThat(sleeper.message()).contains("$welcome");
        return sleeper;
    }

    private static void publish(LineClient publisher, History history, int messages, int chars) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 1; i <= messages; i++) {
            String value = "p:" + "0".repeat(chars) + i;
            all.add(publisher.publish(TOPIC, "\"" + value + "\"")
                .thenAccept(reply -> history.acknowledge(value, reply.getJsonObject("value").getJsonArray("at"))));
            if (i % 100 == 0) {
                all.get(i - 1).orTimeout(20, TimeUnit.SECONDS).join();
            }
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** How many sockets the server has closed since their reader did not keep up. */
    private int slowCloses() throws IOException {
        try (InputStream in = server.uri("/partyline/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                .filter(line -> line.startsWith("partyline_slow_closes_total "))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
                .sum();
        }
    }

    private static long usedAfterCollection() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
