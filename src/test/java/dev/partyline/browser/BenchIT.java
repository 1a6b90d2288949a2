package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Prints what sharing costs and saves in this browser on this machine. It fails only where something is lost: how fast a
 * machine is says nothing about the code. What is timed goes past the tap, whose bookkeeping would be timed with it.
 */
@Tag("measurement")
class BenchIT {

    private static final int MANY = 15;
    private static final int MESSAGES = Integer.getInteger("bench.messages", 10_000);
    private static final int FRAMES_AT_ONCE = 100;
    private static final int ROUND_TRIPS = 300;
    private static final String SHARED = "{}";
    private static final String DIRECT = "{\"mode\":\"direct\"}";
    private static final String PAGE = "/pages/bench.html?options=";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
        "partyline.log.messages", "1000000", "partyline.log.chars", "1000000000"));

    @OnEveryEngine
    void throughputToOneTabAndToFifteen(Engine engine) {
        for (int tabs : List.of(1, MANY)) {
            try (Session session = engine.session()) {
                List<Tab> pages = openPastTheProxy(session, tabs, SHARED);
                String topic = "demo.bench" + tabs;
                pages.forEach(page -> page.eval("topic => count(topic)", topic));

                publish(topic, "bench-" + tabs);

                List<Map<String, Integer>> counts = pages.stream().map(BenchIT::counted).toList();
                long took = Collections.max(counts.stream().map(counted -> counted.get("took")).toList());
                int least = Collections.min(counts.stream().map(counted -> counted.get("messages")).toList());
                int gaps = counts.stream().mapToInt(counted -> counted.get("gaps")).sum();
                say(engine, "socket to %2d tabs: %d of %d messages of 100 characters in %d ms (%d/s), %d gaps told", tabs, least, MESSAGES, took,
                    least * 1000L / Math.max(1, took), gaps);
                assertThat(counts).allSatisfy(counted -> assertThat(counted.get("messages") == MESSAGES || counted.get("gaps") > 0)
                    .as("all came or a gap was told: %s", counted).isTrue());
            }
        }
    }

    @OnEveryEngine
    void latencyOfALineAndOfASocketInTheTab(Engine engine) {
        try (Session session = engine.session()) {
            Tab page = openPastTheProxy(session, 1, SHARED).get(0);
            Map<?, ?> line = (Map<?, ?>) page.eval("times => overTheLine(times)", ROUND_TRIPS);
            Map<?, ?> own = (Map<?, ?>) page.eval("times => overASocketOfItsOwn(times)", ROUND_TRIPS);
            say(engine, "round trip: %s ms over the line, %s ms over a socket of the tab's own (median, 95th percentile; whole ones where its clock counts no less)", pair(line), pair(own));
        }
    }

    @OnEveryEngine
    void firstAnswerOfTheSecondTab(Engine engine) {
        for (String options : List.of(SHARED, DIRECT)) {
            try (Session session = engine.session()) {
                List<Tab> pages = openPastTheProxy(session, 5, options);
                List<Integer> took = pages.stream().map(page -> page.number("async () => Math.round(await firstAnswer)")).toList();
                say(engine, "%s: first answer %d ms after navigation in the first tab, %s ms in the next four", mode(options), took.get(0), took.subList(1, 5));
            }
        }
    }

    @OnEveryEngine
    void memoryOfFifteenTabs(Engine engine) {
        for (String options : List.of(SHARED, DIRECT)) {
            long before = memoryOfOurProcesses();
            try (Session session = engine.session()) {
                open(session, MANY, server.url(PAGE + ServerExtension.encoded(options)));
                assertThat(server.proxy().open()).hasSize(options.equals(SHARED) ? 1 : MANY);
                say(engine, "%s: %d tabs take %d MiB and %d sockets", mode(options), MANY, (memoryOfOurProcesses() - before) >> 10, server.proxy().open().size());
            }
            server.proxy().reset();
        }
    }

    private static Map<String, Integer> counted(Tab page) {
        return Map.of("messages", page.number("async () => (await counted).messages"), "gaps", page.number("async () => (await counted).gaps"),
            "took", page.number("async () => (await counted).ended - (await counted).began"));
    }

    private static List<Tab> openPastTheProxy(Session session, int tabs, String options) {
        return open(session, tabs, server.partyline().uri(PAGE + ServerExtension.encoded(options)).toString());
    }

    private static List<Tab> open(Session session, int tabs, String url) {
        List<Tab> pages = session.open(tabs, url);
        for (Tab page : pages) {
            // WebKit calls a page loaded when its modules have come, before they have run.
            await("the page's script to run").until(() -> page.is("() => 'firstAnswer' in window"));
            page.eval("async () => { await firstAnswer; }");
        }
        return pages;
    }

    /** Publishes as fast as the server takes it. */
    private static void publish(String topic, String tab) {
        URI line = server.partyline().line();
        WebSocket publisher = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(line, new WebSocket.Listener() { }).join();
        publisher.sendText("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"]}", true).join();
        String frame = "{\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"" + tab + "\",\"value\":\"" + "x".repeat(100) + "\"}";
        for (int sent = 0; sent < MESSAGES; sent += FRAMES_AT_ONCE) {
            boolean last = sent + FRAMES_AT_ONCE >= MESSAGES;
            List<String> frames = new ArrayList<>(Collections.nCopies(FRAMES_AT_ONCE, frame));
            frames.set(FRAMES_AT_ONCE - 1, last ? frame.replaceFirst("x+\"}$", "end\"}") : frame);
            publisher.sendText(String.join("\n", frames), true).join();
        }
        publisher.sendText("{\"type\":\"$bye\"}", true).join();
    }

    /** The proportional set size of all processes that this one has started, in KiB; 0 where the system does not tell. */
    private static long memoryOfOurProcesses() {
        return ProcessHandle.current().descendants().mapToLong(process -> {
            try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(process.pid()), "smaps_rollup"))) {
                return lines.filter(line -> line.startsWith("Pss:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
            } catch (IOException | UncheckedIOException goneOrNoLinux) {
                return 0;
            }
        }).sum();
    }

    private static String mode(String options) {
        return options.equals(SHARED) ? "shared" : "own sockets";
    }

    private static String pair(Map<?, ?> times) {
        return String.format("%.1f, %.1f", ((Number) times.get("median")).doubleValue(), ((Number) times.get("p95")).doubleValue());
    }

    private static void say(Engine engine, String text, Object... values) {
        System.out.printf("bench, %s: " + text + "%n", Stream.concat(Stream.of(engine), Stream.of(values)).toArray());
    }
}
