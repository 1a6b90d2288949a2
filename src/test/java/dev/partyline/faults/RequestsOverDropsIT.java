package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.FaultProxy;
import dev.partyline.testing.FaultProxy.Fault;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.LineClient.Position;
import dev.partyline.testing.PartylineServer;
import jakarta.json.JsonArray;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests on lines whose sockets drop hundreds of times, some of them with frames that arrive when the client is long back. */
@Timeout(150)
class RequestsOverDropsIT {

    private static final String[] TYPES = {"count", "countNonBlocking", "countLater"};
    private static final Fault[] FAULTS = {Fault.CUT, Fault.CUT, Fault.LATE, Fault.LATE, Fault.STALL, Fault.TRICKLE};
    private static final int CLIENTS = 6;
    private static final int UNDER_WAY = 16;
    private static final Duration TIME = Duration.ofSeconds(20);
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final long seed = Long.getLong("partyline.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = new History();
    private final List<LineClient> clients = new ArrayList<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger settled = new AtomicInteger();

    @AfterEach
    void closeAll() {
        clients.forEach(LineClient::close);
    }

    @Test
    void eachRequestIsAnsweredAndRunOnceHoweverOftenTheSocketDrops() {
        System.out.println("RequestsOverDropsIT: partyline.seed=" + seed);
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.log.messages", "1000000", "partyline.log.chars", "200000000");
        try (CountingWar war = new CountingWar(); PartylineServer server = war.start(settings); FaultProxy proxy = new FaultProxy(server.port());
             LineClient counter = new LineClient(server.line(), "counter", history.reader("counter"), CountingApplication.RAN)) {
            await().until(counter::isWelcome);
            for (int i = 0; i < CLIENTS; i++) {
                LineClient client = new LineClient(proxy.uri(server.line()), "tab-" + i, new Listener() { });
                clients.add(i % 2 == 0 ? client : client.insist());
            }
            await().until(() -> clients.stream().allMatch(LineClient::isWelcome));
            long end = System.nanoTime() + TIME.toNanos();
            List<Thread> asking = clients.stream().map(client -> new Thread(() -> ask(client, end), "asking-" + client.tab())).toList();
            asking.forEach(Thread::start);
            int drops = strikeUntil(end, proxy);
            await().atMost(AT_MOST).until(() -> asking.stream().noneMatch(Thread::isAlive));
            await().atMost(AT_MOST).untilAsserted(() -> assertThat(history.behind()).isEmpty());

            System.out.printf("RequestsOverDropsIT: %d faults, %d sockets, %d replaced by a late hello, %d requests, %d runs%n", drops,
                clients.stream().mapToInt(LineClient::sockets).sum(), clients.stream().mapToInt(LineClient::replaced).sum(), settled.get(), history.received());
            assertThat(failures).isEmpty();
            assertThat(history.violations()).isEmpty();
            assertThat(history.received()).as("runs").isEqualTo(settled.get());
            assertThat(clients).allSatisfy(client -> {
                assertThat(client.complaints()).isEmpty();
                assertThat(client.freshLines()).as("one line for life").isEqualTo(1);
            });
            assertThat(drops).isGreaterThan(100);
        }
    }

    private int strikeUntil(long end, FaultProxy proxy) {
        int struck = 0;
        while (System.nanoTime() - end < 0) {
            struck += proxy.strike(FAULTS[random.nextInt(FAULTS.length)], random) ? 1 : 0;
            long next = System.nanoTime() + Duration.ofMillis(10 + random.nextInt(60)).toNanos();
            await().pollInterval(Duration.ofMillis(5)).pollDelay(Duration.ZERO).until(() -> System.nanoTime() - next > 0);
        }
        proxy.heal();
        return struck;
    }

    private void ask(LineClient client, long end) {
        Semaphore underWay = new Semaphore(UNDER_WAY);
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 1; System.nanoTime() - end < 0; i++) {
            underWay.acquireUninterruptibly();
            String type = TYPES[i % TYPES.length];
            String value = client.tab() + ":" + i;
            all.add(client.request(type, "\"" + value + "\"").handle((reply, failure) -> {
                settle(type + " " + value, value, reply, failure);
                underWay.release();
                return null;
            }));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    }

    private void settle(String what, String value, Optional<JsonValue> reply, Throwable failure) {
        settled.incrementAndGet();
        if (failure != null) {
            failures.add(what + ": " + failure);
        } else {
            JsonArray at = reply.orElseThrow().asJsonArray();
            history.acknowledge(CountingApplication.RAN, value, new Position(at.getString(0), at.getInt(1)));
        }
    }
}
