package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Position;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Ten lines that do harm within their limits, each in its own way, beside one that is well: it misses nothing, and is answered about as fast as without them.
 *
 * <p>Tomcat's threads end with an exception if a socket is closed while a long message goes out; Awaitility would take that for a failure.
 *
 * <p>Latencies are medians of the 99th percentiles of short windows, so that one pause of the machine is no failure; and no less than what a busy machine adds by itself.
 */
final class NoisyNeighbours {

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

    /** What the server retains, it retains for seconds: so the heap comes to rest within the test. */
    static final Map<String, String> SETTINGS = Map.of("partyline.log.age", "5s", "partyline.key.memory", "3s", "partyline.hold", "3s", "partyline.handler.within", "2s",
        "partyline.send.within", "2s");

    private final URI line;
    private final ServerAccess access;
    private final Optional<LongSupplier> heap;
    private final History history = new History();
    private volatile CompletableFuture<Long> arrival = new CompletableFuture<>();
    private volatile String awaited = "";
    private int sequence;

    /**
     * @param line   where the line of a server with the sample application is
     * @param access to its metrics
     * @param heap   how much the server has in use, if that can be known
     */
    NoisyNeighbours(URI line, ServerAccess access, Optional<LongSupplier> heap) {
        this.line = line;
        this.access = access;
        this.heap = heap;
    }

    void run() {
        try (LineClient healthy = new LineClient(line, "healthy", healthy(), TOPIC).timeout(TIMEOUT)) {
            await().dontCatchUncaughtExceptions().atMost(TIMEOUT).until(healthy::isWelcome);
            window(healthy);
            double quiet = median(windows(healthy, QUIET_WINDOWS));

            List<Double> noisy = new ArrayList<>();
            List<Long> used = new ArrayList<>();
            try (HostileLines hostile = new HostileLines(line, healthy.tab(), TOPIC)) {
                await().dontCatchUncaughtExceptions().atMost(TIMEOUT).until(hostile::areAllAtWork);
                for (int i = 0; i < NOISY_WINDOWS; i++) {
                    noisy.add(window(healthy));
                    used.add(heap.map(LongSupplier::getAsLong).orElse(0L));
                }
                System.out.printf("Noisy neighbours: p99 %.1f ms quiet, %.1f ms noisy %s; heap %s MB; %s%n", quiet, median(noisy), noisy.stream().map(Math::round).toList(),
                    used.stream().map(bytes -> bytes >> 20).toList(), hostile);
            }

            await().dontCatchUncaughtExceptions().atMost(TIMEOUT).untilAsserted(() -> assertThat(history.behind()).isEmpty());
            assertThat(history.violations()).isEmpty();
            assertThat(history.gaps()).isZero();
            assertThat(healthy.complaints()).isEmpty();
            assertThat(healthy.freshLines()).isEqualTo(1);
            assertThat(median(noisy)).as("p99 in ms, quiet %.1f", quiet).isLessThanOrEqualTo(2 * Math.max(quiet, FLOOR.toMillis()));
            long atRest = used.get(NOISY_WINDOWS / 2 - 1);
            assertThat(used.subList(NOISY_WINDOWS / 2, NOISY_WINDOWS)).as("heap in use, %s before", atRest).allMatch(bytes -> bytes < HEAP_FACTOR * atRest + HEAP_SLACK);
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
}
