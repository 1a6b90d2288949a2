package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Position;
import dev.partyline.testing.LogCapture;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ten lines that do harm within their limits, each in its own way, beside one that is well: it misses nothing, and is answered about as fast as without them.
 *
 * <p>Tomcat's threads end with an exception if a socket is closed while a long message goes out; Awaitility would take that for a failure.
 *
 * <p>Latencies are medians of the 99th percentiles of short windows, so that one pause of the machine is no failure; and no less than what a busy machine adds by itself.
 */
@Timeout(180)
class NoisyNeighbourIT {

    private static final String TOPIC = "open.healthy";
    private static final int QUIET_WINDOWS = 3;
    private static final int NOISY_WINDOWS = 8;
    private static final int TRIPS = 100;
    /** Slower than the rate of a line. */
    private static final Duration INTERVAL = Duration.ofMillis(22);
    private static final Duration FLOOR = Duration.ofMillis(20);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final double HEAP_FACTOR = 1.25;
    private static final long HEAP_SLACK = 16L << 20;

    private final History history = new History();
    private volatile CompletableFuture<Long> arrival = new CompletableFuture<>();
    private volatile String awaited = "";
    private int sequence;

    @Test
    void tenHostileLinesCostAHealthyOneNothing() {
        // What the server retains, it retains for seconds: so the heap comes to rest within the test.
        Map<String, String> settings = Map.of("partyline.log.age", "5s", "partyline.key.memory", "3s", "partyline.hold", "3s", "partyline.handler.within", "2s",
            "partyline.send.within", "2s");
        try (TestApplication application = new TestApplication(settings);
             LogCapture log = LogCapture.instead(Level.SEVERE);
             LineClient healthy = new LineClient(application.line(), "healthy", healthy(), TOPIC).timeout(TIMEOUT)) {
            await().dontCatchUncaughtExceptions().until(healthy::isWelcome);
            window(healthy);
            double quiet = median(windows(healthy, QUIET_WINDOWS));

            List<Double> noisy = new ArrayList<>();
            List<Long> heap = new ArrayList<>();
            try (HostileLines hostile = new HostileLines(application, healthy.tab(), TOPIC)) {
                await().dontCatchUncaughtExceptions().atMost(TIMEOUT).until(hostile::areAllAtWork);
                for (int i = 0; i < NOISY_WINDOWS; i++) {
                    noisy.add(window(healthy));
                    heap.add(usedHeap());
                }
                System.out.printf("NoisyNeighbourIT: p99 %.1f ms quiet, %.1f ms noisy %s; heap %s MB; %s%n", quiet, median(noisy), noisy.stream().map(Math::round).toList(),
                    heap.stream().map(bytes -> bytes >> 20).toList(), hostile);
            }

            await().dontCatchUncaughtExceptions().atMost(TIMEOUT).untilAsserted(() -> assertThat(history.behind()).isEmpty());
            assertThat(history.violations()).isEmpty();
            assertThat(history.gaps()).isZero();
            assertThat(healthy.complaints()).isEmpty();
            assertThat(log.messages(Level.SEVERE)).noneMatch(message -> message.contains("event loop"));
            assertThat(healthy.freshLines()).isEqualTo(1);
            assertThat(median(noisy)).as("p99 in ms, quiet %.1f", quiet).isLessThanOrEqualTo(2 * Math.max(quiet, FLOOR.toMillis()));
            long atRest = heap.get(NOISY_WINDOWS / 2 - 1);
            assertThat(heap.subList(NOISY_WINDOWS / 2, NOISY_WINDOWS)).as("heap in use, %s before", atRest).allMatch(bytes -> bytes < HEAP_FACTOR * atRest + HEAP_SLACK);
            ServerAccess access = new ServerAccess(URI.create("http://127.0.0.1:" + application.port() + "/partyline"));
            await().dontCatchUncaughtExceptions().atMost(TIMEOUT).untilAsserted(() -> assertThat(access.metric("partyline_lines")).as("lines that are left").isEqualTo(1));
        }
    }

    private LineClient.Listener healthy() {
        LineClient.Listener reader = history.reader("healthy");
        return new LineClient.Listener() {
            @Override
            public void joined(String topic, Position at, boolean gap) {
                reader.joined(topic, at, gap);
            }

            @Override
            public void onFrame(JsonObject frame) {
                reader.onFrame(frame);
                if (frame.getString("topic", "").equals(TOPIC) && frame.getString("value", "").equals(awaited)) {
                    arrival.complete(System.nanoTime());
                }
            }
        };
    }

    private List<Double> windows(LineClient healthy, int count) {
        return IntStream.range(0, count).mapToObj(i -> window(healthy)).toList();
    }

    /** The 99th percentile of some round trips, in milliseconds. */
    private double window(LineClient healthy) {
        double[] millis = new double[TRIPS];
        for (int i = 0; i < TRIPS; i++) {
            long began = System.nanoTime();
            millis[i] = trip(healthy, began);
            LockSupport.parkNanos(INTERVAL.toNanos() - (System.nanoTime() - began));
        }
        Arrays.sort(millis);
        return millis[TRIPS - 2];
    }

    /** Publishes a message that comes back. */
    private double trip(LineClient healthy, long began) {
        String value = "healthy:" + ++sequence;
        arrival = new CompletableFuture<>();
        awaited = value;
        Position at = healthy.publish(TOPIC, value).orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
        history.acknowledge(TOPIC, value, at);
        return (arrival.orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join() - began) / 1e6;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    /** Of server and clients together, after a collection. */
    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
