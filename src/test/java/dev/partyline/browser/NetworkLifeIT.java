package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sockets drop, servers restart, networks lie; the pages notice no more than a pause. */
@InBothModes
class NetworkLifeIT {

    /** The longest first wait after a drop, and room for a slow machine. */
    private static final Duration COMEBACK = Duration.ofSeconds(20);

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    /** That waits long after the first failure already. */
    private static ClientBuild patient;

    /** That gives the server less time to answer a ping. */
    private static ClientBuild impatient;

    private final List<Session> sessions = new ArrayList<>();

    @BeforeAll
    static void build() {
        patient = ClientBuild.of("patient", Map.of("worker/connection/backoff.js BASE", "20_000"));
        impatient = ClientBuild.of("impatient", Map.of("worker/connection/heartbeat.js TIMEOUT", "2_000"));
    }

    @AfterEach
    void closeSessions() {
        sessions.forEach(Session::close);
    }

    @OnEveryEngine
    void droppedSocketIsResumed(Engine engine) {
        LinePage page = LinePage.open(session(engine), server).join("demo.drop");
        LinePage other = LinePage.open(session(engine), server);

        socketOf(page).cut();
        for (int i = 0; i < 10; i++) {
            other.publish("demo.drop", i);
        }

        page.ready(COMEBACK);
        await("what came meanwhile").until(() -> page.values().size() == 10);
        assertThat(page.values()).isEqualTo(IntStream.range(0, 10).boxed().toList());
        assertThat(socketOf(page).down("$welcome", "\"resumed\":true")).hasSize(1);
    }

    @OnEveryEngine
    void requestThatWasTakenIsAnsweredOnceOverADrop(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        RecordedSocket first = socketOf(page);
        first.hold();
        page.tab().eval("() => { window.reply = line.request('greeting'); }");
        await("the server to have answered").until(() -> first.down("\"re\":").size() == 1);

        first.cut();

        assertThat(page.tab().eval("() => reply")).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
        assertThat(socketOf(page).up("\"greeting\"")).as("said again, though it had been heard").isEmpty();
    }

    @OnEveryEngine
    void whatIsSaidWhileTheLineIsDownGoesOutInOrder(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        RecordedSocket first = socketOf(page);
        server.proxy().disconnect();
        await("the page to know").until(() -> !page.status("state").equals("open"));

        page.tab().eval("() => { window.sent = Promise.all([0, 1, 2, 3, 4].map(n => line.request('count', n))); }");
        server.proxy().connect();

        assertThat((List<?>) page.tab().eval("() => sent")).hasSize(5);
        List<String> said = socketOf(page).up("\"count\"");
        assertThat(said).hasSize(5).isSortedAccordingTo(Comparator.comparingInt(NetworkLifeIT::value));
        assertThat(first.up("\"count\"")).isEmpty();
    }

    @OnEveryEngine
    @InOneEngine
    void whatDoesNotFitTheQueueFailsAtOnce(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        server.proxy().disconnect();
        await("the page to know").until(() -> !page.status("state").equals("open"));
        page.tab().eval("() => { window.sent = Array.from({ length: 300 }, (_, n) => outcome(line.send('flood', n))); }");

        assertThat((Map<?, ?>) page.tab().eval("() => Promise.race(sent)")).isEqualTo(Map.of("code", "queue_full", "retryable", true));
        server.proxy().connect();

        List<?> outcomes = (List<?>) page.tab().eval("() => Promise.all(sent)");
        assertThat(outcomes.stream().filter(outcome -> outcome.toString().contains("queue_full"))).hasSize(300 - 256);
        assertThat(socketOf(page).up("\"flood\"")).hasSize(256).isSortedAccordingTo(Comparator.comparingInt(NetworkLifeIT::value));
    }

    @OnEveryEngine
    void serverRestartBringsEveryTabBack(Engine engine) {
        List<LinePage> pages = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            pages.addAll(LinePage.open(3, session(engine), server));
        }

        int lines = server.proxy().open().size();
        server.stopServer();
        for (LinePage page : pages) {
            await("the page to know").until(() -> !page.status("state").equals("open"));
        }
        server.proxy().reset();
        server.startServer();

        for (LinePage page : pages) {
            page.ready(COMEBACK);
            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(page.trouble()).isEmpty();
        }
        assertThat(server.proxy().open()).hasSize(lines);
    }

    @OnEveryEngine
    void serverThatStopsSaysSo(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        RecordedSocket socket = socketOf(page);

        server.partyline().stop();
        try {
            await("the socket to close").until(() -> !socket.isOpen());
            assertThat(socket.down("$bye", "4000")).hasSize(1);
            await("the page to know").until(() -> page.hasSeenCode(4000));
        } finally {
            server.partyline().start();
        }
        page.ready(COMEBACK);
    }

    @OnEveryEngine
    @InOneEngine
    void halfOpenSocketIsFoundOutWhenTheNetworkComesBack(Engine engine) {
        LinePage page = LinePage.at(session(engine), server.url(impatient.address())).ready();
        RecordedSocket dead = socketOf(page);
        dead.silence();

        page.tab().eval("() => { dispatchEvent(new Event('online')); }");

        await("another socket").atMost(Duration.ofSeconds(30)).until(() -> server.proxy().sockets().size() == 2);
        page.ready();
        assertThat(page.request("greeting", null)).isNotNull();
        dead.cut();
    }

    @OnEveryEngine
    @Except(engines = "webkit", why = "its driver cannot take it off the net")
    void lineIsBackAtOnceWhenTheNetworkIs(Engine engine) {
        Session session = session(engine);
        LinePage page = LinePage.at(session, server.url(patient.address())).ready();
        // The pages are told, and the sockets of workers are not cut by it in every browser: that the tap does.
        session.offline(true);
        server.proxy().disconnect();
        await("a long wait").atMost(Duration.ofMinutes(1)).until(() -> page.tab().is("() => !navigator.onLine && line.status.retryAt > Date.now() + 5_000"));
        Object retryAt = page.tab().eval("() => line.status.retryAt");

        server.proxy().connect();
        session.offline(false);

        page.ready();
        assertThat(page.tab().is("retryAt => Date.now() < retryAt", retryAt)).as("sooner than it would have tried").isTrue();
    }

    @OnEveryEngine
    void captivePortalIsWaitedOut(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        server.proxy().handshakes(RecordingProxy.Handshakes.CAPTIVE);
        int before = server.proxy().attempts();
        socketOf(page).cut();
        await("two attempts in vain").until(() -> server.proxy().attempts() >= before + 2);
        assertThat(page.status("state")).isIn("waiting", "connecting");

        server.proxy().handshakes(RecordingProxy.Handshakes.PASS);

        page.ready(COMEBACK);
    }

    @OnEveryEngine
    @InOneEngine
    void socketThatDropsAtOnceIsNotHammered(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        RecordedSocket socket = socketOf(page);
        server.proxy().handshakes(RecordingProxy.Handshakes.CAPTIVE);
        int before = server.proxy().attempts();
        long began = System.nanoTime();
        socket.cut();

        await("some attempts").until(() -> server.proxy().attempts() >= before + 4);

        // Full jitter doubles from 0.5 s: four attempts within half a second are as good as impossible.
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(300));
        assertThat(page.trouble()).isEmpty();
    }

    @OnEveryEngine
    void codeThatSaysStayAwayIsObeyed(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);
        LinePage other = LinePage.open(sessions.get(0), server);

        int before = server.proxy().attempts();
        server.proxy().open().forEach(socket -> socket.close(4501));

        for (LinePage each : List.of(page, other)) {
            await("the page to know").until(() -> each.status("state").equals("closed"));
            assertThat(each.status("code")).isEqualTo("4501");
            assertThat(each.outcome("line.request('greeting')")).containsEntry("code", "closed").containsEntry("retryable", false);
        }
        assertThat(server.proxy().attempts()).as("nobody comes back").isEqualTo(before);
    }

    @OnEveryEngine
    void codeThatSaysComeBackIsObeyed(Engine engine) {
        LinePage page = LinePage.open(session(engine), server);

        socketOf(page).close(4001);

        await("another socket").until(() -> server.proxy().sockets().size() == 2);
        page.ready();
        assertThat(page.request("greeting", null)).isNotNull();
    }

    private Session session(Engine engine) {
        Session session = engine.session();
        sessions.add(session);
        return session;
    }

    /** The open socket that announced this page. */
    private static RecordedSocket socketOf(LinePage page) {
        String id = page.id();
        return server.proxy().open().stream().filter(socket -> !socket.up(id).isEmpty()).findFirst().orElseThrow();
    }

    private static int value(String frame) {
        return Integer.parseInt(frame.replaceAll(".*\"value\":(\\d+).*", "$1"));
    }
}
