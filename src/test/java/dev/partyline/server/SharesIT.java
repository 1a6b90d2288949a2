package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one line and one address may use of the server, however often they connect. */
@Timeout(60)
class SharesIT {

    private static void hi(PlainClient client, int id, String padding) {
        client.send("{\"type\":\"hi\",\"from\":\"q-1\",\"id\":" + id + ",\"value\":\"" + padding + "\"}");
    }

    private static String codeOf(JsonObject reply) {
        return reply.getJsonObject("error").getString("code");
    }

    @Test
    void lineThatIsResumedGoesOnWithItsRate() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.rate", "1", "partyline.rate.burst", "20")); PlainClient client = new PlainClient(server.line())) {
            JsonObject welcome = client.hello("\"tabs\":[\"q-1\"]");
            IntStream.rangeClosed(1, 20).forEach(id -> hi(client, id, ""));
            assertThat(client.reply(20)).containsKey("value");
            client.drop();

            try (PlainClient again = new PlainClient(server.line())) {
                JsonObject back = again.resume(welcome, client.inbox(), "\"tabs\":[\"q-1\"]");
                assertThat(back.getBoolean("resumed")).isTrue();
                assertThat(back.getJsonObject("limits").getInt("left")).isLessThan(10);
                IntStream.rangeClosed(21, 35).forEach(id -> hi(again, id, ""));
                assertThat(codeOf(again.reply(35))).isEqualTo("rate_limited");
            }
        }
    }

    @Test
    void charactersAreLimitedBesideMessages() {
        Map<String, String> settings = Map.of("partyline.rate.chars", "100", "partyline.rate.chars.burst", "2000", "partyline.message.chars", "1000");
        try (PartylineServer server = new PartylineServer(settings); PlainClient client = new PlainClient(server.line())) {
            JsonObject limits = client.hello("\"tabs\":[\"q-1\"]").getJsonObject("limits");
            assertThat(limits.getInt("rateChars")).isEqualTo(100);
            assertThat(limits.getInt("burstChars")).isEqualTo(2000);
            IntStream.rangeClosed(1, 3).forEach(id -> hi(client, id, "x".repeat(800)));
            assertThat(client.reply(2)).containsKey("value");
            assertThat(codeOf(client.reply(3))).isEqualTo("rate_limited");

            IntStream.rangeClosed(4, 6).forEach(id -> hi(client, id, "x".repeat(800)));
            assertThat(client.closeCode()).isEqualTo(4005);
        }
    }

    @Test
    void newLinesOfAnAddressAreLimitedInTheirRate() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.lines.per.address", "2", "partyline.lines.per.address.rate", "1"))) {
            List<Integer> ends = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                try (PlainClient client = new PlainClient(server.line())) {
                    client.send("{\"type\":\"$hello\",\"v\":1}\n{\"type\":\"$bye\"}");
                    ends.add(client.closeCode());
                }
            }
            assertThat(ends.subList(0, 10)).containsOnly(1000);
            assertThat(ends).contains(4005);
        }
    }

    @Test
    void socketsOfAnAddressAreCountedAndThoseRefusedAreEndedThoughTheyDoNotAnswer() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.sockets.per.address", "3", "partyline.plain.after", "1m")); PlainClient one = new PlainClient(server.line())) {
            one.hello("");
            PlainClient silent = new PlainClient(server.line());
            PlainClient silentToo = new PlainClient(server.line());
            try (RawClient refused = new RawClient(server.port())) {
                assertThat(refused.closeCode()).isEqualTo(4006);
                assertThat(refused.read()).as("the end of the connection").isEmpty();
            }
            silent.drop();
            silentToo.leave();
            await().untilAsserted(() -> {
                try (PlainClient next = new PlainClient(server.line())) {
                    next.send("{\"type\":\"$hello\",\"v\":1}");
                    assertThat(next.nextMessage()).contains("$welcome");
                }
            });
            assertThat(one.isOpen()).isTrue();
            assertThat(Metrics.of(server).get("partyline_limit_hits_total{limit=\"partyline.sockets.per.address\"}")).isPositive();
        }
    }

    @Test
    void socketWhoseLineIsRefusedIsEndedThoughItDoesNotAnswer() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.lines.per.address", "1")); PlainClient one = new PlainClient(server.line());
             RawClient refused = new RawClient(server.port())) {
            one.hello("");
            refused.send("{\"type\":\"$hello\",\"v\":1}");
            assertThat(refused.closeCode()).isEqualTo(4504);
            assertThat(refused.read()).isEmpty();
        }
    }

    @Test
    void bodyThatArrivesTooSlowlyIsRefused() throws IOException {
        Map<String, String> settings = Map.of("partyline.api.key", Api.KEY, "partyline.api.body.within", "500ms");
        try (PartylineServer server = new PartylineServer(settings); Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String head = "POST /partyline/api/all HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + Api.KEY + "\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            await().pollInterval(Duration.ofMillis(50)).until(() -> {
                socket.getOutputStream().write(' ');
                return socket.getInputStream().available() > 0;
            });
            byte[] answer = socket.getInputStream().readNBytes(12);
            assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 400");
        }
    }
}
