package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that do too much of what is allowed, beside one that does not. */
@Timeout(60)
class FloodIT {

    private static final int PER_ADDRESS = 40;
    private static final int TOPICS = 300;

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.lines.per.address", "" + PER_ADDRESS, "partyline.plain.after", "100ms",
            "partyline.send.within", "1s"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void assertServed(PlainClient client, String tab, int id) {
        client.send("{\"type\":\"hi\",\"from\":\"" + tab + "\",\"id\":" + id + "}");
        assertThat(client.reply(id)).containsKey("value");
    }

    private static void awaitLines(int lines) {
        await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_lines")).isEqualTo(lines));
    }

    @Test
    void floodOfMessagesEndsItsSocketEarlyAndCostsOthersNothing() {
        try (PlainClient good = new PlainClient(server.line()); RawClient flood = new RawClient(server.port())) {
            good.hello("\"tabs\":[\"flood-good\"]");
            byte[] message = RawClient.frame(RawClient.FIN | RawClient.TEXT, "{\"data\":{\"from\":\"t\",\"data\":1}}".getBytes(StandardCharsets.UTF_8));
            double before = Metrics.of(server).get("partyline_messages_in_total");
            for (int i = 0; i < 10_000 && flood.write(message); i++) {
                if (i % 2500 == 0) {
                    assertServed(good, "flood-good", i + 1);
                }
            }

            assertThat(flood.closeCode()).isIn(4005, RawClient.DROPPED);
            assertServed(good, "flood-good", 20_000);
            assertThat(Metrics.of(server).get("partyline_messages_in_total") - before).as("of 10 000").isLessThan(5000);
            good.send("{\"type\":\"$bye\"}");
            assertThat(good.closeCode()).isEqualTo(1000);
        }
        awaitLines(0);
    }

    /** The container answers pings itself; pongs are passed on. */
    @ParameterizedTest
    @ValueSource(ints = {RawClient.PING, RawClient.PONG})
    void floodOfControlFramesEndsItsSocket(int opcode) throws InterruptedException {
        double before = Metrics.of(server).get("partyline_limit_hits_total{limit=\"partyline.rate\"}");
        try (RawClient flood = new RawClient(server.port())) {
            flood.send("{\"data\":{\"from\":\"flood-control\",\"data\":1}}");
            byte[] frame = RawClient.frame(RawClient.FIN | opcode, new byte[0]);
            Thread frames = new Thread(() -> {
                boolean open = true;
                while (open) {
                    open = flood.write(frame);
                }
            }, "control frames");
            frames.start();

            assertThat(flood.closeCode()).isIn(4005, RawClient.DROPPED);
            frames.join();
            assertThat(Metrics.of(server).get("partyline_limit_hits_total{limit=\"partyline.rate\"}") - before).isEqualTo(1);
        }
        awaitLines(0);
    }

    @Test
    void connectionsOfOneAddressStopAtTheirCapAndThoseThatWereHereStay() {
        List<RawClient> crowd = new ArrayList<>();
        try (PlainClient good = new PlainClient(server.line())) {
            good.hello("\"tabs\":[\"crowd-good\"]");
            for (int i = 0; i < 5 * PER_ADDRESS; i++) {
                RawClient one = new RawClient(server.port());
                one.send("{\"data\":{\"from\":\"t\",\"data\":1}}");
                crowd.add(one);
            }

            awaitLines(PER_ADDRESS);
            assertThat(Metrics.of(server).get("partyline_refusals_total")).isGreaterThanOrEqualTo(4 * PER_ADDRESS);
            assertServed(good, "crowd-good", 1);
            good.send("{\"type\":\"$bye\"}");
            assertThat(good.closeCode()).isEqualTo(1000);
        } finally {
            crowd.forEach(RawClient::close);
        }
        awaitLines(0);
    }

    @Test
    void topicsThatAClientInventsStopAtTheirCap() {
        Map<String, String> settings = Map.of("partyline.logs", "" + TOPICS, "partyline.rate", "100000", "partyline.rate.burst", "100000");
        try (PartylineServer roomy = new PartylineServer(settings); PlainClient client = new PlainClient(roomy.line())) {
            client.hello("\"tabs\":[\"inventor\"],\"topics\":{\"demo.before\":null}");
            for (int i = 1; i <= 2 * TOPICS; i++) {
                client.send("{\"type\":\"$publish\",\"topic\":\"demo.invented." + i + "\",\"from\":\"inventor\",\"id\":" + i + ",\"value\":1}");
            }
            JsonObject last = client.reply(2 * TOPICS);

            assertThat(last.getJsonObject("error").getString("code")).isEqualTo("overloaded");
            assertThat(Metrics.of(roomy).get("partyline_topics")).isLessThanOrEqualTo(TOPICS + 1);
            client.send("{\"type\":\"$publish\",\"topic\":\"demo.before\",\"from\":\"inventor\",\"value\":\"still\"}");
            assertThat(client.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("still");
        }
    }
}
