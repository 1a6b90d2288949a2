package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import java.util.List;
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
        "http://127.0.0.1:PORT, https://app.example.com", "http://127.0.0.1:PORT/", "http://127.0.0.1:PORT/x", "http://127.0.0.1:PORT#", "http://x@127.0.0.1:PORT",
        "http://127.0.0.1:0PORT", "ws://127.0.0.1:PORT", "https://app.example.com:443", "https://APP.example.com", " "})
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
    void twoOriginsAreNone() {
        String own = "http://127.0.0.1:" + server.port();
        for (String[] pair : new String[][] {{"https://evil.example", own}, {own, "https://evil.example"}, {own, own}}) {
            try (RawClient page = new RawClient(server.port(), "Origin: " + pair[0], "Origin: " + pair[1])) {
                assertThat(page.closeCode()).isEqualTo(4502);
            }
        }
    }

    /** DNS rebinding: a page of a foreign name that points here. Host and origin agree. */
    @Test
    void pageUnderANameThatMayBeAnotherSitesIsRefused() {
        try (LogCapture log = new LogCapture()) {
            for (String host : List.of("evil.example:" + server.port(), "evil.example", "127.0.0.1.evil.example:" + server.port(), "localhost.evil.example")) {
                try (RawClient page = RawClient.under(host, server.port(), "Origin: http://" + host)) {
                    assertThat(page.closeCode()).as(host).isEqualTo(4502);
                }
            }
            assertThat(log.messages(Level.WARNING).stream().filter(line -> line.contains("partyline.hosts"))).hasSize(1);
        }
    }

    @Test
    void pageUnderANameThatNobodyCanRegisterOrFromAProxyIsServed() {
        for (String host : List.of("localhost:" + server.port(), "[::1]:" + server.port(), "partyline:" + server.port(), "partyline.shop.svc.cluster.local", "10.1.2.3:80")) {
            try (RawClient page = RawClient.under(host, server.port(), "Origin: http://" + host)) {
                assertThat(isServed(page)).as(host).isTrue();
            }
        }
        try (RawClient proxied = RawClient.under("app.example.org", server.port(), "Origin: http://app.example.org", "X-Forwarded-For: 203.0.113.7")) {
            assertThat(isServed(proxied)).isTrue();
        }
    }

    @Test
    void pageUnderAListedNameIsServedAndUnderAnotherNotEvenFromAProxy() {
        try (PartylineServer listed = new PartylineServer(Map.of("partyline.hosts", "App.example.org, b.example.org"));
             RawClient page = RawClient.under("app.example.org:80", listed.port(), "Origin: http://app.example.org");
             RawClient local = new RawClient(listed.port());
             RawClient other = RawClient.under("c.example.org", listed.port(), "Origin: http://c.example.org", "X-Forwarded-For: 203.0.113.7")) {
            assertThat(isServed(page)).isTrue();
            assertThat(isServed(local)).isTrue();
            assertThat(other.closeCode()).isEqualTo(4502);
        }
    }

    @Test
    void refusedOriginsAreLoggedOnceAMinute() {
        try (PartylineServer fresh = new PartylineServer(); LogCapture log = new LogCapture()) {
            for (int i = 0; i < 20; i++) {
                try (RawClient page = new RawClient(fresh.port(), "Origin: https://evil-" + i + ".example")) {
                    assertThat(page.closeCode()).isEqualTo(4502);
                }
            }
            assertThat(log.messages(Level.WARNING)).singleElement().asString().contains("https://evil-0.example");
        }
    }

    @Test
    void refusedOriginIsLoggedOnOneLineOfPlainAscii() {
        try (PartylineServer fresh = new PartylineServer(); LogCapture log = new LogCapture();
             RawClient page = new RawClient(fresh.port(), "Origin: https://evil.example/\u0085INFO forged \u009b31m\u00ff " + "x".repeat(500))) {
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
