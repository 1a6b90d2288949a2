package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that are no WebSocket frames, or too few or too many of them: the socket ends, nothing leaks, and nobody else notices. */
@Timeout(60)
class ProtocolAbuseIT {

    private static final byte[] HELLO = "{\"data\":{\"from\":\"t\",\"data\":1}}".getBytes(StandardCharsets.UTF_8);

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.plain.after", "100ms", "partyline.keep.alive", "300ms", "partyline.silence", "1500ms",
            "partyline.send.within", "1s"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> abuses() {
        return Stream.of(
            Arguments.of("unmasked", join(RawClient.header(RawClient.FIN | RawClient.TEXT, HELLO.length, false), HELLO)),
            Arguments.of("RSV1, as if compressed", RawClient.frame(0xC1, HELLO)),
            Arguments.of("RSV2", RawClient.frame(0xA1, HELLO)),
            Arguments.of("RSV3", RawClient.frame(0x91, HELLO)),
            Arguments.of("opcode 3", RawClient.frame(0x83, HELLO)),
            Arguments.of("opcode 15", RawClient.frame(0x8f, HELLO)),
            Arguments.of("continuation of nothing", RawClient.frame(0x80, HELLO)),
            Arguments.of("text within an unfinished text", join(RawClient.frame(0x01, HELLO), RawClient.frame(0x81, HELLO))),
            Arguments.of("ping of 126 bytes", RawClient.frame(0x89, new byte[126])),
            Arguments.of("fragmented ping", RawClient.frame(0x09, new byte[1])),
            Arguments.of("length with the top bit set", RawClient.header(0x81, Long.MIN_VALUE + 5, true)),
            Arguments.of("close of one byte", RawClient.frame(0x88, new byte[1])),
            Arguments.of("close with 1005", RawClient.frame(0x88, new byte[] {0x03, (byte) 0xED})),
            Arguments.of("close with 999", RawClient.frame(0x88, new byte[] {0x03, (byte) 0xE7})),
            Arguments.of("invalid UTF-8", RawClient.frame(0x81, new byte[] {'{', (byte) 0xC3, 0x28, '}'})),
            Arguments.of("surrogate in UTF-8", RawClient.frame(0x81, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80})),
            Arguments.of("HTTP request in place of a frame", "GET /partyline/ HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
            Arguments.of("text of 10 MB", RawClient.header(0x81, 10_000_000, true)));
    }

    private static byte[] join(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("abuses")
    void abuseEndsItsSocketAndLeavesNoLine(String name, byte[] bytes) {
        try (LogCapture log = new LogCapture(); RawClient bad = new RawClient(server.port())) {
            bad.send(new String(HELLO, StandardCharsets.UTF_8)).readText();
            bad.write(bytes);

            assertThat(bad.closeCode()).isIn(1002, 1003, 1006, 1007, 1009, 4002);
            try (RawClient good = new RawClient(server.port())) {
                assertThat(good.send(new String(HELLO, StandardCharsets.UTF_8)).readText()).contains("Hello tab id: t");
            }
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
        await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_lines")).isZero());
    }

    @Test
    void fragmentsWithoutEndAreCountedAndCutAtTheLimit() {
        try (RawClient endless = new RawClient(server.port())) {
            byte[] piece = RawClient.frame(0x00, "x".repeat(1000).getBytes(StandardCharsets.UTF_8));
            endless.write(RawClient.frame(0x01, new byte[] {'{'}));
            int written = 0;
            while (written < 2000 && endless.write(piece)) {
                written++;
            }

            assertThat(endless.closeCode()).isIn(1009, RawClient.DROPPED);
            await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_lines")).isZero());
            assertThat(Metrics.of(server).get("partyline_chars_in_total")).as("none of it is a message").isLessThan(65_536);
        }
    }

    @Test
    void bytesThatTrickleAreNoSignOfLifeForEver() {
        try (RawClient slow = new RawClient(server.port())) {
            byte[] frame = RawClient.frame(0x81, ("{\"data\":{\"from\":\"t\",\"data\":\"" + "x".repeat(5000) + "\"}}").getBytes(StandardCharsets.UTF_8));
            int[] written = {0};
            await().until(() -> Metrics.of(server).get("partyline_lines") == 1);
            await().pollInterval(Duration.ofMillis(20)).until(() -> !slow.write(new byte[] {frame[written[0]++]}) || Metrics.of(server).get("partyline_lines") == 0);

            assertThat(slow.closeCode()).isIn(4002, RawClient.DROPPED);
        }
    }

    @Test
    void halfAFrameAndHalfAHandshakeEndWithTheirConnection() {
        try (RawClient half = new RawClient(server.port())) {
            half.write(new byte[] {(byte) 0x81});
        }
        try (RawClient half = new RawClient(server.port())) {
            half.write(RawClient.header(0x81, 1000, true));
            assertThat(half.closeCode()).isIn(4002, RawClient.DROPPED);
        }
        await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_lines")).isZero());
    }
}
