package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of the application: said aloud, and leaving nothing behind. */
@Timeout(120)
class StopIT {

    @Test
    void everyClientIsToldBeforeTheConnectionEnds() throws InterruptedException {
        List<BareClient> clients = new ArrayList<>();
        PartylineServer server = new PartylineServer(Map.of("partyline.demo.broadcast.after", "1h"));
        try {
            for (int i = 0; i < 50; i++) {
                BareClient client = new BareClient(server.line());
                client.text(i % 2 == 0 ? "{\"type\":\"$hello\",\"v\":1}" : "{\"data\":{\"from\":\"stop-1\"}}");
                client.message();
                clients.add(client);
            }
            BareClient silent = new BareClient(server.line());
            Thread stopping = new Thread(server::stop);
            stopping.start();
            for (int i = 0; i < clients.size(); i++) {
                if (i % 2 == 0) {
                    assertThat(clients.get(i).message()).contains("$bye", "4000", "after");
                }
                assertThat(clients.get(i).closeCode()).isEqualTo(4000);
            }
            assertThat(silent.closeCode()).isEqualTo(4000);
            silent.close();
            stopping.join();
        } finally {
            clients.forEach(BareClient::close);
            server.close();
        }
    }

    @Test
    void redeploysLeaveNoThread() {
        Set<String> before = threads();
        try (PartylineServer server = new PartylineServer()) {
            for (int i = 0; i < 5; i++) {
                try (BareClient client = new BareClient(server.line())) {
                    client.text("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"re-1\"]}\n{\"type\":\"a\",\"from\":\"re-1\",\"id\":1}");
                    assertThat(client.message()).contains("$welcome");
                    assertThat(threads()).isNotEmpty();
                }
                server.stop();
                server.start();
            }
        }

        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
    }

    private static Set<String> threads() {
        Set<String> names = new TreeSet<>();
        Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("partyline")).forEach(names::add);
        return names;
    }
}
