package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The WAR, byte for byte as it was packed, dropped into a container with nothing set but short times. */
@OnEveryContainer
class WarIT {

    private static final int MESSAGE_CHARS = 65_536;
    private static final int TOO_BIG = 1009;
    private static final int FORBIDDEN = 4502;
    /** Longer than a sign of life takes, and in a run of all containers longer than any container keeps what is silent. */
    private static final Duration IDLE = Duration.ofSeconds(Integer.getInteger("idle.seconds", 3));

    @ArquillianResource
    private URL url;
    private WarDeployment deployment;

    @Deployment(testable = false)
    static WebArchive war() {
        return Applications.partyline();
    }

    @BeforeEach
    void look() {
        deployment = WarDeployment.reachable(url);
    }

    @Test
    void postsShapesAreAnswered() {
        try (PlainClient client = new PlainClient(deployment.line("line"))) {
            client.send("{\"data\":{\"from\":\"tab-1\",\"data\":\"Initial message\"}}");

            assertThat(client.next()).isEqualTo(Golden.parse("{\"from\":\"tab-1\",\"data\":\"Initial message\",\"messageFromServer\":\"Hello tab id: tab-1\"}"));
        }
    }

    @Test
    void lineThatDroppedIsResumedAndHearsWhatItMissed() {
        JsonObject welcome;
        try (PlainClient first = new PlainClient(deployment.line("line"))) {
            welcome = first.send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"tab-r\"],\"topics\":{\"demo.resume\":null}}").next("$welcome");
            first.drop();
        }
        try (PlainClient other = PlainClient.welcomed(deployment.line("line"))) {
            other.send("{\"type\":\"$publish\",\"topic\":\"demo.resume\",\"from\":\"" + other.tab() + "\",\"value\":\"missed\",\"id\":1}").next(frame -> frame.containsKey("re"));
        }
        try (PlainClient again = new PlainClient(deployment.line("line"))) {
            String at = welcome.getJsonObject("topics").getJsonObject("demo.resume").getJsonArray("at").toString();
            again.send("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key")
                + "\",\"inbox\":0,\"tabs\":[\"tab-r\"],\"topics\":{\"demo.resume\":" + at + "}}");

            assertThat(again.next("$welcome").getBoolean("resumed")).isTrue();
            assertThat(again.next(frame -> frame.getString("topic", "").equals("demo.resume")).getString("value")).isEqualTo("missed");
        }
    }

    /** It is sent while the container opens the session. */
    @Test
    void lineThatTheAddressAsksForIsWelcomeWithoutAHello() {
        try (PlainClient client = new PlainClient(deployment.line("line?partyline-hello=1"))) {
            assertThat(client.next("$welcome").getBoolean("resumed")).isFalse();
            client.send("{\"type\":\"$tab\",\"from\":\"tab-u\",\"state\":\"open\"}").send("{\"type\":\"greeting\",\"from\":\"tab-u\",\"id\":1}");

            assertThat(client.next(frame -> frame.containsKey("re")).getJsonObject("value").getString("messageFromServer")).isEqualTo("Hello tab id: tab-u");
        }
    }

    /** Containers drop them where nobody takes them. */
    @Test
    void binaryMessageIsAFaultAndTheNextTextIsAnswered() {
        for (PlainClient client : List.of(new PlainClient(deployment.line("line")), PlainClient.welcomed(deployment.line("line")))) {
            try (client) {
                String hello = "{\"data\":{\"from\":\"" + client.tab() + "\"}}";

                client.sendBinary(hello).sendBinary("x".repeat(MESSAGE_CHARS)).send(hello);

                for (int i = 0; i < 2; i++) {
                    assertThat(client.next(frame -> frame.containsKey("error")).getJsonObject("error").getString("code")).isEqualTo("bad_frame");
                }
                assertThat(client.next(frame -> frame.containsKey("messageFromServer")).getString("from")).isEqualTo(client.tab());
            }
        }
    }

    @Test
    void longestMessageAllowedIsAnswered() {
        try (PlainClient client = new PlainClient(deployment.line("line"))) {
            String frame = "{\"data\":{\"from\":\"tab-1\",\"data\":\"\"}}";

            client.send(frame.replace("\"\"", "\"" + "x".repeat(MESSAGE_CHARS - frame.length()) + "\""));

            assertThat(client.next().getString("messageFromServer")).isEqualTo("Hello tab id: tab-1");
        }
    }

    @Test
    void messageOneCharacterTooLongClosesWith1009() {
        try (PlainClient client = new PlainClient(deployment.line("line"))) {
            String frame = "{\"data\":{\"from\":\"tab-1\",\"data\":\"\"}}";

            client.send(frame.replace("\"\"", "\"" + "x".repeat(MESSAGE_CHARS + 1 - frame.length()) + "\""));

            assertThat(client.closeCode()).isEqualTo(TOO_BIG);
        }
    }

    @Test
    void hugeMessageIsRefusedAndOthersDoNotNotice() {
        try (PlainClient other = new PlainClient(deployment.line("line")); PlainClient client = new PlainClient(deployment.line("line"))) {
            client.trySend("x".repeat(10 * 1024 * 1024));

            // A client that still writes while the server closes may see no more than a broken pipe.
            assertThat(client.closeCode()).isIn(TOO_BIG, PlainClient.DROPPED);
            assertIsServed(other);
        }
    }

    @Test
    void idleSocketsAreKeptOpenBySignsOfLife() {
        try (PlainClient line = PlainClient.welcomed(deployment.line("line")); PlainClient plain = new PlainClient(deployment.line("line"))) {
            assertIsServed(plain);
            int before = plain.pings();
            long until = System.nanoTime() + IDLE.toNanos();
            await("time to pass in silence").atMost(IDLE.plusSeconds(30)).until(() -> {
                line.next("$ping");
                line.send("{\"type\":\"$pong\"}");
                return System.nanoTime() > until;
            });

            line.send("{\"type\":\"$ping\"}").next("$pong");
            assertThat(line.isOpen()).isTrue();
            assertThat(plain.pings()).isGreaterThan(before);
            assertIsServed(plain);
        }
    }

    @Test
    void pagesOfOtherOriginsAreRefused() {
        String port = deployment.origin().substring(deployment.origin().indexOf(':'));
        List<String> others = List.of("http://evil.example", "null", "http://localhost.evil.example" + port, "http://evil.localhost" + port, "http://localhost:1",
            "https://localhost" + port, "http://localhost" + port + ".evil.example", "http://localhost" + port + "@evil.example");
        // At the same time, since on Payara each takes a second.
        Map<String, PlainClient> clients = new LinkedHashMap<>();
        try {
            others.forEach(origin -> clients.put(origin, new PlainClient(deployment.line("line"), "Origin", origin)));
            clients.forEach((origin, client) -> assertThat(client.closeCode()).as(origin).isEqualTo(FORBIDDEN));
        } finally {
            clients.values().forEach(PlainClient::close);
        }
    }

    /** The test connects from this machine, whose proxies are trusted, and knows the server under another name than the browser. */
    @Test
    void pagesOfTheHostThatATrustedProxyServesAreWelcome() {
        List<String[]> trusted = List.of(new String[] {"X-Forwarded-For", "198.51.100.1, 203.0.113.1:4711", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "app.example.org"},
            new String[] {"Forwarded", "for=198.51.100.1, for=\"[2001:db8::1]:4711\";proto=https;host=app.example.org"});
        for (String[] headers : trusted) {
            try (PlainClient page = new PlainClient(deployment.line("line"), with("https://app.example.org", headers)); PlainClient other = new PlainClient(deployment.line("line"),
                with("https://evil.example", headers)); PlainClient inside = new PlainClient(deployment.line("line"), with("http://" + deployment.origin(), headers))) {
                assertIsServed(page);
                assertThat(other.closeCode()).isEqualTo(FORBIDDEN);
                assertThat(inside.closeCode()).isEqualTo(FORBIDDEN);
            }
        }
    }

    private static String[] with(String origin, String[] headers) {
        return Stream.concat(Stream.of("Origin", origin), Stream.of(headers)).toArray(String[]::new);
    }

    /** They are closed as soon as they are open, for which one container once made others pay. */
    @Test
    void manyThatAreRefusedDisturbNobody() {
        List<PlainClient> refused = new ArrayList<>();
        List<PlainClient> welcome = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                refused.add(new PlainClient(deployment.line("line"), "Origin", "http://evil.example"));
                welcome.add(new PlainClient(deployment.line("line")));
                assertIsServed(welcome.get(i));
            }

            refused.forEach(client -> assertThat(client.closeCode()).isEqualTo(FORBIDDEN));
            welcome.forEach(WarIT::assertIsServed);
        } finally {
            refused.forEach(PlainClient::close);
            welcome.forEach(PlainClient::close);
        }
    }

    @Test
    void ownPagesAndProgramsWithoutOriginAreWelcome() {
        try (PlainClient page = new PlainClient(deployment.line("line"), "Origin", "http://" + deployment.origin()); PlainClient program = new PlainClient(deployment.line("line"))) {
            assertIsServed(page);
            assertIsServed(program);
        }
    }

    private static void assertIsServed(PlainClient client) {
        client.send("{\"data\":{\"from\":\"tab-1\",\"data\":1}}");
        assertThat(client.next(frame -> frame.containsKey("messageFromServer")).getString("messageFromServer")).isEqualTo("Hello tab id: tab-1");
    }

    @Test
    void filesHaveTypesThatBrowsersTake() {
        Map<String, String> types = Map.of("", "text/html", "index.html", "text/html", "main.js", "(text|application)/javascript", "worker.js", "(text|application)/javascript",
            "partyline/worker/hub.js", "(text|application)/javascript", "demo/demo.css", "text/css", "demo/icon.svg", "image/svg\\+xml", "api/openapi.json", "application/json",
            "main.d.ts", "text/plain");
        types.forEach((file, type) -> {
            HttpResponse<String> answer = deployment.get(file);
            assertThat(answer.statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
            assertThat(answer.headers().firstValue("Content-Type").orElse("none").replaceFirst(";.*", "")).as(file).matches(type);
        });
    }

    @Test
    void browsersAskBeforeTheyUseOldFiles() {
        for (String file : List.of("", "index.html", "main.js", "worker.js", "main.d.ts", "partyline/worker/hub.js", "demo/demo.css")) {
            HttpResponse<String> answer = deployment.get(file);
            assertThat(answer.headers().allValues("Cache-Control")).as("%s, which as main.js is page and worker", file)
                .containsExactly(file.equals("main.js") ? "max-age=3600, s-maxage=0, stale-while-revalidate=86400" : "no-cache");

            String tag = answer.headers().firstValue("ETag").orElse("none");
            assertThat(tag).as("%s is known by its content, of which that length is the last part", file)
                .endsWith("-" + Integer.toHexString(answer.body().getBytes(StandardCharsets.UTF_8).length) + "\"").doesNotStartWith("W/");
            assertThat(deployment.get(file, "If-None-Match", tag).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_NOT_MODIFIED);
            assertThat(deployment.get(file, "If-None-Match", "\"another\", W/" + tag).statusCode()).as("%s, compressed by a proxy", file).isEqualTo(HttpURLConnection.HTTP_NOT_MODIFIED);
            assertThat(deployment.get(file, "If-None-Match", "\"another\"").statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
    }

    @Test
    void workerAndModulesAreKeptForEverUnderAnAddressOfTheirVersion() {
        Map<String, String> plain = Map.of("worker.js", "worker.js", "direct.js", "partyline/direct.js", "worker/hub.js", "partyline/worker/hub.js");
        plain.forEach((versioned, file) -> {
            HttpResponse<String> module = deployment.get(versionedFolder() + versioned);

            assertThat(module.headers().firstValue("Cache-Control").orElse("none")).as(file).contains("immutable");
            assertThat(module.headers().firstValue("Content-Type").orElse("none")).as(file).contains("javascript");
            assertThat(module.body()).as(file).isEqualTo(deployment.get(file).body());
        });
    }

    /** The version is in {@code main.js}, in the name of the worker. */
    private String versionedFolder() {
        return deployment.get("main.js").body().replaceAll("(?s).*\"([0-9a-f]{16})\".*", "partyline-$1/");
    }

    @Test
    void scriptsAreCompressedForThoseThatTakeIt() throws IOException {
        String version = versionedFolder();
        for (String file : List.of("main.js", "worker.js", version + "worker.js", version + "direct.js")) {
            HttpResponse<String> plain = deployment.get(file);
            HttpResponse<byte[]> compressed = deployment.getCompressed(file);

            assertThat(plain.headers().firstValue("Content-Encoding")).as(file).isEmpty();
            assertThat(compressed.headers().allValues("Content-Encoding")).as(file).containsExactly("gzip");
            assertThat(List.of(plain, compressed)).as(file)
                .allSatisfy(answer -> assertThat(String.join(",", answer.headers().allValues("Vary"))).containsIgnoringCase("Accept-Encoding"));
            assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed.body()))).as(file).hasContent(plain.body());
            assertThat(compressed.headers().firstValue("ETag")).as("%s: two codings, two tags", file)
                .satisfiesAnyOf(tag -> assertThat(tag).isEmpty(), tag -> assertThat(tag).isNotEqualTo(plain.headers().firstValue("ETag")));
        }
        String tag = deployment.getCompressed("main.js").headers().firstValue("ETag").orElseThrow();
        assertThat(deployment.getCompressed("main.js", "If-None-Match", tag).statusCode()).isEqualTo(HttpURLConnection.HTTP_NOT_MODIFIED);
        assertThat(deployment.get("main.js", "If-None-Match", tag).statusCode()).as("of the other coding").isEqualTo(HttpURLConnection.HTTP_OK);
    }

    /** In the developer tools the modules are seen, not the bundles. */
    @Test
    void scriptsHaveSourceMaps() {
        String version = versionedFolder();
        for (String file : List.of("main.js", "worker.js", version + "worker.js", version + "direct.js")) {
            String map = deployment.get(file).body().replaceAll("(?s).*//# sourceMappingURL=(\\S+)\\s*", "$1");
            HttpResponse<String> served = deployment.get(file.replaceFirst("[^/]+$", map));
            assertThat(served.statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
            assertThat(served.body()).as(file).contains("\"sources\"", "partyline/shared/frames.js", "\"sourcesContent\"");
        }
        assertThat(deployment.get("main.js").body()).as("the columns of its map are those of the bundle, whatever the version").hasSameSizeAs(deployment.get("main-and-worker.js").body())
            .contains("sourceMappingURL=main-and-worker.js.map");
    }

    @Test
    void pageOfAnotherDeployGetsTheModulesOfTodayAndDoesNotKeepThem() {
        HttpResponse<String> module = deployment.get("partyline-0123456789abcdef/worker/start.js");

        assertThat(module.body()).isEqualTo(deployment.get("partyline/worker/start.js").body());
        assertThat(module.headers().allValues("Cache-Control")).containsExactly("no-cache");
        for (String none : List.of("partyline-0123456789abcdef/none.js", "partyline-0123456789abcdef/", "partyline-/main.js", "partyline-0123456789abcdef/worker/",
            "partyline-0123456789abcdef/../main.d.ts/x.js")) {
            assertThat(deployment.get(none).statusCode()).as(none).isIn(HttpURLConnection.HTTP_NOT_FOUND, HttpURLConnection.HTTP_BAD_REQUEST);
        }
    }

    @Test
    void insideOfTheWarIsNotServed() {
        Stream.of("WEB-INF/web.xml", "WEB-INF/classes/dev/partyline/Partyline.class", "WEB-INF/server/", "META-INF/MANIFEST.MF", "dev/partyline/launcher/Main.class")
            .forEach(file -> assertThat(deployment.get(file).statusCode()).as(file).isIn(HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_NOT_FOUND));
    }

    @Test
    void everyAnswerHasTheHeadersThatBrowsersGuardItBy() {
        for (String path : List.of("", "index.html", "main.js", "main.d.ts", "demo/demo.css", "api/openapi.json", "api/lines", "metrics", "health", "nothing", "health/nothing")) {
            HttpResponse<String> answer = deployment.get(path);
            assertThat(answer.headers().allValues("X-Content-Type-Options")).as(path).containsExactly("nosniff");
            assertThat(answer.headers().allValues("Content-Security-Policy")).as(path).containsExactly("frame-ancestors 'self'");
        }
    }

    @Test
    void errorPageTellsTheStatusAndNothingOfTheServer() {
        for (String path : List.of("nothing", "nothing.html", "partyline/nothing.js", "health/nothing", "dev/partyline/launcher/Main.class", "error")) {
            HttpResponse<String> answer = deployment.get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
            assertThat(answer.body()).as(path).isEqualTo("Error 404");
        }
    }

    @Test
    void otherProgramsPublishAndOperatorsSee() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("line"))) {
            HttpResponse<String> published = deployment.post("api/all", "{\"type\":\"notice\",\"value\":\"über alles\"}");

            assertThat(published.statusCode()).as(published::body).isEqualTo(HttpURLConnection.HTTP_OK);
            assertThat(client.next("notice").getString("value")).isEqualTo("über alles");
            assertThat(deployment.get("api/tabs/" + client.tab()).body()).contains(client.tab());
            assertThat(WarDeployment.figure(deployment.get("metrics"), "partyline_lines")).isPositive();
            assertThat(deployment.get("health").body()).contains("ready");
            assertThat(deployment.get("health/live").body()).contains("live");
        }
    }
}
