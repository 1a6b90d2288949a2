package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.LineClient.Position;
import dev.partyline.testing.PartylineServer;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that forgets everything, and browsers that come back to it. */
@Timeout(120)
class RestartIT {

    private static final String[] TOPICS = {"demo.busy", "demo.calm", "demo.silent"};
    /** With the one that all hear. */
    private static final String[] ALL = {"*", "demo.busy", "demo.calm", "demo.silent"};
    private static final int READERS = 6;
    private static final int RESTARTS = 3;
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final History history = new History();

    /** Hears what the history hears, and remembers the gaps. */
    private final class Reader implements Listener {

        private final Listener listener;
        /** In which epochs each topic was welcomed with a gap. */
        private final ConcurrentMap<String, List<String>> gaps = new ConcurrentHashMap<>();

        private Reader(String name) {
            listener = history.reader(name);
        }

        @Override
        public void joined(String topic, Position at, boolean gap) {
            if (gap) {
                gaps.computeIfAbsent(topic, name -> new CopyOnWriteArrayList<>()).add(at.epoch());
            }
            listener.joined(topic, at, gap);
        }

        @Override
        public void onFrame(JsonObject frame) {
            listener.onFrame(frame);
        }
    }

    @Test
    void eachTopicOfEachTabIsToldAGapWhenTheServerHasLostItsMemory() {
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.log.messages", "100000", "partyline.log.chars", "50000000");
        List<Reader> readers = IntStream.range(0, READERS).mapToObj(i -> new Reader("reader-" + i)).toList();
        AtomicBoolean more = new AtomicBoolean(true);
        try (PartylineServer server = new PartylineServer(settings)) {
            List<LineClient> clients = IntStream.range(0, READERS).mapToObj(i -> new LineClient(server.line(), "reader-" + i, readers.get(i), TOPICS)).toList();
            await().until(() -> clients.stream().allMatch(LineClient::isWelcome));
            LineClient publisher = new LineClient(server.line(), "publisher", new Listener() { });
            Publishing publishing = new Publishing(publisher, "p", history, 8, number -> more.get(), TOPICS[0], TOPICS[0], TOPICS[1]);

            for (int restart = 1; restart <= RESTARTS; restart++) {
                int heard = history.received();
                await().until(() -> history.received() > heard + 1000);
                server.stop();
                server.start();
                int lines = restart + 1;
                await().atMost(AT_MOST).until(() -> clients.stream().allMatch(client -> client.freshLines() == lines && client.isWelcome()));
            }
            int heard = history.received();
            await().until(() -> history.received() > heard + 1000);
            more.set(false);
            await().atMost(AT_MOST).until(publishing::isOver);
            await().atMost(AT_MOST).untilAsserted(() -> assertThat(history.behind()).isEmpty());

            System.out.printf("RestartIT: %d restarts, %d published, %d outcomes unknown, %d heard, %d gaps told%n", RESTARTS, history.acknowledged(),
                publishing.unknown(), history.received(), history.gaps());
            assertThat(history.violations()).isEmpty();
            assertThat(clients).allSatisfy(client -> assertThat(client.complaints()).isEmpty());
            assertThat(readers).allSatisfy(reader -> {
                assertThat(reader.gaps).containsOnlyKeys(ALL);
                assertThat(reader.gaps.values()).allSatisfy(epochs -> assertThat(epochs).hasSize(RESTARTS).doesNotHaveDuplicates());
            });
            clients.forEach(LineClient::close);
            publisher.close();
        }
    }
}
