package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Fuzzing;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Ten clients that send whatever comes to mind, and share lines, keys and ids of tabs, beside two that are well. {@code -Dfuzz.seconds} runs it longer.
 *
 * <p>Tomcat's threads end with an exception if a socket is closed while a long message goes out; Awaitility would take that for a failure.
 */
final class ProtocolFuzz {

    /** With which the server runs: times are short, so that all is over soon, and only the rates are no limit. */
    static final Map<String, String> SETTINGS = settings();

    private static final int CLIENTS = 10;
    private static final int UNDER_WAY = 4;
    /** Half of what its topic retains: on a slow machine the healthy client publishes less, and has no gap. */
    private static final int MOST_UNHEARD = 32;
    private static final String SECRET = "SECRET-MARKER";
    private static final String HEALTHY_TOPIC = "demo.healthy";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration BETWEEN_SECRETS = Duration.ofMillis(300);
    private static final Duration UNTIL_ALL_IS_OVER = Duration.ofSeconds(90);

    private final Fuzzing fuzzing;
    private final URI line;
    private final ServerAccess access;
    private final History history = new History();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicLong frames = new AtomicLong();
    private final AtomicInteger sockets = new AtomicInteger();
    private final AtomicInteger secretsHeard = new AtomicInteger();
    private volatile boolean failed;

    /** @param line where the line of the server is */
    ProtocolFuzz(Fuzzing fuzzing, URI line, ServerAccess access) {
        this.fuzzing = fuzzing;
        this.line = line;
        this.access = access;
    }

    void run() throws InterruptedException {
        try (LineClient healthy = new LineClient(line, "healthy", history.reader("healthy"), HEALTHY_TOPIC).timeout(TIMEOUT);
             LineClient confidant = new LineClient(line, "confidant", confidant(), "demo.secret").timeout(TIMEOUT)) {
            await().dontCatchUncaughtExceptions().atMost(TIMEOUT).until(() -> healthy.isWelcome() && confidant.isWelcome());

            int secrets = fuzz(healthy, confidant);

            assertThat(violations).isEmpty();
            assertThat(history.violations()).isEmpty();
            assertThat(history.gaps()).isZero();
            assertThat(history.acknowledged()).as("the healthy client goes on").isGreaterThan(100);
            await().dontCatchUncaughtExceptions().untilAsserted(() -> assertThat(secretsHeard).hasValue(2 * secrets));
            assertThat(Stream.of(healthy, confidant)).allSatisfy(client -> {
                assertThat(client.complaints()).isEmpty();
                assertThat(client.freshLines()).isEqualTo(1);
            });
            await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).untilAsserted(() -> assertThat(access.metric("partyline_lines")).as("lines that are left").isEqualTo(2));
            System.out.printf("Protocol fuzz: %d frames over %d sockets; %d published beside, %d secrets%n", frames.get(), sockets.get(), history.acknowledged(), secrets);
        }
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.lines.per.address", "100000", "partyline.plain.after", "1s", "partyline.demo.broadcast.after", "2s", "partyline.send.within", "3s"));
        settings.putAll(Map.of("partyline.hold", "5s", "partyline.silence", "20s", "partyline.keep.alive", "5s", "partyline.log.age", "20s", "partyline.log.messages", "64",
            "partyline.log.chars", "200000", "partyline.inbox.messages", "64", "partyline.lines.per.address.rate", "100000"));
        return settings;
    }

    private LineClient.Listener confidant() {
        return new LineClient.Listener() {
            @Override
            public void onFrame(JsonObject frame) {
                if (frame.toString().contains(SECRET)) {
                    secretsHeard.incrementAndGet();
                }
            }
        };
    }

    /** How many secrets were sent to the confidant, by its tab and by its topic. */
    private int fuzz(LineClient healthy, LineClient confidant) throws InterruptedException {
        long end = System.nanoTime() + fuzzing.duration().toNanos();
        BooleanSupplier more = () -> !failed && System.nanoTime() - end < 0;
        FrameGrammar.Known known = new FrameGrammar.Known();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Random random = Fuzzing.random(i);
            FuzzClient client = new FuzzClient(line, random, known, new FrameGrammar(random, known, List.of(healthy.tab(), confidant.tab())), SECRET, violations, frames);
            Thread thread = new Thread(() -> {
                while (more.getAsBoolean()) {
                    sockets.incrementAndGet();
                    client.connectOnce();
                }
            }, "fuzz-" + i);
            thread.setUncaughtExceptionHandler((broken, e) -> violations.add(broken.getName() + " failed: " + e));
            thread.start();
            threads.add(thread);
        }
        try {
            Publishing publishing = new Publishing(healthy, "healthy", history, UNDER_WAY, number -> isHeard(number - MOST_UNHEARD, more), HEALTHY_TOPIC);
            int secrets = sendSecrets(healthy, confidant, more);
            for (Thread thread : threads) {
                thread.join();
            }
            await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).until(publishing::isOver);
            await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).untilAsserted(() -> assertThat(history.behind()).isEmpty());
            return secrets;
        } catch (RuntimeException | Error e) {
            failed = true;
            throw e;
        }
    }

    /** Waits until the healthy client has heard so many messages; false if all is over. */
    private boolean isHeard(int count, BooleanSupplier more) {
        while (more.getAsBoolean() && heard() < count) {
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
        return more.getAsBoolean();
    }

    private int heard() {
        return history.received("healthy", HEALTHY_TOPIC);
    }

    private int sendSecrets(LineClient healthy, LineClient confidant, BooleanSupplier more) {
        int secrets = 0;
        while (more.getAsBoolean()) {
            int before = heard();
            assertThat(access.post("topics/demo.secret", "{\"value\":\"" + SECRET + "\"}")).isEqualTo(200);
            assertThat(access.post("tabs/" + confidant.tab(), "{\"type\":\"note\",\"value\":\"" + SECRET + "\"}")).isEqualTo(200);
            assertThat(healthy.request("hi", "1").join()).isPresent();
            secrets++;
            // Not only at the end, which may be an hour away.
            assertThat(history.gaps()).as("gaps of the healthy client").isZero();
            await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).until(() -> heard() > before || !more.getAsBoolean());
            LockSupport.parkNanos(BETWEEN_SECRETS.toNanos());
        }
        return secrets;
    }
}
