package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a peer must not send, and what becomes of it. */
@Timeout(60)
class BadInputIT {

    private static final int LIMIT = 65_536;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.silence", "4s", "partyline.keep.alive", "1s", "partyline.lines.per.address", "1000"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Golden.Sample> bad() {
        return Golden.bad().stream();
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadFrameIsAnsweredByAnErrorAndTheThirdByTheEnd(Golden.Sample sample) {
        try (BareClient client = hello()) {
            client.text(sample.text());
            assertThat(error(client)).isEqualTo("bad_frame");
            client.text("{\"type\":\"$ping\"}");
            assertThat(client.message()).isEqualTo("{\"type\":\"$pong\"}");

            client.text(sample.text());
            assertThat(error(client)).isEqualTo("bad_frame");
            client.text(sample.text());
            assertThat(Golden.parse(client.message()).getInt("code")).isEqualTo(4500);
            assertThat(client.closeCode()).isEqualTo(4500);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "[{\"a\":"})
    void aHundredThousandLevelsAreRefusedLikeThirtyThree(String level) {
        try (BareClient client = hello()) {
            client.text("{\"type\":\"t\",\"from\":\"deep\",\"id\":1,\"value\":" + level.repeat(60_000 / level.length()));
            assertThat(error(client)).isEqualTo("bad_frame");
        }
    }

    @Test
    void aMessageOfTheLimitIsTakenAndOneMoreCharacterIsTooMany() {
        String start = "{\"data\":{\"from\":\"size-1\",\"data\":\"";
        String end = "\"}}";
        try (BareClient client = new BareClient(server.line())) {
            client.text(start + "x".repeat(LIMIT - start.length() - end.length()) + end);
            assertThat(client.message()).contains("Hello tab id: size-1");

            client.text(start + "x".repeat(LIMIT - start.length() - end.length() + 1) + end);
            assertThat(client.closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void theLimitCountsCharactersAsJavaScriptDoes() {
        String start = "{\"data\":{\"from\":\"size-1\",\"data\":\"";
        String end = "\"}}";
        try (BareClient client = new BareClient(server.line())) {
            client.text(start + "\u20ac".repeat(LIMIT - start.length() - end.length()) + end);
            assertThat(client.message()).contains("Hello tab id: size-1");
        }
    }

    @Test
    void partsWithoutEndAreCutAtTheLimit() {
        try (BareClient client = new BareClient(server.line())) {
            client.part("{\"data\":\"", true, false);
            for (int i = 0; i < 70; i++) {
                client.part("x".repeat(1000), false, false);
            }
            assertThat(client.closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void whoTricklesAMessageForEverAndAnswersNothingIsCutOff() {
        try (BareClient client = new BareClient(server.line())) {
            client.answersPings = false;
            client.raw(new byte[] {1, (byte) 0xfe, 0x7f, (byte) 0xff, 0, 0, 0, 0, '{'});
            assertThat(client.closeCode()).isIn(4002, 4506, BareClient.ABNORMAL);
        }
    }

    @Test
    void textThatIsNoUtf8EndsTheSocket() {
        try (BareClient client = new BareClient(server.line())) {
            client.frame(0x81, new byte[] {'{', '"', (byte) 0xc3, (byte) 0x28, '"', '}'});
            assertThat(client.closeCode()).isEqualTo(1007);
        }
    }

    @ParameterizedTest
    @CsvSource({"0xC1, a reserved bit", "0xA1, another", "0x83, an opcode that is none", "0x8B, a control opcode that is none", "0x80, a continuation of nothing", "0x09, a ping in parts"})
    void whatBreaksTheRulesOfWebSocketsEndsTheSocket(String head, String what) {
        try (BareClient client = new BareClient(server.line())) {
            client.frame(Integer.decode(head), "{}".getBytes(StandardCharsets.UTF_8));
            assertThat(client.closeCode()).as(what).isIn(1002, BareClient.ABNORMAL);
        }
    }

    @Test
    void anUnmaskedFrameALongPingAndAnImpossibleLengthEndTheSocket() {
        List<byte[]> abuses = List.of(new byte[] {(byte) 0x81, 2, '{', '}'},
            new byte[] {(byte) 0x89, (byte) 0xfe, 0, 126, 0, 0, 0, 0}, new byte[] {(byte) 0x81, (byte) 0xff, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        for (byte[] abuse : abuses) {
            try (BareClient client = new BareClient(server.line())) {
                client.raw(abuse);
                assertThat(client.closeCode()).isIn(1002, 1009, BareClient.ABNORMAL);
            }
        }
    }

    @Test
    void compressionIsNotNegotiated() {
        try (BareClient client = new BareClient(server.line(), "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
            assertThat(client.status()).contains("101");
            assertThat(client.headers()).noneMatch(header -> header.toLowerCase(Locale.ROOT).startsWith("sec-websocket-extensions"));
        }
    }

    @Test
    void binaryIsNotWhatALineSpeaks() {
        try (BareClient client = hello()) {
            client.frame(0x80 | BareClient.BINARY, new byte[] {1, 2, 3});
            client.text("{\"type\":\"$ping\"}");
            assertThat(client.read().map(received -> received.opcode() == BareClient.CLOSE || received.text().contains("$pong"))).contains(true);
        }
    }

    @Test
    void aTabOfAnotherLineIsNotGivenAway() {
        try (BareClient owner = hello("owned-1"); BareClient thief = hello("thief-1")) {
            thief.text("{\"type\":\"x\",\"from\":\"owned-1\",\"id\":1}");
            assertThat(error(thief)).isEqualTo("forbidden");
            thief.text("{\"type\":\"$tab\",\"from\":\"owned-1\",\"state\":\"open\"}");
            assertThat(error(thief)).isEqualTo("forbidden");
            thief.text("{\"type\":\"$publish\",\"topic\":\"demo.x\",\"from\":\"owned-1\",\"id\":2,\"value\":1}");
            assertThat(error(thief)).isEqualTo("forbidden");
            thief.text("{\"type\":\"$tab\",\"from\":\"owned-1\",\"state\":\"gone\"}");
            owner.text("{\"type\":\"x\",\"from\":\"owned-1\",\"id\":1}");
            assertThat(owner.message()).contains("\"re\":1");
        }
    }

    @Test
    void theInnardsAreClosedToClients() {
        try (BareClient client = hello("in-1")) {
            client.text("{\"type\":\"$join\",\"topic\":\"secret\",\"id\":1}");
            assertThat(error(client)).isEqualTo("forbidden");
            client.text("{\"type\":\"$publish\",\"topic\":\"secret\",\"from\":\"in-1\",\"id\":2,\"value\":1}");
            assertThat(error(client)).isEqualTo("forbidden");
        }
        try (BareClient client = new BareClient(server.line())) {
            client.text("{\"type\":\"$hello\",\"v\":1,\"topics\":{\"@user:ann\":null,\"secret\":null,\"*\":null}}");
            var topics = Golden.parse(client.message()).getJsonObject("topics");
            assertThat(topics.getJsonObject("@user:ann").containsKey("error")).isTrue();
            assertThat(topics.getJsonObject("secret").containsKey("error")).isTrue();
            assertThat(topics.getJsonObject("*").containsKey("at")).isTrue();
        }
    }

    private static BareClient hello() {
        return hello("tab-" + NUMBER.incrementAndGet());
    }

    private static BareClient hello(String tab) {
        BareClient client = new BareClient(server.line());
        client.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"]}");
        assertThat(client.message()).contains("$welcome");
        return client;
    }

    private static String error(BareClient client) {
        String message = client.message();
        assertThat(message).contains("\"error\"");
        return Golden.parse(message).getJsonObject("error").getString("code");
    }
}
