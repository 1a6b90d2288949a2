package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    void aReaderThatStopsIsClosedAndOthersHearEverything() throws IOException {
        try (BareClient sleeper = sleeper("sleeper-1"); BareClient reader = sleeper("reader-1")) {
            publish(500, 1000);
            readAll(reader, 1, 500, 0);
            publish(500, 1000);
            readAll(reader, 501, 1000, 0);

            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() >= 1);
            assertThat(sleeper.closeCode()).isIn(4001, BareClient.ABNORMAL);
            reader.text("{\"type\":\"$ping\"}");
            assertThat(reader.message()).contains("$pong");
            assertThat(slowCloses()).isEqualTo(1);
        }
    }

    @Test
    void whenItReturnsASlowReaderHearsWhatItMissed() {
        JsonObject welcome;
        try (BareClient sleeper = new BareClient(server.line(), SMALL_BUFFER)) {
            sleeper.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"sleeper-2\"],\"topics\":{\"" + TOPIC + "\":null}}");
            welcome = Golden.parse(sleeper.message());
            publish(2000, 1000);
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 1);
        }
        try (BareClient back = new BareClient(server.line())) {
            back.text("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key")
                + "\",\"inbox\":0,\"tabs\":[\"sleeper-2\"],\"topics\":{\"" + TOPIC + "\":" + welcome.getJsonObject("topics").getJsonObject(TOPIC).getJsonArray("at") + "}}");
            String welcomed = back.message();
            assertThat(Golden.parse(welcomed.lines().findFirst().orElseThrow()).getBoolean("resumed")).isTrue();
            assertThat(welcomed).doesNotContain("\"gap\":true");
            readAll(back, 1 + (int) welcomed.lines().filter(frame -> frame.startsWith("{\"topic")).count(), 2000, welcomed.length());
        }
    }

    /** The application's memory must not grow by what they do not read: 50 readers, 20 MB each. */
    @Test
    void manySleepersCostWindowsAndNotWhatTheyDoNotRead() {
        List<BareClient> sleepers = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                sleepers.add(sleeper("many-" + i));
            }
            long before = usedAfterCollection();
            publish(20_000, 1000);
            long after = usedAfterCollection();

            assertThat(after - before).as("bytes").isLessThan(150L << 20);
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 50);
        } finally {
            sleepers.forEach(BareClient::close);
        }
    }

    @Test
    void aPlainClientThatDoesNotReadIsClosedToo() {
        try (BareClient sleeper = new BareClient(server.line(), SMALL_BUFFER)) {
            String message = "{\"data\":{\"from\":\"tab-1\",\"data\":\"" + "x".repeat(60_000) + "\"}}";
            for (int i = 0; i < 100; i++) {
                sleeper.text(message);
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> slowCloses() == 1);
        }
    }

    private BareClient sleeper(String tab) {
        BareClient sleeper = new BareClient(server.line(), SMALL_BUFFER);
        sleeper.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"],\"topics\":{\"" + TOPIC + "\":null}}");
        assertThat(sleeper.message()).contains("$welcome");
        return sleeper;
    }

    private void publish(int messages, int chars) {
        try (BareClient publisher = new BareClient(server.line())) {
            publisher.text("{\"type\":\"$hello\",\"v\":1}");
            publisher.message();
            for (int i = 1; i <= messages; i++) {
                publisher.text("{\"type\":\"$publish\",\"topic\":\"" + TOPIC + "\",\"from\":\"publisher\",\"value\":\"" + "x".repeat(chars) + "\"}");
            }
            publisher.text("{\"type\":\"$publish\",\"topic\":\"demo.end\",\"from\":\"publisher\",\"id\":1,\"value\":0}\n{\"type\":\"$bye\"}");
            publisher.closeCode();
        }
    }

    /** Reads the topic's messages with these offsets, each once and in order, and acknowledges them. */
    private static void readAll(BareClient reader, int from, int to, long heardBefore) {
        long chars = heardBefore + (heardBefore == 0 ? Integer.MAX_VALUE : 0);
        for (int expected = from; expected <= to;) {
            String message = reader.message();
            chars += message.length();
            for (String frame : message.lines().filter(line -> line.startsWith("{\"topic")).toList()) {
                assertThat(Golden.parse(frame).getJsonArray("at").getInt(1)).isEqualTo(expected++);
            }
            reader.text("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":0}");
        }
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
