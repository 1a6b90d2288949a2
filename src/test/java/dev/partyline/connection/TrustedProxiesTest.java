package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.line.AddressShare;
import dev.partyline.testing.Growth;
import dev.partyline.testing.RandomCases;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

    private static final String PEER = "10.0.0.1";
    private static final TrustedProxies NONE = TrustedProxies.of(Set.of());
    private static final TrustedProxies PROXIES = TrustedProxies.of(Set.of("10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8"));

    /** @param lines such as {@code Via: 1.1 a}, in their order */
    private static Map<String, List<String>> headers(String... lines) {
        return Arrays.stream(lines).map(line -> line.split(": ?", 2))
            .collect(Collectors.groupingBy(line -> line[0], () -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER), Collectors.mapping(line -> line[1], Collectors.toList())));
    }

    private static TrustedProxies.Route route(String... lines) {
        return PROXIES.route(Optional.of(PEER), headers(lines));
    }

    private static String client(String... lines) {
        return route(lines).client().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Forwarded", "x-forwarded-for", "X-Forwarded-Proto", "X-FORWARDED-HOST", "X-Real-IP", "Via"})
    void clientOfAProxyOnThisMachineIsNotThisMachine(String header) {
        for (TrustedProxies proxies : List.of(NONE, PROXIES)) {
            for (String loopback : List.of("127.0.0.1", "0:0:0:0:0:0:0:1")) {
                for (String value : List.of("", "127.0.0.1", "for=127.0.0.1", "::1", "unknown")) {
                    assertThat(shareOf(proxies.route(Optional.of(loopback), headers("Host: a", header + ": " + value)))).as(value).matches(share -> !AddressShare.isLoopback(share));
                }
                assertThat(shareOf(proxies.route(Optional.of(loopback), headers("Host: a", "Accept: *")))).matches(AddressShare::isLoopback);
            }
        }
    }

    private static String shareOf(TrustedProxies.Route route) {
        return AddressShare.of(route.client().orElseThrow());
    }

    @Test
    void proxyOnThisMachineThatIsNotListedIsNamedWithTheSettingThatListsIt() {
        assertThat(NONE.route(Optional.of("127.0.0.1"), headers("X-Forwarded-For: 203.0.113.7")).client()).contains("a proxy at 127.0.0.1 that partyline.proxies does not list");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7;proto=https;host=app.example.org", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example.org"})
    void whatAnUntrustedPeerSendsDoesNotCount(String header) {
        for (String peer : List.of("192.0.2.1", "11.0.0.1", "127.0.0.2", "2001:db8::1", "a.name")) {
            TrustedProxies.Route route = PROXIES.route(Optional.of(peer), headers(header));
            if (!peer.startsWith("127.")) {
                assertThat(route.client()).contains(peer);
            }
            assertThat(route.secure()).isEmpty();
            assertThat(route.host()).isEmpty();
        }
        assertThat(PROXIES.route(Optional.empty(), headers(header)).client()).isEmpty();
    }

    @Test
    void addressOfAClientThatNoProxyHasPassedOnStaysAsItIs() {
        assertThat(PROXIES.route(Optional.of("10.0.0.7"), headers("Host: a"))).isEqualTo(new TrustedProxies.Route(Optional.of("10.0.0.7"), Optional.empty(), Optional.empty(), false));
        assertThat(PROXIES.route(Optional.of("2001:db8::1"), headers())).isEqualTo(new TrustedProxies.Route(Optional.of("2001:db8::1"), Optional.empty(), Optional.empty(), false));
    }

    /** The client has written what is before the first address that is not trusted, from the end. */
    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 203.0.113.7",
        "'198.51.100.1, 203.0.113.7', 203.0.113.7",
        "'198.51.100.1, 203.0.113.7, 10.0.0.2', 203.0.113.7",
        "'198.51.100.1,203.0.113.7,10.0.0.3,10.0.0.2', 203.0.113.7",
        "'10.0.0.9, 203.0.113.7', 203.0.113.7",
        "'unknown, 203.0.113.7', 203.0.113.7",
        "'\"203.0.113.1, 203.0.113.7', 203.0.113.7",
        "'10.0.0.9, 10.0.0.2', 10.0.0.9",
        "203.0.113.7:51234, 203.0.113.7",
        "2001:db8::7, 2001:db8:0:0:0:0:0:7",
        "[2001:db8::7], 2001:db8:0:0:0:0:0:7",
        "'[2001:db8::7]:443', 2001:db8:0:0:0:0:0:7",
        "'203.0.113.7, fd00::2', 203.0.113.7",
        "::ffff:203.0.113.7, 203.0.113.7",
        "'203.0.113.7, ::ffff:10.0.0.2', 203.0.113.7",
        "'203.0.113.7,, ,', 203.0.113.7",
    })
    void listOfAddressesIsReadFromItsEndAsFarAsTrustedProxiesHaveWrittenIt(String list, String client) {
        assertThat(client("X-Forwarded-For: " + list)).isEqualTo(client);
    }

    @Test
    void linesOfAHeaderAreOneList() {
        assertThat(client("X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.0.0.2")).isEqualTo("203.0.113.7");
        assertThat(client("Forwarded: for=198.51.100.1", "Forwarded: for=203.0.113.7", "Forwarded: for=10.0.0.2")).isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @CsvSource({
        "for=203.0.113.7, 203.0.113.7",
        "For=203.0.113.7;PROTO=http, 203.0.113.7",
        "'for=198.51.100.1, for=203.0.113.7', 203.0.113.7",
        "'for=198.51.100.1,for=203.0.113.7,for=10.0.0.2', 203.0.113.7",
        "'for=\"203.0.113.7:4711\"', 203.0.113.7",
        "'for=\"[2001:db8::7]\"', 2001:db8:0:0:0:0:0:7",
        "'for=\"[2001:db8::7]:4711\"', 2001:db8:0:0:0:0:0:7",
        "'for=\"203.0.113.7:_port\"', 203.0.113.7",
        "'for=\"203.0.\\113.7\"', 203.0.113.7",
        "'by=10.0.0.1;for=203.0.113.7;x=\"a, for=6.6.6.6; \\\" b\"', 203.0.113.7",
        "'for=198.51.100.1;x=\",\", for=203.0.113.7', 203.0.113.7",
        "';for=203.0.113.7;;', 203.0.113.7",
        "',, for=203.0.113.7 ,', 203.0.113.7",
    })
    void headerOfTheStandardIsReadFromItsEndToo(String list, String client) {
        assertThat(client("Forwarded: " + list)).isEqualTo(client);
    }

    /** None of what the client can have written makes another client of it, and nothing throws. */
    @ParameterizedTest
    @ValueSource(strings = {"for=unknown", "for=_hidden", "for=", "for", "=203.0.113.7", "for=203.0.113.7 proto=http", "for=203.0.113.7; proto=http", "for =203.0.113.7", "for= 203.0.113.7",
        "for=203.0.113.7:4711", "for=[2001:db8::7]", "for=\"2001:db8::7\"", "for=\"203.0.113.7", "for=\"203.0.113.7\\", "for=\"203.0.113.7\"x", "for=203.0.113.7;for=203.0.113.7",
        "for=203.0.113.7;For=203.0.113.8", "for=203.0.113.7;proto=http;proto=https", "for=203.0.113.256", "for=203.0.113", "for=1234567", "for=0x7f.1", "for=203.0.113.07", "for=localhost",
        "for=a.example", "for=\"\"", "for=\"203.0.113.7\u0001\"", "for=\"203.0.113.7:123456\"", "for=\"[fe80::1%eth0]\"", "for=203.0.113.7/x",
        "f\u00f6r=203.0.113.7", ";", "proto=https", "by=203.0.113.7",
        "for=203.0.113.7\u00e4", "\"", "\\", "for=\"[:::]\"", "for=\"[.:]\"", "for=203.0.113.7,\"", "for=6.6.6.6;x=\", for=203.0.113.7", "for=6.6.6.6;x=\", for=\"[2001:db8::7]\"",
        "for=6.6.6.6;x=\", for=203.0.113.7;by=\"_proxy\"", ""})
    void malformedHeaderLeavesTheProxy(String header) {
        assertThat(client("Forwarded: " + header)).isEqualTo("a proxy at 10.0.0.1 that does not name its client");
    }

    @Test
    void malformedLineOfTheClientDoesNotSpoilThatOfTheProxy() {
        assertThat(client("Forwarded: for=\"6.6.6.6", "Forwarded: for=203.0.113.7")).isEqualTo("203.0.113.7");
        assertThat(client("Forwarded: for=\"6.6.6.6", "Forwarded: for=203.0.113.7", "Forwarded: for=10.0.0.2")).isEqualTo("203.0.113.7");
        assertThat(client("Forwarded: for=6.6.6.6", "Forwarded: for=\"", "Forwarded: for=10.0.0.2")).isEqualTo("a proxy at 10.0.0.2 that does not name its client");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown", "203.0.113.256", "203.0.113", "1234567", "a.example", "localhost", "203.0.113.7 203.0.113.8", "203.0.113.7;", "[203.0.113.7]", "203.0.113.7:", "203.0.113.7:x y",
        "[2001:db8::7", "2001:db8::7]", "fe80::1%eth0", ":::", ".:", "::1.2.3.4.5", "1:2:3:4:5:6:7:8:9", "\"203.0.113.7\"", "-", "_hidden", "203.0.113.7\u0000"})
    void entryThatIsNoAddressLeavesTheProxy(String entry) {
        assertThat(client("X-Forwarded-For: 198.51.100.1, " + entry)).isEqualTo("a proxy at 10.0.0.1 that does not name its client");
        assertThat(client("X-Forwarded-For: 198.51.100.1, " + entry + ", 10.0.0.2")).isEqualTo("a proxy at 10.0.0.2 that does not name its client");
    }

    /** A proxy that writes one kind of header passes on the other as the client has sent it. */
    @Test
    void whereTheTwoKindsOfHeaderNameDifferentClientsNeitherCounts() {
        String contradiction = "a proxy at 10.0.0.1 whose Forwarded and X-Forwarded-For name different clients";
        assertThat(client("Forwarded: for=6.6.6.6", "X-Forwarded-For: 203.0.113.7")).isEqualTo(contradiction);
        assertThat(client("Forwarded: for=203.0.113.7", "X-Forwarded-For: 6.6.6.6")).isEqualTo(contradiction);
        assertThat(client("Forwarded: for=unknown", "X-Forwarded-For: 6.6.6.6")).isEqualTo(contradiction);
        assertThat(client("Forwarded: for=6.6.6.6;", "X-Forwarded-For: unknown")).isEqualTo(contradiction);
        assertThat(client("Forwarded: \"", "X-Forwarded-For: 6.6.6.6")).isEqualTo(contradiction);
        assertThat(client("Forwarded: for=\"[2001:db8::7]:1\"", "X-Forwarded-For: 2001:db8:0::7")).as("the same client").isEqualTo("2001:db8:0:0:0:0:0:7");
        assertThat(client("Forwarded: proto=https", "X-Forwarded-For: 203.0.113.7")).as("one names none").isEqualTo("203.0.113.7");
        assertThat(client("Forwarded: for=203.0.113.7", "X-Forwarded-Proto: https")).isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @CsvSource({"https, true", "HTTPS, true", "wss, true", "http, false", "ws, false", "ftp,", "'',", "'\"https\"',", "'http, https', true", "'https, http', false"})
    void schemeIsThatOfTheLastEntryOrNone(String scheme, Boolean secure) {
        assertThat(route("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: " + scheme).secure()).isEqualTo(Optional.ofNullable(secure));
        assertThat(route("X-Forwarded-Proto: " + scheme).secure()).isEqualTo(Optional.ofNullable(secure));
    }

    @Test
    void hostIsThatOfTheLastEntryOrNone() {
        assertThat(route("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: App.example.org:8443").host()).isEqualTo(Authority.parse("app.example.org:8443"));
        assertThat(route("X-Forwarded-Host: evil.example, app.example.org").host()).isEqualTo(Authority.parse("app.example.org"));
        assertThat(route("X-Forwarded-Host: app.example.org/x").host()).isEmpty();
        assertThat(route("Forwarded: for=203.0.113.7;host=\"app.example.org:8443\";proto=https"))
            .isEqualTo(new TrustedProxies.Route(Optional.of("203.0.113.7"), Optional.of(true), Authority.parse("app.example.org:8443"), true));
        assertThat(route("Forwarded: for=203.0.113.7;host=\"app.example.org, evil\"").host()).isEmpty();
    }

    /** Of several trusted proxies, the one that is nearest to the client. */
    @Test
    void schemeAndHostAreThoseWithWhichTheClientCame() {
        assertThat(route("X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: http, https, http", "X-Forwarded-Host: evil.example, app.example.org, inside"))
            .isEqualTo(new TrustedProxies.Route(Optional.of("203.0.113.7"), Optional.of(true), Authority.parse("app.example.org"), true));
        assertThat(route("Forwarded: for=6.6.6.6;host=evil.example;proto=http, for=203.0.113.7;proto=https;host=app.example.org, for=10.0.0.2;host=inside;proto=http"))
            .isEqualTo(new TrustedProxies.Route(Optional.of("203.0.113.7"), Optional.of(true), Authority.parse("app.example.org"), true));
        assertThat(route("Forwarded: for=6.6.6.6;host=evil.example;proto=http, for=203.0.113.7, for=10.0.0.2;host=inside;proto=https"))
            .isEqualTo(new TrustedProxies.Route(Optional.of("203.0.113.7"), Optional.of(true), Authority.parse("inside"), true));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.255.255, 11.0.0.0", "192.0.2.7, 192.0.2.7, 192.0.2.8", "192.0.2.7/31, 192.0.2.6, 192.0.2.8", "0.0.0.0/0, 255.1.2.3, ::", "::/0, 2001:db8::1, 10.0.0.1",
        "2001:db8::/33, 2001:db8:7fff::1, 2001:db8:8000::1", "::1, 0:0:0:0:0:0:0:1, ::2", "fe80::/10, fe80::1%eth0, fec0::1", "10.0.0.1, ::ffff:10.0.0.1, ::10.0.0.1", "::1, [::1], [::2]",
    })
    void networkHasTheAddressesOfItsPrefix(String network, String inside, String outside) {
        TrustedProxies proxies = TrustedProxies.of(Set.of(network));

        assertThat(proxies.route(Optional.of(inside), headers("X-Forwarded-For: 203.0.113.7")).client()).contains("203.0.113.7");
        assertThat(proxies.route(Optional.of(outside), headers("X-Forwarded-For: 203.0.113.7")).client()).isPresent().isNotEqualTo(Optional.of("203.0.113.7"));
    }

    /** Whatever the client begins a header with, what the proxy appends names the client, or the header counts for nothing. */
    @Test
    void noBeginningOfAHeaderMakesAnotherClientOfIt() {
        String unknown = "a proxy at 10.0.0.1 that does not name its client";
        RandomCases.everyOneOf(20_000, random -> RandomCases.upTo(12, random, TrustedProxiesTest::piece), pieces -> {
            String begun = String.join("", pieces);
            for (String appended : List.of("for=203.0.113.7", "for=\"203.0.113.7:4711\";by=\"_proxy\"", "proto=https;for=203.0.113.7;host=\"a:1\"")) {
                assertThat(client("Forwarded: " + begun + ", " + appended)).isIn("203.0.113.7", unknown);
                assertThat(client("Forwarded: " + begun, "Forwarded: " + appended)).isEqualTo("203.0.113.7");
            }
            assertThat(client("X-Forwarded-For: " + begun + ", 203.0.113.7")).isEqualTo("203.0.113.7");
            assertThat(client("X-Forwarded-For: 203.0.113.7", "Forwarded: " + begun)).isNotEqualTo("6.6.6.6");
        });
    }

    private static String piece(Random random) {
        return RandomCases.oneOf(random, "for=", "6.6.6.6", "\"", "\\", ",", ";", "=", "[2001:db8::6]", " ", "\t", "x", "10.0.0.2", "proto=http", "host=evil.example", "by=",
            "\u0000", "\u00e9", ":80", "_a");
    }

    @Test
    void longHeadersAreReadInProportionalTime() {
        for (String line : List.of("for=203.0.113.7,", "for=\"", "\\\\\"", ";", ",", "a=\"\\\"", "x=y;")) {
            Growth.assertProportional(1000, size -> {
                Map<String, List<String>> headers = headers("Forwarded: a=" + line.repeat(size), "X-Forwarded-For: " + line.repeat(size));
                return () -> PROXIES.route(Optional.of(PEER), headers);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.*", "::/129", "[::1]", "fe80::1%eth0", "localhost", "proxy.example",
        "10.0.0.1:80", "::ffff:10.0.0.0/104", "10.0.0.1-10.0.0.9", "private"})
    void whatIsNoNetworkIsRefused(String text) {
        assertThat(TrustedProxies.isNetwork(text)).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> TrustedProxies.of(Set.of(text))).withMessage(text + " is not an IP address or network");
    }
}
