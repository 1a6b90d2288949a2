package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.partyline.launcher.Run;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.RawClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code java -jar partyline.war} behind real proxies with the configurations of {@code deploy/}, all at the same time, three tabs at each.
 *
 * <p>Runs by flag, since not every machine has the programs: {@code -Dproxies=nginx,httpd,haproxy} names those that it must have. {@code -Dproxies.idle=180} is the time of silence in seconds,
 * in which the timeouts of the configurations and the heartbeat of the server are those that are shipped. Without it, all of them are shorter.
 */
@Tag("proxies")
class DeployIT {

    private static final int TABS = 3;
    private static final String TOPIC = "demo.deploy";
    private static final String KEY = "sesame";
    private static final int TOO_MANY_LINES = 4504;
    private static final int FORBIDDEN = 4502;
    /** The longest delays of a browser that has failed some times, and room for a slow machine. */
    private static final Duration COMEBACK = Duration.ofSeconds(90);

    private static final Optional<Duration> IDLE = Optional.ofNullable(System.getProperty("proxies.idle")).map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)));
    private static final Duration SHIPPED_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(4);

    private static final List<ReverseProxy> proxies = new ArrayList<>();
    private static int serverPort;
    private static Path folder;
    private static HttpClient http;
    private static TestCertificate certificate;
    private static Run server;

    private final List<Session> sessions = new ArrayList<>();

    /** A proxy, and tabs of one browser that have come through it. */
    private record Door(ReverseProxy proxy, List<LinePage> pages) {
    }

    @BeforeAll
    static void start() {
        assertThat(IDLE.orElse(Duration.ofHours(1))).as("-Dproxies.idle, which must exceed the timeouts of the configurations").isGreaterThan(SHIPPED_TIMEOUT);
        ServerExtension.waitInThisThread();
        folder = ReverseProxy.folder();
        certificate = new TestCertificate(folder);
        http = HttpClient.newBuilder().sslContext(certificate.trust()).build();
        serverPort = PartylineServer.freePort();
        startServer();
        for (String name : System.getProperty("proxies", "").split(",")) {
            for (ReverseProxy.Configuration configuration : ReverseProxy.Program.named(name.strip()).configurations()) {
                proxies.add(new ReverseProxy(configuration, folder.resolve(String.valueOf(proxies.size())), folder, serverPort, IDLE.isPresent() ? Optional.empty() : Optional.of(SHORT_TIMEOUT)));
            }
        }
    }

    private static void startServer(String... more) {
        List<String> args = new ArrayList<>(List.of("--host", "127.0.0.1", "--port", String.valueOf(serverPort), "-Dpartyline.proxies=127.0.0.1", "-Dpartyline.api.key=" + KEY));
        if (IDLE.isEmpty()) {
            args.add("-Dpartyline.keep.alive=1s");
        }
        args.addAll(List.of(more));
        server = Run.of(Map.of(), args.toArray(String[]::new));
        assertThat(server.port()).isEqualTo(serverPort);
    }

    private static void stopServer() {
        server.terminate().exitCode();
        server.close();
    }

    @AfterEach
    void closeSessions() {
        sessions.forEach(Session::close);
    }

    @AfterAll
    static void stop() {
        proxies.forEach(ReverseProxy::close);
        server.close();
    }

    @OnEveryEngine
    void tabsShareOneLineBehindEachProxy(Engine engine) {
        List<Door> doors = open(engine);

        for (Door door : doors) {
            for (LinePage page : door.pages()) {
                await("all tabs on the line").untilAsserted(() -> assertThat(page.status("tabs")).as(door.proxy().toString()).isEqualTo(String.valueOf(TABS)));
                assertThat(page.status("mode")).as(door.proxy().toString()).isEqualTo("shared");
                assertAnswered(page);
            }
        }
        await("the server to know of them only").untilAsserted(() -> {
            assertThat(metric("partyline_lines") - metric("partyline_lines_held")).isEqualTo(doors.size());
            assertThat(metric("partyline_tabs")).isEqualTo(doors.size() * TABS);
        });
        pages(doors).forEach(page -> page.listen("note"));
        post("/api/all", "{\"type\":\"note\",\"value\":\"for all\"}");
        assertReceived(doors, List.of("for all"));
    }

    @OnEveryEngine
    void lineOutlivesASilenceThatIsLongerThanTheProxysTimeouts(Engine engine) {
        List<Door> doors = open(engine);
        Duration silence = IDLE.orElse(SHORT_TIMEOUT.multipliedBy(2).plusSeconds(2));

        await().during(silence).atMost(silence.plusSeconds(60)).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> assertUndisturbed(doors));

        pages(doors).forEach(DeployIT::assertAnswered);
        publish(0);
        assertReceived(doors, List.of(0));
        assertUndisturbed(doors);
    }

    @OnEveryEngine
    void reloadOfTheProxyDisturbsNoLine(Engine engine) {
        List<Door> doors = open(engine);

        proxies.forEach(ReverseProxy::reload);

        IntStream.range(0, 5).forEach(DeployIT::publish);
        assertReceived(doors, List.of(0, 1, 2, 3, 4));
        pages(doors).forEach(DeployIT::assertAnswered);
        Session another = session(engine);
        for (ReverseProxy proxy : proxies) {
            assertAnswered(open(another, proxy));
        }
        assertUndisturbed(doors);
    }

    @OnEveryEngine
    void tabsGetWhatWasPublishedWhileTheProxyWasDownOnceAndInOrder(Engine engine) {
        List<Door> doors = open(engine);
        pages(doors).forEach(page -> page.listen("gap"));

        proxies.forEach(ReverseProxy::stop);
        pages(doors).forEach(page -> await("the page to know").until(() -> !page.status("state").equals("open")));
        IntStream.range(0, 20).forEach(DeployIT::publish);
        proxies.forEach(ReverseProxy::start);

        pages(doors).forEach(page -> page.ready(COMEBACK));
        assertReceived(doors, IntStream.range(0, 20).boxed().toList());
        pages(doors).forEach(DeployIT::assertAnswered);
    }

    @OnEveryEngine
    void tabsAreBackAfterARestartOfTheServer(Engine engine) {
        List<Door> doors = open(engine);

        stopServer();
        pages(doors).forEach(page -> await("the page to know").until(() -> !page.status("state").equals("open")));
        startServer();

        pages(doors).forEach(page -> page.ready(COMEBACK));
        pages(doors).forEach(DeployIT::assertAnswered);
        publish(0);
        assertReceived(doors, List.of(0));
    }

    /** The clients are this machine under other addresses, and send the headers of proxies themselves. */
    @Test
    void limitsCountTheClientAndPagesOfTheProxysHostOnlyConnect() {
        stopServer();
        startServer("-Dpartyline.lines.per.address=1");
        try {
            for (ReverseProxy proxy : proxies) {
                String network = "127.0." + (1 + proxies.indexOf(proxy)) + ".";
                try (RawClient first = client(network + "1", proxy, proxy.origin(), "203.0.113.1")) {
                    assertThat(first.readText()).as("%s", proxy).contains("\"$welcome\"");
                    try (RawClient second = client(network + "1", proxy, proxy.origin(), "203.0.113.2"); RawClient other = client(network + "2", proxy, proxy.origin(), "203.0.113.1");
                         RawClient stranger = client(network + "3", proxy, "https://evil.example", "203.0.113.3")) {
                        assertThat(second.closeCode()).as("%s", proxy).isEqualTo(TOO_MANY_LINES);
                        assertThat(other.readText()).as("%s", proxy).contains("\"$welcome\"");
                        assertThat(stranger.closeCode()).as("%s", proxy).isEqualTo(FORBIDDEN);
                    }
                }
            }
        } finally {
            stopServer();
            startServer();
        }
    }

    private static RawClient client(String address, ReverseProxy proxy, String origin, String forged) {
        try {
            Socket socket = new Socket();
            socket.bind(new InetSocketAddress(address, 0));
            socket.connect(new InetSocketAddress("127.0.0.1", proxy.port()));
            Socket connected = proxy.configuration().tls() ? certificate.trust().getSocketFactory().createSocket(socket, "127.0.0.1", proxy.port(), true) : socket;
            return RawClient.over(connected, URI.create(proxy.url()).getPath() + "/line", "127.0.0.1:" + proxy.port(), "Origin: " + origin, "X-Forwarded-For: " + forged,
                "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: for=" + forged + ";host=evil.example;proto=https").send("{\"type\":\"$hello\",\"v\":1}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void addressWithoutASlashKeepsItsPrefixAndItsPort() {
        for (ReverseProxy proxy : proxies) {
            HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(proxy.url())).version(HttpClient.Version.HTTP_1_1));
            assertThat(URI.create(proxy.url()).resolve(response.headers().firstValue("Location").orElse("none"))).as("%s", proxy).hasToString(proxy.url() + "/");
        }
    }

    @Test
    void browsersMaySpeakHttp2WhereTheConfigurationAllowsIt() {
        for (ReverseProxy proxy : proxies) {
            if (proxy.configuration().tls()) {
                HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(proxy.url() + "/main.js")).version(HttpClient.Version.HTTP_2));
                assertThat(response.statusCode()).as("%s", proxy).isEqualTo(200);
                assertThat(response.version() == HttpClient.Version.HTTP_2).as("%s", proxy).isEqualTo(proxy.configuration().http2());
            }
        }
    }

    private Session session(Engine engine) {
        Session session = engine.session();
        sessions.add(session);
        return session;
    }

    /** All proxies, with tabs that have joined the topic. */
    private List<Door> open(Engine engine) {
        Session session = session(engine);
        List<Door> doors = proxies.stream().map(proxy -> new Door(proxy, IntStream.range(0, TABS).mapToObj(i -> open(session, proxy)).toList())).toList();
        pages(doors).forEach(page -> page.join(TOPIC));
        return doors;
    }

    /** A tab with an address of the WAR, which the script of {@code line.html} makes a tab on a line. */
    private static LinePage open(Session session, ReverseProxy proxy) {
        Tab tab = session.open(proxy.url() + "/demo/icon.svg");
        run(tab, script("spy.js"), "text/javascript");
        run(tab, script("line.js").replace("'/partyline/main.js'", "'" + proxy.url() + "/main.js'") + "\nwindow.states = [];\nline.on('status', ({ state }) => states.push(state));\n", "module");
        LinePage page = new LinePage(tab).ready();
        tab.eval("() => { states.length = 0; }");
        return page;
    }

    private static String script(String name) {
        try {
            return Files.readString(Path.of("src/test/resources/browser", name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(Tab tab, String script, String type) {
        tab.eval("""
            (source, type) => {
              const script = document.createElementNS('http://www.w3.org/1999/xhtml', 'script');
              script.type = type;
              script.textContent = source;
              document.documentElement.append(script);
            }""", script, type);
    }

    private static Stream<LinePage> pages(List<Door> doors) {
        return doors.stream().flatMap(door -> door.pages().stream());
    }

    private static void assertAnswered(LinePage page) {
        assertThat(page.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
    }

    /** Whatever is received twice or in another order is noticed, too. */
    private static void assertReceived(List<Door> doors, List<?> values) {
        for (Door door : doors) {
            for (LinePage page : door.pages()) {
                await("what was sent").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(page.values()).as(door.proxy().toString()).hasSameSizeAs(values));
                assertThat(page.values()).as(door.proxy().toString()).isEqualTo(values);
                assertThat(page.trouble()).as(door.proxy().toString()).isEmpty();
            }
        }
    }

    /** No line was ever other than open since its tab was opened. */
    private static void assertUndisturbed(List<Door> doors) {
        for (Door door : doors) {
            for (LinePage page : door.pages()) {
                assertThat((List<?>) page.tab().eval("() => states.filter(state => state !== 'open')")).as(door.proxy().toString()).isEmpty();
            }
        }
    }

    private static void publish(int value) {
        post("/api/topics/" + TOPIC, "{\"value\":" + value + "}");
    }

    private static void post(String path, String body) {
        HttpResponse<String> response = send(direct(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    private static double metric(String name) {
        return send(direct("/metrics")).body().lines().filter(line -> line.startsWith(name + " ")).mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElseThrow();
    }

    /** A request of the back end, which does not come through a proxy. */
    private static HttpRequest.Builder direct(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + serverPort + "/partyline" + path)).version(HttpClient.Version.HTTP_1_1).header("Authorization", "Bearer " + KEY);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
