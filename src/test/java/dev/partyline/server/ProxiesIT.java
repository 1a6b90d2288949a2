package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Behind a proxy. The proxy is the test itself: it connects from this machine, with the headers that a proxy sends. */
@Timeout(120)
class ProxiesIT {

    private static final String PROXIES = "partyline.proxies";
    private static final String TRUSTED = "127.0.0.1, ::1, 10.0.0.0/8";
    /** The test is not among them. */
    private static final String OTHERS = "192.0.2.0/24";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final int TOO_MANY_LINES = 4504;
    private static final int OVERLOADED = 4006;
    private static final int FORBIDDEN = 4502;
    private static final int UNAUTHORIZED = 401;
    private static final int TOO_MANY_REQUESTS = 429;

    /** How proxies write who the client is. */
    private enum Style {
        X_FORWARDED {
            @Override
            List<String> headers(String scheme, String host, String... addresses) {
                return List.of("X-Forwarded-For: " + String.join(", ", addresses), "X-Forwarded-Proto: " + scheme, "X-Forwarded-Host: " + host);
            }
        },
        FORWARDED {
            @Override
            List<String> headers(String scheme, String host, String... addresses) {
                List<String> elements = new ArrayList<>(Stream.of(addresses).map(address -> "for=\"" + (address.contains(":") ? "[" + address + "]:4711" : address) + "\"").toList());
                elements.set(elements.size() - 1, elements.get(elements.size() - 1) + ";proto=" + scheme + ";host=\"" + host + "\"");
                return List.of("Forwarded: " + String.join(", ", elements));
            }
        };

        /** @param addresses the last one is that of the client, those before it are what the client has sent */
        abstract List<String> headers(String scheme, String host, String... addresses);

        String[] of(String... addresses) {
            return headers("http", "127.0.0.1", addresses).toArray(String[]::new);
        }
    }

    private static RawClient connect(PartylineServer server, String... headers) {
        return new RawClient(server.port(), headers).send("{\"type\":\"$hello\",\"v\":1}");
    }

    private static void assertServed(RawClient client) {
        assertThat(client.readText()).contains("\"$welcome\"");
    }

    private static String[] with(String header, List<String> headers) {
        return Stream.concat(Stream.of(header), headers.stream()).toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource
    void limitsCountEachClientOfATrustedProxyByItself(Style style) {
        List<RawClient> clients = new ArrayList<>();
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED, "partyline.lines.per.address", "1", "partyline.sockets.per.address", "2")); LogCapture log = new LogCapture()) {
            for (String address : List.of("203.0.113.1", "203.0.113.2", "203.0.113.3", "2001:db8:0:1::7", "2001:db8:0:2::7")) {
                RawClient client = connect(server, style.of(address));
                clients.add(client);
                assertServed(client);
            }
            // One after the other: the log names the first.
            for (String address : List.of("203.0.113.2", "2001:db8:0:1::8")) {
                try (RawClient second = connect(server, style.of(address))) {
                    assertThat(second.closeCode()).as(address).isEqualTo(TOO_MANY_LINES);
                }
            }
            await().untilAsserted(() -> assertThat(logged(log)).contains("limit reached: partyline.lines.per.address, by 203.0.113.2; 1 times since the last message about it"));
            assertThat(logged(log)).doesNotContain("a proxy at");
            RawClient waiting = new RawClient(server.port(), style.of("203.0.113.1"));
            clients.add(waiting);
            try (RawClient third = new RawClient(server.port(), style.of("203.0.113.1"))) {
                assertThat(third.closeCode()).isEqualTo(OVERLOADED);
            }
            await().untilAsserted(() -> assertThat(logged(log)).contains("limit reached: partyline.sockets.per.address, by 203.0.113.1; 1 times"));
        } finally {
            clients.forEach(RawClient::close);
        }
    }

    /** The proxy appends the client's address to what the client has sent. */
    @ParameterizedTest
    @EnumSource
    void clientOfATrustedProxyCannotNameAnotherAddress(Style style) {
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED, "partyline.lines.per.address", "1")); RawClient first = connect(server, style.of("203.0.113.1"))) {
            assertServed(first);
            for (String sent : List.of("198.51.100.1", "10.0.0.7", "127.0.0.1", "unknown", "203.0.113.9, 10.0.0.7")) {
                try (RawClient again = connect(server, style.of(sent, "203.0.113.1"))) {
                    assertThat(again.closeCode()).as(sent).isEqualTo(TOO_MANY_LINES);
                }
            }
            try (RawClient victim = connect(server, style.of("198.51.100.1"))) {
                assertServed(victim);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void headersOfAPeerThatIsNotTrustedChangeNothing(Style style) {
        for (String others : List.of(OTHERS, "")) {
            try (PartylineServer server = new PartylineServer(Map.of(PROXIES, others, "partyline.lines.per.address", "1")); LogCapture log = new LogCapture();
                 RawClient first = connect(server, style.of("203.0.113.1"))) {
                assertServed(first);
                try (RawClient second = connect(server, style.of("203.0.113.2"))) {
                    assertThat(second.closeCode()).isEqualTo(TOO_MANY_LINES);
                }
                await().untilAsserted(() -> assertThat(logged(log)).contains("limit reached: partyline.lines.per.address, by a proxy at 127.0.0.1 that partyline.proxies does not list; 1 times"));
                try (RawClient page = connect(server, with("Origin: https://app.example.org", style.headers("https", "app.example.org", "203.0.113.3")))) {
                    assertThat(page.closeCode()).as("its host and its scheme").isEqualTo(FORBIDDEN);
                }
            }
        }
    }

    /** The proxy speaks https to the browser, and http to the server, which it knows under another name. */
    @ParameterizedTest
    @EnumSource
    void pagesOfTheHostThatATrustedProxyServesConnectAndOthersDoNot(Style style) {
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED))) {
            for (String scheme : List.of("https", "wss")) {
                try (RawClient page = connect(server, with("Origin: https://app.example.org", style.headers(scheme, "app.example.org", "203.0.113.1")));
                     RawClient withPort = connect(server, with("Origin: https://app.example.org:8443", style.headers(scheme, "app.example.org:8443", "203.0.113.1")))) {
                    assertServed(page);
                    assertServed(withPort);
                }
            }
            for (String origin : List.of("http://app.example.org", "https://evil.example", "https://app.example.org:8443", "null")) {
                try (RawClient page = connect(server, with("Origin: " + origin, style.headers("https", "app.example.org", "203.0.113.1")))) {
                    assertThat(page.closeCode()).as(origin).isEqualTo(FORBIDDEN);
                }
            }
        }
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED, "partyline.hosts", "app.example.org"));
             RawClient listed = connect(server, with("Origin: https://app.example.org", style.headers("https", "app.example.org", "203.0.113.1")));
             RawClient other = connect(server, with("Origin: https://other.example.org", style.headers("https", "other.example.org", "203.0.113.1")))) {
            assertServed(listed);
            assertThat(other.closeCode()).isEqualTo(FORBIDDEN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void guessesOfTheKeyCountForTheClientAndNoClientOfAProxyIsThisMachine(Style style) {
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED, "partyline.api.key", "sesame", "partyline.api.key.guesses", "2")); LogCapture log = new LogCapture()) {
            List<Integer> guesses = IntStream.range(0, 3).mapToObj(i -> status(server, "/partyline/api/lines", style.headers("http", "127.0.0.1", "203.0.113.1"), "open" + i)).toList();
            assertThat(guesses).containsExactly(UNAUTHORIZED, UNAUTHORIZED, TOO_MANY_REQUESTS);
            assertThat(status(server, "/partyline/api/lines", style.headers("http", "127.0.0.1", "203.0.113.2"), "sesame")).isEqualTo(200);
            assertThat(logged(log)).contains("wrong API key from 203.0.113.1;").doesNotContain("open0");
        }
        try (PartylineServer server = new PartylineServer(Map.of(PROXIES, TRUSTED))) {
            for (String address : List.of("127.0.0.1", "::1", "203.0.113.1")) {
                assertThat(status(server, "/partyline/metrics", style.headers("http", "127.0.0.1", address), "")).as(address).isEqualTo(403);
            }
            assertThat(status(server, "/partyline/metrics", List.of(), "")).as("without a proxy").isEqualTo(200);
        }
    }

    private static String logged(LogCapture log) {
        return String.join("\n", log.messages(Level.INFO));
    }

    private static int status(PartylineServer server, String path, List<String> headers, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        headers.forEach(header -> request.header(header.split(": ", 2)[0], header.split(": ", 2)[1]));
        return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding()).join().statusCode();
    }
}
