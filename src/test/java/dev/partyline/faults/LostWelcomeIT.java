package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.PartylineServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A browser whose very first welcome never arrives, so that it knows neither line nor key. */
class LostWelcomeIT {

    @Test
    void tabWhoseFirstWelcomeWasLostIsServedOnTheNextLine() {
        try (PartylineServer server = new PartylineServer()) {
            // To the server this is one that never read its welcome: it leaves before it acknowledges anything. The next, of the same tab, knows nothing of it.
            LineClient first = new LineClient(server.line(), "tab-1", new Listener() { });
            await().until(first::isWelcome);
            first.close();
            try (LineClient again = new LineClient(server.line(), "tab-1", new Listener() { })) {
                assertThat(again.request("hello", "1")).succeedsWithin(Duration.ofSeconds(10));
            }
        }
    }
}
