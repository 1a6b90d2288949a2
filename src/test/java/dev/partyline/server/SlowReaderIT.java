package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that do not read, beside one that does. */
@Timeout(90)
class SlowReaderIT {

    private static final Map<String, String> SETTINGS = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000", "partyline.send.within", "1s",
        "partyline.log.messages", "100", "partyline.plain.after", "100ms");
    /** One event loop, and a deadline that nobody reaches in this test: a send that blocks delays the others for as long. */
    private static final Map<String, String> BLOCKED_FOR_LONG = Map.of("partyline.event.loops", "1", "partyline.send.within", "60s", "partyline.rate", "1000000",
        "partyline.rate.burst", "1000000", "partyline.log.messages", "1000", "partyline.sync.send.chars", "32768");
    private static final String VALUE = "\"" + "x".repeat(1000) + "\"";
    private static final int SMALL_BUFFER = 4096;
    private static final int MEGABYTES = 20;
    /** More than the kernel takes for one connection. */
    private static final int UNREAD_MEGABYTES = 6;

    /** Publishes one after the other, until told to stop or so many are out, and reads along. */
    private static JsonObject publish(PlainClient publisher, String topic, int count) {
        JsonObject heard = null;
        for (int i = 0; i < count; i++) {
            publisher.send("{\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"busy\",\"value\":" + VALUE + "}");
            heard = publisher.next(frame -> frame.containsKey("topic"));
            if (i % 8 == 0) {
                publisher.ack(0);
            }
        }
        return heard;
    }

    private static RawClient sleeper(int port, String hello) {
        RawClient sleeper = new RawClient(port, SMALL_BUFFER, "Origin: http://127.0.0.1:" + port);
        sleeper.send(hello);
        return sleeper;
    }

    @Test
    void lineThatNeverReadsIsClosedAndHeldAndToldOfItsGapWhenItComesBack() {
        try (PartylineServer server = new PartylineServer(SETTINGS); PlainClient busy = new PlainClient(server.line());
             RawClient sleeper = sleeper(server.port(), "{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"asleep\"],\"topics\":{\"demo.flood\":null}}")) {
            JsonObject welcome = Golden.parse(sleeper.readText());
            busy.hello("\"tabs\":[\"busy\"],\"topics\":{\"demo.flood\":null}");
            publish(busy, "demo.flood", 600);
            await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_slow_closes_total")).isEqualTo(1));
            assertThat(Metrics.of(server).get("partyline_lines_held")).isEqualTo(1);
            assertThat(Metrics.of(server).get("partyline_limit_hits_total{limit=\"partyline.send.within\"}")).isEqualTo(1);

            try (PlainClient back = new PlainClient(server.line())) {
                String at = welcome.getJsonObject("topics").getJsonObject("demo.flood").getJsonArray("at").toString();
                JsonObject resumed = back.resume(welcome, 0, "\"tabs\":[\"asleep\"],\"topics\":{\"demo.flood\":" + at + "}");
                assertThat(resumed.getBoolean("resumed")).isTrue();
                JsonObject place = resumed.getJsonObject("topics").getJsonObject("demo.flood");
                assertThat(place.getBoolean("gap")).isTrue();
                assertThat(place.getJsonArray("at").getInt(1)).isEqualTo(500);
                for (int offset = 501; offset <= 600; offset++) {
                    assertThat(back.next(frame -> frame.containsKey("topic")).getJsonArray("at").getInt(1)).isEqualTo(offset);
                }
            }
        }
    }

    @Test
    void lineThatWakesInTimeIsToldOfItsGapOnTheSameSocket() {
        Map<String, String> patient = new HashMap<>(SETTINGS);
        patient.put("partyline.send.within", "20s");
        patient.put("partyline.window.chars", "16384");
        try (PartylineServer server = new PartylineServer(patient); PlainClient busy = new PlainClient(server.line());
             PlainClient dozes = new PlainClient(server.line())) {
            dozes.hello("\"tabs\":[\"dozes\"],\"topics\":{\"demo.flood\":null}");
            busy.hello("\"tabs\":[\"busy\"],\"topics\":{\"demo.flood\":null}");
            publish(busy, "demo.flood", 400);

            long last = 0;
            boolean told = false;
            while (last < 400) {
                JsonObject frame = dozes.next();
                long at = frame.getJsonArray("at").getJsonNumber(1).longValue();
                if (frame.getString("type", "").equals("$gap")) {
                    told = true;
                } else {
                    assertThat(at).as("dense but for the gap that was told").isEqualTo(last + 1);
                }
                last = at;
                dozes.ack(0);
            }
            assertThat(told).isTrue();
        }
    }

    @Test
    void plainClientThatNeverReadsIsForgotten() {
        try (TestApplication application = new TestApplication(SETTINGS); PlainClient busy = new PlainClient(application.line());
             RawClient sleeper = sleeper(application.port(), "{\"data\":{\"type\":\"echo\",\"from\":\"asleep\",\"value\":1}}")) {
            busy.hello("\"tabs\":[\"busy\"]");
            await().until(() -> Metrics.of(application.port()).get("partyline_lines") == 2);
            int sent = 0;
            while (Metrics.of(application.port()).get("partyline_slow_closes_total") == 0) {
                sent++;
                busy.send("{\"type\":\"toPlain\",\"from\":\"busy\",\"id\":" + sent + ",\"value\":{\"to\":\"asleep\",\"text\":" + VALUE + "}}");
                busy.reply(sent);
            }

            await().untilAsserted(() -> assertThat(Metrics.of(application.port()).get("partyline_lines")).isEqualTo(1));
            assertThat(sleeper.closeCode()).isIn(4001, RawClient.DROPPED);
        }
    }

    @Test
    void manyWhoNeverReadCostLittleMemoryAndDelayNobody() {
        try (PartylineServer server = new PartylineServer(SETTINGS); PlainClient busy = new PlainClient(server.line())) {
            busy.hello("\"tabs\":[\"busy\"],\"topics\":{\"demo.flood\":null}");
            long before = usedHeap();
            List<RawClient> sleepers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                sleepers.add(sleeper(server.port(), "{\"type\":\"$hello\",\"v\":1,\"topics\":{\"demo.flood\":null}}"));
            }
            await().until(() -> Metrics.of(server).get("partyline_lines") == 41);

            JsonObject last = publish(busy, "demo.flood", 2000);
            assertThat(last.getJsonArray("at").getInt(1)).as("whoever reads hears all").isEqualTo(2000);
            await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_slow_closes_total")).isEqualTo(40));
            assertThat(usedHeap() - before).as("of the 80 MB that they did not read").isLessThan(MEGABYTES << 20);
            sleepers.forEach(RawClient::close);
        }
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void clientThatAcknowledgesWhatItHasNotReadDelaysNobody() {
        try (PartylineServer server = new PartylineServer(BLOCKED_FOR_LONG); PlainClient busy = new PlainClient(server.line());
             RawClient liar = sleeper(server.port(), "{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"liar\"],\"topics\":{\"demo.flood\":null}}")) {
            Golden.parse(liar.readText());
            busy.hello("\"tabs\":[\"busy\"],\"topics\":{\"demo.flood\":null}");
            for (int i = 0; i < UNREAD_MEGABYTES * 100; i++) {
                publish(busy, "demo.flood", 10);
                liar.send("{\"type\":\"$ack\",\"bytes\":1000000000,\"inbox\":0}");
            }

            // Each message has come back to the publisher, though the loop has more for the other client than the connection takes.
            assertThat(Metrics.of(server).get("partyline_lines")).isEqualTo(2);
            assertThat(Metrics.of(server).get("partyline_lines_held")).isZero();
        }
    }

    @Test
    void clientThatDoesNotReadItsPongsDelaysNobody() {
        try (PartylineServer server = new PartylineServer(BLOCKED_FOR_LONG); PlainClient busy = new PlainClient(server.line());
             RawClient pinging = sleeper(server.port(), "{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"pinging\"],\"topics\":{\"demo.flood\":null}}")) {
            Golden.parse(pinging.readText());
            busy.hello("\"tabs\":[\"busy\"],\"topics\":{\"demo.flood\":null}");
            byte[] ping = RawClient.frame(RawClient.FIN | RawClient.PING, new byte[125]);
            AtomicLong pings = new AtomicLong();
            Thread thread = new Thread(() -> {
                while (pinging.write(ping)) {
                    pings.incrementAndGet();
                }
            }, "pings");
            thread.setDaemon(true);
            thread.start();
            long before = -1;
            while (before != pings.get()) {
                before = pings.get();
                publish(busy, "demo.flood", 300);
            }

            assertThat(thread.isAlive()).as("the server reads no more pings, since it could not answer them, and is not done with the client").isTrue();
            assertThat(Metrics.of(server).get("partyline_lines_held")).isZero();
        }
    }
}
