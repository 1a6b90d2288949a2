package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An intranet without https: no Web Locks, no {@code crypto.randomUUID}, and the same promises. */
@Except(modes = "direct", why = "locks and pings are between tabs and a shared worker")
class PlainHttpIT {

    private static final String NO_NAME = "this engine knows no other name for this machine without changes to the machine";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    /** With less patience for a tab or a worker that does not answer. */
    private static ClientBuild impatient;

    @BeforeAll
    static void build() {
        impatient = ClientBuild.of("impatient", Map.of("worker/tabs/tab-liveness.js PING_INTERVAL", "1_000", "worker/tabs/tab-liveness.js PING_TIMEOUT", "4_000",
            "tab/worker-connection.js IDLE_TIMEOUT", "4_000", "tab/worker-connection.js PROBE_TIMEOUT", "2_000"));
    }

    @OnEveryEngine
    @Except(engines = "webkit", why = NO_NAME)
    void tabsShareALineAndAreForgotten(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = open(session);
            LinePage goes = open(session);
            assertThat(stays.tab().is("() => !isSecureContext && navigator.locks === undefined && crypto.randomUUID === undefined")).isTrue();
            assertThat(stays.status("mode")).isEqualTo("shared");
            assertThat(server.proxy().sockets()).hasSize(1);
            assertThat(goes.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + goes.id()));

            goes.tab().close();

            await("the other tab to know").until(() -> stays.status("tabs").equals("1"));
            assertThat(stays.trouble()).isEmpty();
        }
    }

    @OnEveryEngine
    @Except(engines = "firefox", why = "a killed content process ends the whole browser under automation")
    @Except(engines = "webkit", why = NO_NAME)
    void crashedTabIsFoundByPings(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = openImpatient(session);
            LinePage crashes = openImpatient(session);
            String id = crashes.id();

            ((PlaywrightEngine.PlaywrightTab) crashes.tab()).crash();

            await("the other tab to know").atMost(Duration.ofSeconds(40)).until(() -> stays.status("tabs").equals("1"));
            assertThat(server.proxy().open().get(0).up("\"$tab\"", id, "\"gone\"")).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(engines = "firefox", why = "a killed content process ends the whole browser under automation")
    @Except(engines = "webkit", why = NO_NAME)
    void crashedWorkerIsFoundBySilence(Engine engine) {
        try (Session session = engine.session()) {
            LinePage maker = openImpatient(session);
            List<LinePage> others = List.of(openImpatient(session), openImpatient(session));

            ((PlaywrightEngine.PlaywrightTab) maker.tab()).crash();

            await("another socket").atMost(Duration.ofSeconds(45)).until(() -> server.proxy().sockets().size() == 2);
            for (LinePage page : others) {
                await("an answer").ignoreExceptions().atMost(Duration.ofSeconds(45)).until(() -> page.request("greeting", null) != null);
            }
        }
    }

    private static LinePage open(Session session) {
        return LinePage.at(session, server.plainUrl(LinePage.address("{}"))).ready();
    }

    private static LinePage openImpatient(Session session) {
        return LinePage.at(session, server.plainUrl(impatient.address())).ready();
    }
}
