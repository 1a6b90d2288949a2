package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The only page goes to the back-forward cache, and some browsers freeze the worker with it, its socket open and its
 * pings answered by somebody else. The server must find out.
 */
@InBothModes
class FrozenWorkerIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.silence", "PT3S"));

    @OnEveryEngine
    void cachedPageHoldsNoSocketAndComesBack(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);

            page.tab().go(server.url("/pages/elsewhere.html"));
            await("the socket to be let go").atMost(Duration.ofSeconds(25)).until(() -> server.proxy().open().isEmpty());
            page.tab().back();

            await("the page to be back").ignoreExceptions().until(() -> page.tab().is("() => !!window.line && line.status.state === 'open'"));
            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(server.proxy().open()).hasSize(1);
        }
    }

    @OnEveryEngine
    void lineThatSaysNothingOfItselfStaysOpen(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            long began = System.nanoTime();

            await("twice the silence that is allowed").until(() -> System.nanoTime() - began > Duration.ofSeconds(6).toNanos());

            assertThat(page.status("state")).isEqualTo("open");
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }
}
