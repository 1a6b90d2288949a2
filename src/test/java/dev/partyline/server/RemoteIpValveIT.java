package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Tomcat of one's own that trusts a proxy by the valve that the README shows. */
@Timeout(60)
class RemoteIpValveIT {

    private static final Pattern VALVE = Pattern.compile("<Valve className=\"org\\.apache\\.catalina\\.valves\\.RemoteIpValve\"([^>]*)/>");
    private static final Pattern ATTRIBUTE = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    private static Map<String, String> valveOfTheReadme() throws IOException {
        Matcher valve = VALVE.matcher(Files.readString(Path.of("README.md")));
        assertThat(valve.find()).isTrue();
        Map<String, String> attributes = new TreeMap<>();
        ATTRIBUTE.matcher(valve.group(1)).results().forEach(attribute -> attributes.put(attribute.group(1), attribute.group(2)));
        return attributes;
    }

    private static RawClient connect(PartylineServer server, String client, String scheme, String origin) {
        return RawClient.under("app.example.org", server.port(), "X-Forwarded-For: " + client, "X-Forwarded-Proto: " + scheme, "Origin: " + origin).send("{\"type\":\"$hello\",\"v\":1}");
    }

    @Test
    void limitsCountTheClientAndPagesOfTheProxysHostConnect() throws IOException {
        Map<String, String> settings = Map.of("partyline.lines.per.address", "1");
        try (LogCapture log = new LogCapture(); PartylineServer server = new PartylineServer(settings, valveOfTheReadme());
             RawClient one = connect(server, "203.0.113.1", "https", "https://app.example.org"); RawClient two = connect(server, "203.0.113.2", "http", "http://app.example.org")) {
            assertThat(one.readText()).contains("$welcome");
            assertThat(two.readText()).contains("$welcome");
            // Only now: which of two hellos is read first is up to the threads of Tomcat.
            try (RawClient again = connect(server, "198.51.100.1, 203.0.113.1", "https", "https://app.example.org");
                 RawClient other = connect(server, "203.0.113.3", "https", "https://evil.example")) {
                assertThat(again.closeCode()).isEqualTo(4504);
                assertThat(other.closeCode()).isEqualTo(4502);
            }
            assertThat(log.messages(Level.INFO)).contains("limit reached: partyline.lines.per.address, by 203.0.113.1; 1 times since the last message about it");
        }
    }
}
