package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import dev.partyline.browser.ChromiumWindow.WindowTab;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tabs that nobody sees: hidden, frozen, discarded. The server is told, the line is in no hurry, and nothing is missed. */
@Except(engines = "firefox", why = "under automation every page is visible, and nothing freezes or discards one on demand")
@Except(engines = "webkit", why = "under automation nothing freezes or discards a page on demand")
class HiddenTabsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.rate", "10000", "partyline.rate.burst", "10000",
        "partyline.log.chars", "33554432", "partyline.log.messages", "1000"));

    /** That waits long after the first failure already. */
    private static ClientBuild patient;

    @BeforeAll
    static void build() {
        patient = ClientBuild.of("patient-when-hidden", Map.of("worker/connection/backoff.js BASE", "60_000"));
    }

    @OnEveryEngine
    void serverIsToldWhichTabsAreSeen(Engine engine) {
        try (ChromiumWindow window = window(engine)) {
            LinePage first = open(window);
            LinePage second = open(window);
            RecordedSocket socket = server.proxy().open().get(0);
            await("the first to be hidden").until(() -> !socket.up("\"$tab\"", first.id(), "\"hidden\"").isEmpty());
            assertThat(socket.up("\"$tab\"", second.id(), "\"hidden\"")).isEmpty();

            tab(first).show();

            await("the first to be seen").until(() -> !socket.up("\"$tab\"", first.id(), "\"visible\"").isEmpty());
            await("the second to be hidden").until(() -> !socket.up("\"$tab\"", second.id(), "\"hidden\"").isEmpty());
        }
    }

    @OnEveryEngine
    void lineThatNobodySeesWaitsAndIsBackWhenSomebodyDoes(Engine engine) {
        try (ChromiumWindow window = window(engine)) {
            LinePage page = LinePage.at(window, server.url(patient.address())).ready();
            window.open(server.url("/pages/elsewhere.html"));
            await("the page to be hidden").until(() -> page.tab().is("() => document.hidden"));
            server.proxy().disconnect();
            await("a long wait").atMost(Duration.ofMinutes(2)).until(() -> page.tab().is("() => line.status.retryAt > Date.now() + 10_000"));
            Object retryAt = page.tab().eval("() => line.status.retryAt");
            server.proxy().connect();

            tab(page).show();

            page.ready();
            assertThat(page.tab().is("retryAt => Date.now() < retryAt", retryAt)).as("sooner than it would have tried").isTrue();
        }
    }

    @OnEveryEngine
    void frozenTabCatchesUpWithoutAskingTheServer(Engine engine) {
        try (ChromiumWindow window = window(engine); Session elsewhere = engine.session()) {
            LinePage freezes = open(window).join("demo.freeze").listen("gap");
            LinePage stays = open(window).join("demo.freeze");
            LinePage publisher = LinePage.open(elsewhere, server);
            RecordedSocket socket = server.proxy().sockets().get(0);
            tab(freezes).freeze();

            publisher.tab().eval("topic => publishNumbered(topic, 200)", "demo.freeze");
            await("others not to be held up").until(() -> stays.values().size() == 200);
            assertThat(freezes.values()).as("heard while frozen").isEmpty();
            tab(freezes).thaw();

            await("all of it, in order").until(() -> freezes.values().equals(IntStream.range(0, 200).boxed().toList()));
            assertThat(socket.up("\"$join\"", "demo.freeze")).as("asked of the server").hasSize(1);
            assertThat(freezes.request("greeting", null)).isNotNull();
            assertThat(stays.status("tabs")).isEqualTo("2");
        }
    }

    @OnEveryEngine
    void tabThatWasFrozenForTooLongIsToldOfAGap(Engine engine) {
        try (ChromiumWindow window = window(engine); Session elsewhere = engine.session()) {
            LinePage freezes = open(window).join("demo.long").listen("gap");
            LinePage stays = open(window).join("demo.long").listen("gap");
            LinePage publisher = LinePage.open(elsewhere, server);
            tab(freezes).freeze();

            publisher.tab().eval("topic => publishNumbered(topic, 500)", "demo.long");
            await("others to have all").until(() -> stays.values().equals(IntStream.range(0, 500).boxed().toList()));
            tab(freezes).thaw();

            await("the last").until(() -> freezes.values().contains(499));
            List<Object> numbers = freezes.heard().stream().filter(message -> message.containsKey("topic")).map(message -> message.get("value")).toList();
            assertThat(freezes.heard().stream().filter(message -> "gap".equals(message.get("type")))).as("told").hasSize(1);
            assertThat(numbers).doesNotHaveDuplicates().isSortedAccordingTo((one, other) -> (Integer) one - (Integer) other);
            assertThat(numbers.size()).as("heard, with one hole in it").isLessThan(500);
        }
    }

    @OnEveryEngine
    void discardedTabIsForgottenAndComesBackAsAnother(Engine engine) {
        try (ChromiumWindow window = window(engine)) {
            LinePage discarded = open(window);
            LinePage stays = open(window);
            String id = discarded.id();

            tab(discarded).discard();

            await("the server to be told").until(() -> server.proxy().sockets().stream().anyMatch(each -> !each.up("\"$tab\"", id, "\"gone\"").isEmpty()));
            await("the other tab to know").until(() -> stays.status("tabs").equals("1"));
            tab(discarded).show();
            await("the page to load anew").ignoreExceptions().until(() -> discarded.status("state").equals("open"));
            assertThat(discarded.id()).isNotEqualTo(id);
            await("both to be counted").until(() -> stays.status("tabs").equals("2"));
            assertThat(server.proxy().open()).hasSize(1);
        }
    }

    private static ChromiumWindow window(Engine engine) {
        return ((PlaywrightEngine) engine).window();
    }

    private static LinePage open(ChromiumWindow window) {
        return LinePage.open(window, server);
    }

    private static WindowTab tab(LinePage page) {
        return (WindowTab) page.tab();
    }
}
