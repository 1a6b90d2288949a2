package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.FaultProxy;
import dev.partyline.testing.FaultProxy.Fault;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.PartylineServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers and readers over a network that misbehaves all the time. {@code -Dpartyline.seed} repeats a run's choices. */
@Timeout(180)
class FaultsIT {

    private static final String[] TOPICS = {"demo.one", "demo.two", "demo.three"};
    private static final int PUBLISHERS = 5;
    private static final int READERS = 8;
    private static final int UNDER_WAY = 24;
    private static final Duration TIME = Duration.ofSeconds(15);
    private static final Duration UNTIL_ALL_IS_HEARD = Duration.ofSeconds(40);

    private final long seed = Long.getLong("partyline.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = new History();
    private final List<LineClient> publishers = new ArrayList<>();
    private final List<LineClient> readers = new ArrayList<>();
    private final AtomicInteger faults = new AtomicInteger();

    @BeforeEach
    void sayTheSeed() {
        System.out.println("FaultsIT: partyline.seed=" + seed);
    }

    @AfterEach
    void closeAll() {
        clients().forEach(LineClient::close);
    }

    private Stream<LineClient> clients() {
        return Stream.concat(publishers.stream(), readers.stream());
    }

    @Test
    void whereTheLogIsLongNothingIsMissingWhateverTheNetworkDoes() {
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.log.messages", "50000", "partyline.log.chars", "50000000");

        disturb(settings, TIME, Duration.ZERO);

        assertThat(history.gaps()).isZero();
        assertThat(history.acknowledged()).isGreaterThan(1_000);
    }

    @Test
    void whereTheLogIsShortWhatIsMissingIsToldWhateverTheNetworkDoes() {
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.log.messages", "100", "partyline.window.chars", "8192", "partyline.batch.chars", "4096");

        disturb(settings, TIME, Duration.ofMillis(700));

        assertThat(history.gaps()).as("the slow and the cut miss something").isPositive();
        assertThat(history.acknowledged()).isGreaterThan(1_000);
    }

    /** @param deafness how long every second reader stops reading, again and again */
    private void disturb(Map<String, String> settings, Duration time, Duration deafness) {
        try (PartylineServer server = new PartylineServer(settings); FaultProxy proxy = new FaultProxy(server.port())) {
            for (int i = 0; i < READERS; i++) {
                LineClient reader = new LineClient(proxy.uri(server.line()), "reader-" + i, history.reader("reader-" + i), TOPICS);
                readers.add(i % 2 == 0 ? reader : reader.delayReads(deafness));
            }
            for (int i = 0; i < PUBLISHERS; i++) {
                publishers.add(new LineClient(proxy.uri(server.line()), "publisher-" + i, new LineClient.Listener() { }));
            }
            await().until(() -> clients().allMatch(LineClient::isWelcome));

            long end = System.nanoTime() + time.toNanos();
            List<Publishing> publishing = publishers.stream()
                .map(publisher -> new Publishing(publisher, publisher.tab(), history, UNDER_WAY, number -> System.nanoTime() - end < 0, TOPICS)).toList();
            strikeUntil(end, proxy);
            proxy.heal();
            await().atMost(UNTIL_ALL_IS_HEARD).until(() -> publishing.stream().allMatch(Publishing::isOver));
            await().atMost(UNTIL_ALL_IS_HEARD).untilAsserted(() -> assertThat(history.behind()).isEmpty());

            int unknown = publishing.stream().mapToInt(Publishing::unknown).sum();
            System.out.printf("FaultsIT: %d faults, %d sockets, %d replaced by a late hello, %d published, %d outcomes unknown, %d heard, %d gaps told%n", faults.get(),
                clients().mapToInt(LineClient::sockets).sum(), clients().mapToInt(LineClient::replaced).sum(), history.acknowledged(), unknown, history.received(), history.gaps());
            assertThat(history.violations()).isEmpty();
            assertThat(clients()).allSatisfy(client -> {
                assertThat(client.complaints()).isEmpty();
                assertThat(client.freshLines()).as("one line for life").isEqualTo(1);
            });
            assertThat(unknown).as("while its line is held, each request has an outcome").isZero();
            assertThat(faults.get()).isGreaterThan(100);
        }
    }

    private void strikeUntil(long end, FaultProxy proxy) {
        Fault[] kinds = Fault.values();
        while (System.nanoTime() - end < 0) {
            if (proxy.strike(kinds[random.nextInt(kinds.length)], random)) {
                faults.incrementAndGet();
            }
            long next = System.nanoTime() + Duration.ofMillis(20 + random.nextInt(60)).toNanos();
            await().pollInterval(Duration.ofMillis(5)).pollDelay(Duration.ZERO).until(() -> System.nanoTime() - next > 0);
        }
    }
}
