package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Prints what sharing costs and saves in this browser on this machine. It fails only where something is lost: how fast a
 * machine is says nothing about the code.
 */
class BenchIT {

    private static final int MANY = 15;
    private static final int MESSAGES = Integer.getInteger("bench.messages", 10_000);
    private static final int ROUND_TRIPS = 300;
    private static final String SHARED = "{}";
    private static final String DIRECT = "{\"mode\":\"direct\"}";

    @RegisterExtension
    static final Ground ground = new Ground(Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
        "partyline.log.messages", "1000000", "partyline.log.chars", "1000000000"));

    @OnEveryEngine
    void throughputToOneTabAndToFifteen(Engine engine) {
        for (int tabs : List.of(1, MANY)) {
            try (Session session = engine.session()) {
                List<Tab> pages = open(session, tabs, SHARED);
                String topic = "demo.bench" + tabs;
                pages.forEach(page -> page.eval("(topic, messages) => count(topic, messages)", topic, MESSAGES));

                publish(topic);

                long began = Long.MAX_VALUE;
                long ended = 0;
                for (Tab page : pages) {
                    Map<?, ?> counted = (Map<?, ?>) page.eval("() => counted");
                    assertThat(((Number) counted.get("gaps")).intValue()).as("gaps").isZero();
                    began = Math.min(began, ((Number) counted.get("began")).longValue());
                    ended = Math.max(ended, ((Number) counted.get("ended")).longValue());
                }
                say(engine, "socket to %2d tabs: %6d messages/s of 100 characters, each to every tab", tabs, MESSAGES * 1000L / Math.max(1, ended - began));
            }
        }
    }

    @OnEveryEngine
    void latencyOfALineAndOfASocketInTheTab(Engine engine) {
        try (Session session = engine.session()) {
            Tab page = open(session, 1, SHARED).get(0);
            Map<?, ?> line = (Map<?, ?>) page.eval("times => overTheLine(times)", ROUND_TRIPS);
            Map<?, ?> own = (Map<?, ?>) page.eval("times => overASocketOfItsOwn(times)", ROUND_TRIPS);
            say(engine, "round trip: %s ms over the line, %s ms over a socket of the tab's own (median, 95th percentile)", pair(line), pair(own));
        }
    }

    @OnEveryEngine
    void firstAnswerOfTheSecondTab(Engine engine) {
        for (String options : List.of(SHARED, DIRECT)) {
            try (Session session = engine.session()) {
                List<Tab> pages = open(session, 5, options);
                List<Integer> took = pages.stream().map(page -> page.number("async () => Math.round(await firstAnswer)")).toList();
                say(engine, "%s: first answer %d ms after navigation in the first tab, %s ms in the next four", mode(options), took.get(0), took.subList(1, 5));
            }
        }
    }

    @OnEveryEngine
    void memoryOfFifteenTabs(Engine engine) throws IOException {
        for (String options : List.of(SHARED, DIRECT)) {
            long before = memoryOfOurProcesses();
            try (Session session = engine.session()) {
                open(session, MANY, options);
                assertThat(ground.tap().open()).hasSize(options.equals(SHARED) ? 1 : MANY);
                say(engine, "%s: %d tabs take %d MiB and %d sockets", mode(options), MANY, (memoryOfOurProcesses() - before) >> 10, ground.tap().open().size());
            }
            ground.tap().forget();
        }
    }

    private static List<Tab> open(Session session, int tabs, String options) {
        List<Tab> pages = IntStream.range(0, tabs)
            .mapToObj(i -> session.open(ground.url("/pages/bench.html?options=" + Ground.encoded(options)))).toList();
        pages.forEach(page -> page.eval("async () => { await firstAnswer; }"));
        return pages;
    }

    /** Publishes as fast as the server takes it, past the tap. */
    private static void publish(String topic) {
        URI server = ground.server().line();
        WebSocket publisher = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(server, new WebSocket.Listener() { }).join();
        publisher.sendText("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"bench\"]}", true).join();
        String value = "x".repeat(100);
        for (int sent = 0; sent < MESSAGES; ) {
            StringBuilder frames = new StringBuilder();
            for (int i = 0; i < 100 && sent < MESSAGES; i++, sent++) {
                frames.append(i > 0 ? "\n" : "").append("{\"type\":\"$publish\",\"topic\":\"").append(topic)
                    .append("\",\"from\":\"bench\",\"value\":\"").append(value).append("\"}");
            }
            publisher.sendText(frames, true).join();
        }
    }

    /** The proportional set size of all processes that this one has started, in KiB; 0 where the system does not tell. */
    private static long memoryOfOurProcesses() throws IOException {
        long sum = 0;
        for (ProcessHandle process : (Iterable<ProcessHandle>) ProcessHandle.current().descendants()::iterator) {
            Path rollup = Path.of("/proc", String.valueOf(process.pid()), "smaps_rollup");
            if (Files.isReadable(rollup)) {
                sum += Files.readAllLines(rollup).stream().filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
            }
        }
        return sum;
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
