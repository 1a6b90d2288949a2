package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages may connect. */
@Timeout(60)
class OriginIT {

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.origins", "https://app.example.com, https://other.example.com:8443"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "null", "", "https://app.example.com.evil.example", "https://sub.app.example.com", "http://app.example.com", "https://app.example.com:444",
        "https://other.example.com", "file://", "https://127.0.0.1", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost", "https://app.example.com/", "\u001b[31m"})
    void aForeignPageIsRefused(String origin) {
        try (BareClient client = new BareClient(server.line(), "Origin: " + origin)) {
            int code = client.status().contains(" 101") ? client.closeCode() : 403;
            assertThat(code).isIn(403, 4502);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://app.example.com", "https://other.example.com:8443"})
    void aPageThatIsListedMayConnect(String origin) {
        assertServed("Origin: " + origin);
    }

    @Test
    void theServersOwnPageMayConnect() {
        assertServed("Origin: http://127.0.0.1:" + server.port());
    }

    @Test
    void aClientThatIsNoBrowserMayConnectWhereNobodyIsLoggedIn() {
        assertServed();
    }

    private static void assertServed(String... headers) {
        try (BareClient client = new BareClient(server.line(), headers)) {
            client.text("{\"type\":\"$hello\",\"v\":1}");
            assertThat(client.message()).contains("$welcome");
        }
    }
}
