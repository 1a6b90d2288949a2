package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of other origins knock. */
@Timeout(60)
class OriginIT {

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.origins", "https://app.example.com, http://listed.example.com:8081"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static boolean isServed(RawClient client) {
        client.send("{\"data\":{\"from\":\"t\",\"data\":1}}");
        return client.readText().contains("Hello tab id: t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "null", "https://app.example.com.evil", "https://evil.app.example.com", "http://app.example.com",
        "https://app.example.com:444", "http://127.0.0.1:1", "https://127.0.0.1:PORT", "http://127.0.0.1:PORT@evil.example", "http://127.0.0.1.evil:PORT",
        "http://localhost:PORT", "127.0.0.1:PORT", "http://", "http://127.0.0.1:99999999999", "%00", "http://listed.example.com", "file://", "https://APP.example.com.",
        "http://127.0.0.1:PORT, https://app.example.com"})
    void pageOfAnotherOriginIsRefusedWithoutAWordBeingHeard(String origin) {
        try (RawClient page = new RawClient(server.port(), "Origin: " + origin.replace("PORT", "" + server.port())); LogCapture log = new LogCapture()) {
            page.send("{\"data\":{\"from\":\"t\",\"data\":1}}");

            assertThat(page.response()).startsWith("HTTP/1.1 101");
            assertThat(page.read().filter(frame -> frame.opcode() == RawClient.TEXT)).isEmpty();
            assertThat(log.messages(Level.SEVERE)).isEmpty();
        }
    }

    @Test
    void refusedPageIsToldByAClose() {
        try (RawClient page = new RawClient(server.port(), "Origin: https://evil.example")) {
            assertThat(page.closeCode()).isEqualTo(4502);
        }
    }

    @Test
    void ownAndListedOriginsAndClientsThatAreNoBrowserAreServed() {
        try (RawClient own = new RawClient(server.port()); RawClient listed = new RawClient(server.port(), "Origin: https://app.example.com");
             RawClient other = new RawClient(server.port(), "Origin: http://listed.example.com:8081"); RawClient none = new RawClient(server.port(), new String[0])) {
            assertThat(isServed(own)).isTrue();
            assertThat(isServed(listed)).isTrue();
            assertThat(isServed(other)).isTrue();
            assertThat(isServed(none)).isTrue();
        }
    }

    @Test
    void refusedOriginIsLoggedOnOneLineOfPlainAscii() {
        try (LogCapture log = new LogCapture();
             RawClient page = new RawClient(server.port(), "Origin: https://evil.example/\u0085INFO forged \u009b31m\u00ff " + "x".repeat(500))) {
            assertThat(page.closeCode()).isEqualTo(4502);

            assertThat(log.messages(Level.WARNING)).hasSize(1).allSatisfy(line ->
                assertThat(line).contains("https://evil.example/").matches("[\\x20-\\x7e]*").hasSizeLessThan(400));
        }
    }

    @Test
    void anyOriginIsServedWhereTheSettingSaysSo() {
        try (PartylineServer open = new PartylineServer(Map.of("partyline.origins", "*")); RawClient page = new RawClient(open.port(), "Origin: https://evil.example")) {
            assertThat(isServed(page)).isTrue();
        }
    }

    @Test
    void compressionIsNotNegotiated() {
        try (RawClient client = new RawClient(server.port(), "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
            assertThat(client.response()).startsWith("HTTP/1.1 101").doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
        }
    }
}
