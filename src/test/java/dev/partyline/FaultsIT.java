package dev.partyline;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers and readers over a network that misbehaves all the time. {@code -Dpartyline.seed} repeats a run's choices. */
@Timeout(150)
class FaultsIT {

    private static final String TOPIC = "demo.faults";
    private static final int PUBLISHERS = 4;
    private static final int READERS = 6;
    private static final int PER_PUBLISHER = 2500;
    private static final int UNDER_WAY = 4;

    @Test
    void whateverTheNetworkDoesNothingIsLostRepeatedOrReorderedInSilence() {
        long seed = Long.getLong("partyline.seed", System.nanoTime());
        System.out.println("FaultsIT: partyline.seed=" + seed);
        Random random = new Random(seed);
        History history = new History(TOPIC);
        AtomicInteger unknown = new AtomicInteger();
        int faults = 0;
        List<LineClient> clients = new ArrayList<>();
        try (PartylineServer server = new PartylineServer(Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000", "partyline.log.messages", "1000"));
             FaultProxy proxy = new FaultProxy(server.port())) {
            List<LineClient> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                String name = "reader-" + i;
                readers.add(new LineClient(proxy.uri(server.line()), name, frame -> history.heard(name, frame), TOPIC));
            }
            clients.addAll(readers);
            await().until(() -> readers.stream().allMatch(reader -> reader.place(TOPIC).isPresent()));
            List<Thread> publishing = new ArrayList<>();
            for (int i = 0; i < PUBLISHERS; i++) {
                LineClient publisher = new LineClient(proxy.uri(server.line()), "publisher-" + i, frame -> { });
                clients.add(publisher);
                String name = "p" + i;
                publishing.add(new Thread(() -> publish(publisher, name, history, unknown)));
            }
            publishing.forEach(Thread::start);
            while (publishing.stream().anyMatch(Thread::isAlive)) {
                faults += proxy.strike(Fault.values()[random.nextInt(Fault.values().length)], random) ? 1 : 0;
                long next = System.nanoTime() + Duration.ofMillis(20 + random.nextInt(40)).toNanos();
                await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() - next > 0);
            }
            proxy.heal();

            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(history.faults()).isEmpty());
            System.out.printf("FaultsIT: %d faults on %d sockets, %d published, %d heard, %d gaps told, %d outcomes unknown%n", faults,
                clients.stream().mapToInt(LineClient::sockets).sum(), history.acknowledged(), history.messages(), history.gaps(), unknown.get());
            assertThat(clients).allSatisfy(client -> assertThat(client.freshLines()).as("one line for life").isEqualTo(1));
            assertThat(history.acknowledged() + unknown.get()).isEqualTo(PUBLISHERS * PER_PUBLISHER);
            assertThat(faults).isGreaterThan(50);
        } finally {
            clients.forEach(LineClient::close);
        }
    }

    private static void publish(LineClient publisher, String name, History history, AtomicInteger unknown) {
        Semaphore underWay = new Semaphore(UNDER_WAY);
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 1; i <= PER_PUBLISHER; i++) {
            underWay.acquireUninterruptibly();
            String value = name + ":" + i;
            all.add(publisher.publish(TOPIC, "\"" + value + "\"").handle((reply, failure) -> {
                underWay.release();
                if (failure != null) {
                    unknown.incrementAndGet();
                } else {
                    history.acknowledge(value, reply.getJsonObject("value").getJsonArray("at"));
                }
                return null;
            }));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).orTimeout(60, TimeUnit.SECONDS).join();
    }
}
