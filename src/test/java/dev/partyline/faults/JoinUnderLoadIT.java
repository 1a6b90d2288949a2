package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Joined;
import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.LineClient.Position;
import dev.partyline.testing.PartylineServer;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tabs that come, go and come back while thousands of messages a second are appended. */
@Timeout(120)
class JoinUnderLoadIT {

    private static final String TOPIC = "demo.busy";
    private static final int PUBLISHERS = 4;
    private static final int UNDER_WAY = 64;
    private static final int JOINERS = 4;
    private static final int FURTHEST_BACK = 2000;
    private static final int PER_VISIT = 300;
    private static final Duration TIME = Duration.ofSeconds(12);

    private final long seed = Long.getLong("partyline.seed", System.nanoTime());
    private final History history = new History();
    private final List<LineClient> clients = new ArrayList<>();

    /** One that hears a topic under a new name at each visit. */
    private final class Joiner implements Listener {

        private final int number;
        private final Random random;
        private final URI uri;
        private LineClient client;
        private volatile String name = "";
        private volatile Listener reader = new Listener() { };
        private Optional<Position> asked = Optional.empty();
        private int visits;

        private Joiner(int number, URI uri) {
            this.number = number;
            this.random = new Random(seed + number);
            this.uri = uri;
            this.client = new LineClient(uri, "visitor-" + number, this);
        }

        @Override
        public void joined(String topic, Position at, boolean gap) {
            reader.joined(topic, at, gap);
        }

        @Override
        public void onFrame(JsonObject frame) {
            reader.onFrame(frame);
        }

        private void visitUntil(long end) {
            while (System.nanoTime() - end < 0) {
                if (random.nextBoolean()) {
                    visitOnTheSameLine();
                } else {
                    visitOnANewLine();
                }
                hearSome();
                leave();
            }
            client.close();
        }

        private void visitOnTheSameLine() {
            come();
            Joined joined = client.join(TOPIC, asked).join();
            assertThat(joined.gap()).isFalse();
            asked.ifPresent(place -> assertThat(joined.at()).isEqualTo(place));
        }

        private void visitOnANewLine() {
            client.close();
            come();
            client = new LineClient(uri, "visitor-" + number + "-" + visits, this, Map.of(TOPIC, asked));
        }

        private void come() {
            visits++;
            asked = random.nextInt(3) == 0 ? Optional.empty() : Optional.of(somewhere());
            name = "visitor-" + number + "#" + visits;
            reader = history.reader(name);
        }

        private Position somewhere() {
            Position now = history.at("steady", TOPIC);
            return new Position(now.epoch(), Math.max(0, now.offset() - random.nextInt(FURTHEST_BACK)));
        }

        private void hearSome() {
            await().until(() -> history.received(name, TOPIC) > PER_VISIT);
            if (random.nextBoolean()) {
                int before = history.received(name, TOPIC);
                client.drop();
                await().until(() -> history.received(name, TOPIC) > before + PER_VISIT);
            }
        }

        private void leave() {
            client.leave(TOPIC).join();
            history.left(name, TOPIC);
        }
    }

    @Test
    void whoJoinsOrResumesAtAPositionWhileManyPublishMissesNothingAndHearsNothingTwice() {
        System.out.println("JoinUnderLoadIT: partyline.seed=" + seed);
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.log.messages", "1000000", "partyline.log.chars", "200000000");
        ExecutorService threads = Executors.newFixedThreadPool(JOINERS);
        try (PartylineServer server = new PartylineServer(settings); LineClient steady = new LineClient(server.line(), "steady", history.reader("steady"), TOPIC)) {
            await().until(steady::isWelcome);
            List<Joiner> visitors = IntStream.range(0, JOINERS).mapToObj(i -> new Joiner(i, server.line())).toList();
            long end = System.nanoTime() + TIME.toNanos();
            List<CompletableFuture<Void>> visiting = visitors.stream()
                .map(visitor -> CompletableFuture.runAsync(() -> visitor.visitUntil(end), threads)).toList();
            List<Publishing> publishing = publishers(server.line()).stream().map(publisher -> new Publishing(publisher, publisher.tab(), history, UNDER_WAY,
                number -> visiting.stream().anyMatch(visit -> !visit.isDone()), TOPIC)).toList();
            visiting.forEach(CompletableFuture::join);
            await().atMost(TIME).until(() -> publishing.stream().allMatch(Publishing::isOver));
            await().atMost(TIME).untilAsserted(() -> assertThat(history.behind()).isEmpty());

            int visits = visitors.stream().mapToInt(visitor -> visitor.visits).sum();
            System.out.printf("JoinUnderLoadIT: %d published, %d visits, %d heard%n", history.acknowledged(), visits, history.received());
            assertThat(history.violations()).isEmpty();
            assertThat(history.gaps()).isZero();
            assertThat(visits).isGreaterThan(JOINERS);
        } finally {
            threads.shutdownNow();
            clients.forEach(LineClient::close);
        }
    }

    private List<LineClient> publishers(URI uri) {
        IntStream.range(0, PUBLISHERS).mapToObj(i -> new LineClient(uri, "publisher-" + i, new Listener() { })).forEach(clients::add);
        return clients;
    }
}
