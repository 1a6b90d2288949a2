package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Fuzzing;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Ten clients that send whatever comes to mind, and share lines, keys and ids of tabs, beside two that are well. {@code -Dfuzz.seconds} runs it longer.
 *
 * <p>Tomcat's threads end with an exception if a socket is closed while a long message goes out; Awaitility would take that for a failure.
 */
class ProtocolFuzzIT {

    private static final int CLIENTS = 10;
    private static final int UNDER_WAY = 4;
    private static final String SECRET = "SECRET-MARKER";
    private static final String HEALTHY_TOPIC = "demo.healthy";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration UNTIL_ALL_IS_OVER = Duration.ofSeconds(90);

    private final Fuzzing fuzzing = new Fuzzing(ProtocolFuzzIT.class);
    private final History history = new History();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicLong frames = new AtomicLong();
    private final AtomicInteger sockets = new AtomicInteger();
    private final AtomicInteger secretsHeard = new AtomicInteger();

    @Test
    void whateverClientsSendNoOtherIsHarmed() {
        fuzzing.run(() -> {
            try (PartylineServer server = new PartylineServer(settings());
                 LogCapture log = new LogCapture();
                 LineClient healthy = new LineClient(server.line(), "healthy", history.reader("healthy"), HEALTHY_TOPIC).timeout(TIMEOUT);
                 LineClient confidant = new LineClient(server.line(), "confidant", confidant(), "demo.secret").timeout(TIMEOUT)) {
                await().dontCatchUncaughtExceptions().until(() -> healthy.isWelcome() && confidant.isWelcome());
                Set<Thread> eventLoops = eventLoops();
                ServerAccess access = new ServerAccess(server.uri("/partyline"));

                int secrets = fuzz(server, healthy, confidant, access);

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
                assertThat(eventLoops()).isEqualTo(eventLoops).allMatch(Thread::isAlive);
                assertThat(log.messages(Level.WARNING)).isEmpty();
                System.out.printf("ProtocolFuzzIT: %d frames over %d sockets; %d published beside, %d secrets%n", frames.get(), sockets.get(), history.acknowledged(), secrets);
            }
        });
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(Map.of("partyline.api.key", ServerAccess.KEY, "partyline.rate", "1000000", "partyline.rate.burst", "1000000",
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

    private static Set<Thread> eventLoops() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-event-loop")).collect(Collectors.toSet());
    }

    /** How many secrets were sent to the confidant, by its tab and by its topic. */
    private int fuzz(PartylineServer server, LineClient healthy, LineClient confidant, ServerAccess access) throws InterruptedException {
        long end = System.nanoTime() + fuzzing.duration().toNanos();
        BooleanSupplier more = () -> System.nanoTime() - end < 0;
        FrameGrammar.Known known = new FrameGrammar.Known();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Random random = Fuzzing.random(i);
            FuzzClient client = new FuzzClient(server.port(), random, known, new FrameGrammar(random, known, List.of(healthy.tab(), confidant.tab())), SECRET, violations, frames);
            Thread thread = new Thread(() -> {
                while (more.getAsBoolean()) {
                    sockets.incrementAndGet();
                    client.connectOnce();
                }
            }, "fuzz-" + i);
            thread.setUncaughtExceptionHandler((failed, e) -> violations.add(failed.getName() + " failed: " + e));
            thread.start();
            threads.add(thread);
        }
        Publishing publishing = new Publishing(healthy, "healthy", history, UNDER_WAY, number -> more.getAsBoolean(), HEALTHY_TOPIC);
        int secrets = 0;
        while (more.getAsBoolean()) {
            assertThat(access.post("topics/demo.secret", "{\"value\":\"" + SECRET + "\"}")).isEqualTo(200);
            assertThat(access.post("tabs/" + confidant.tab(), "{\"type\":\"note\",\"value\":\"" + SECRET + "\"}")).isEqualTo(200);
            assertThat(healthy.request("hi", "1").join()).isPresent();
            secrets++;
            threads.get(0).join(300);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).until(publishing::isOver);
        await().dontCatchUncaughtExceptions().atMost(UNTIL_ALL_IS_OVER).untilAsserted(() -> assertThat(history.behind()).isEmpty());
        return secrets;
    }
}
