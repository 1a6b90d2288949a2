package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.FaultProxy;
import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.PartylineServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hundreds of browsers whose network fails in the same moment. */
@Timeout(150)
class HerdIT {

    private static final String TOPIC = "demo.herd";
    private static final int LINES = 500;
    private static final int STORMS = 2;
    private static final Duration AT_MOST = Duration.ofSeconds(40);
    /** Each message is read by all lines. One after the other, they would leave those that return no processor. */
    private static final Duration BETWEEN_MESSAGES = Duration.ofMillis(100);
    /** What two cores need for all that return is no sign of death. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final History history = new History();
    private final List<LineClient> herd = new ArrayList<>();

    @AfterEach
    void closeAll() {
        herd.forEach(LineClient::close);
    }

    @Test
    void allThatWereCutAtOnceComeBackToTheirLinesAndMissNothing() {
        Map<String, String> settings = Map.of("partyline.rate", "1000000", "partyline.rate.burst", "1000000",
            "partyline.lines.per.address", "10000", "partyline.sockets.per.address", "10000", "partyline.log.messages", "100000", "partyline.log.chars", "50000000");
        AtomicBoolean more = new AtomicBoolean(true);
        try (PartylineServer server = new PartylineServer(settings); FaultProxy proxy = new FaultProxy(server.port());
             LineClient publisher = new LineClient(server.line(), "publisher", new Listener() { }).timeout(TIMEOUT)) {
            for (int i = 0; i < LINES; i++) {
                herd.add(new LineClient(proxy.uri(server.line()), "tab-" + i, history.reader("tab-" + i), TOPIC).timeout(TIMEOUT));
            }
            await().atMost(AT_MOST).until(() -> herd.stream().allMatch(LineClient::isWelcome));
            Publishing publishing = new Publishing(publisher, "p", history, 1, number -> isDue(more), TOPIC);

            for (int storm = 1; storm <= STORMS; storm++) {
                int heard = history.received();
                await().atMost(AT_MOST).until(() -> history.received() > heard + LINES);
                long cut = System.nanoTime();
                assertThat(proxy.cutAll()).isGreaterThanOrEqualTo(LINES);
                int sockets = storm + 1;
                await().atMost(AT_MOST).until(() -> herd.stream().allMatch(tab -> tab.sockets() >= sockets && tab.isWelcome()));
                System.out.printf("HerdIT: %d lines back after %d ms%n", LINES, Duration.ofNanos(System.nanoTime() - cut).toMillis());
            }
            more.set(false);
            await().atMost(AT_MOST).until(publishing::isOver);
            await().atMost(AT_MOST).untilAsserted(() -> assertThat(history.behind()).isEmpty());

            System.out.printf("HerdIT: %d published, %d heard%n", history.acknowledged(), history.received());
            assertThat(history.violations()).isEmpty();
            assertThat(history.gaps()).isZero();
            assertThat(herd).allSatisfy(tab -> {
                assertThat(tab.complaints()).isEmpty();
                assertThat(tab.freshLines()).as("one line for life").isEqualTo(1);
            });
        }
    }

    private static boolean isDue(AtomicBoolean more) {
        await().pollDelay(BETWEEN_MESSAGES).until(() -> true);
        return more.get();
    }
}
