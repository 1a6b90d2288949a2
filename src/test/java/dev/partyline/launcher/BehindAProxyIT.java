package dev.partyline.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.RawClient;
import java.net.URI;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code java -jar partyline.war} behind a proxy: what of it is not the same in every container. For the rest see ProxiesIT. */
@Timeout(120)
class BehindAProxyIT {

    private static Run run(String... settings) {
        return Run.of(Map.of(), Stream.concat(Stream.of("--host", "127.0.0.1", "--port", "0"), Stream.of(settings)).toArray(String[]::new));
    }

    private static RawClient clientAt(String address, Run run) {
        return new RawClient(run.port(), "X-Forwarded-For: " + address, "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example.org", "Origin: https://app.example.org")
            .send("{\"type\":\"$hello\",\"v\":1}");
    }

    @Test
    void limitsCountEachClientOfATrustedProxyByItselfAndTheLogNamesIt() {
        try (Run run = run("-Dpartyline.proxies=127.0.0.1", "-Dpartyline.lines.per.address=1"); RawClient one = clientAt("203.0.113.1", run);
             RawClient other = clientAt("203.0.113.2", run)) {
            assertThat(one.readText()).contains("\"$welcome\"");
            assertThat(other.readText()).contains("\"$welcome\"");
            try (RawClient second = clientAt("203.0.113.2", run)) {
                assertThat(second.closeCode()).isEqualTo(4504);
            }
            await().untilAsserted(() -> assertThat(run.output()).contains("limit reached: partyline.lines.per.address, by 203.0.113.2; 1 times"));
        }
    }

    @Test
    void whatIsNoNetworkStopsTheStart() {
        try (Run run = run("-Dpartyline.proxies=10.0.0.1, nginx")) {
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.output().strip()).endsWith("partyline.proxies is \"10.0.0.1, nginx\", must be IP addresses or networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas");
        }
    }

    /** The proxy serves {@code /app/partyline/} and asks for {@code /partyline/}. */
    @Test
    void redirectKeepsThePrefixOfAProxy() {
        try (Run run = run()) {
            String response = run.exchange("GET /partyline?a=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            String location = response.lines().filter(line -> line.startsWith("Location: ")).findFirst().orElseThrow().substring("Location: ".length());

            assertThat(URI.create("https://app.example.org/app/partyline").resolve(location)).hasToString("https://app.example.org/app/partyline/?a=1");
            assertThat(run.exchange("GET /x/../partyline HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 302").contains("Location: /partyline/\r\n");
        }
    }
}
