package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** A proxy between the two cuts connections over which nothing passes. */
@InBothModes
@InOneEngine
class IdleProxyIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.keep.alive", "PT0.5S"));

    @OnEveryEngine
    void serverKeepsAnIdleLineFromBeingCut(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            server.proxy().cutIdle(Duration.ofSeconds(2));

            await("six signs of life, which take longer than the proxy waits").until(() -> server.proxy().sockets().get(0).down("\"$ping\"").size() >= 6);

            assertThat(page.status("state")).isEqualTo("open");
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void lineThatIsCutAgainAndAgainIsBackEachTime(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server).join("demo.proxy").listen("gap");
            server.proxy().cutIdle(Duration.ofMillis(400));
            await("several cuts").until(() -> server.proxy().sockets().size() >= 3);

            page.publish("demo.proxy", "still here");

            await("what was published").until(() -> page.values().contains("still here"));
            assertThat(page.values()).hasSize(1);
            assertThat(page.trouble()).isEmpty();
        }
    }
}
