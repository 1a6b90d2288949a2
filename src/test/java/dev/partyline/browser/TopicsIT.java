package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.extension.RegisterExtension;

/** Topics over many tabs: joined once, heard by each that listens, in order. */
@InBothModes
class TopicsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void fourTabsThatJoinAreOneJoin(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(4, session, server);
            LinePage deaf = LinePage.open(session, server);

            pages.forEach(page -> page.join("demo.four"));
            pages.get(0).publish("demo.four", "once");

            for (LinePage page : pages) {
                await("the message").until(() -> page.values().equals(List.of("once")));
            }
            assertThat(deaf.posted("frame.topic === 'demo.four'")).as("to a tab that did not join").isEmpty();
            assertThat(server.proxy().open().get(0).up("\"$join\"", "demo.four")).hasSize(1);
            assertThat(server.proxy().open().get(0).down("\"once\"", "\"topic\":\"demo.four\"")).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void lastTabToLeaveLeavesForAll(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(2, session, server);
            pages.forEach(page -> page.tab().eval("async () => { window.joined = join('demo.leave'); await joined.ready; }"));
            RecordedSocket socket = server.proxy().open().get(0);

            pages.get(0).tab().eval("() => { joined.close(); }");
            pages.get(1).publish("demo.leave", 1);
            await("the other to hear").until(() -> pages.get(1).values().equals(List.of(1)));
            assertThat(pages.get(0).values()).isEmpty();
            assertThat(socket.up("\"$leave\"", "demo.leave")).isEmpty();

            pages.get(1).tab().close();
            await("the line to leave").until(() -> socket.up("\"$leave\"", "demo.leave").size() == 1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void lateTabIsServedByTheWorker(Engine engine) {
        try (Session session = engine.session()) {
            LinePage first = LinePage.open(session, server).join("demo.late");
            Object start = first.tab().eval("async () => (await line.join('demo.late', () => {}).ready).at");
            for (int i = 0; i < 5; i++) {
                first.publish("demo.late", i);
            }
            LinePage late = LinePage.open(session, server);

            late.tab().eval("since => { join('demo.late', { since }); }", start);

            await("what it asked for").until(() -> late.values().equals(List.of(0, 1, 2, 3, 4)));
            assertThat(server.proxy().open().get(0).up("\"$join\"", "demo.late")).hasSize(1);
        }
    }

    @OnEveryEngine
    void manyMessagesArriveInOrderInEveryTab(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(5, session, server);
            pages.forEach(page -> page.join("demo.order"));

            pages.get(0).tab().eval("async () => { for (let n = 0; n < 100; n++) line.publish('demo.order', n); }");

            for (LinePage page : pages) {
                await("all of them").until(() -> page.values().size() == 100);
                assertThat(page.values()).isEqualTo(IntStream.range(0, 100).boxed().toList());
            }
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void chattyTabDoesNotStarveTheOthers(Engine engine) {
        try (Session session = engine.session()) {
            LinePage chatty = LinePage.open(session, server);
            LinePage quiet = LinePage.open(session, server);
            chatty.tab().eval("() => { for (let n = 0; n < 250; n++) line.send('chatter', n).catch(() => {}); }");

            assertThat(quiet.request("greeting", null)).isNotNull();

            // Beyond the burst the server takes 50 a second. The quiet tab must not wait until all of that is said.
            assertThat(server.proxy().open().get(0).up("\"chatter\"")).hasSizeLessThan(250);
        }
    }

    @OnEveryEngine
    void whatCannotBeSentFailsWithItsSender(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            LinePage other = LinePage.open(session, server);

            for (String value : List.of("10n", "() => {}", "(() => { const self = {}; return self.self = self; })()")) {
                assertThat(page.outcome("line.request('unspeakable', " + value + ")")).as(value).containsEntry("code", "bad_value");
            }
            assertThat(page.outcome("line.request('large', 'x'.repeat(100_000))")).containsEntry("code", "too_large")
                .containsEntry("retryable", false);

            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(other.request("greeting", null)).isNotNull();
            assertThat(server.proxy().sockets()).as("nothing of it cost anybody a socket").hasSize(engine.mode() == Mode.SHARED ? 1 : 2);
        }
    }
}
