package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** What it is all about: fifteen tabs of one browser on one connection, counted outside the product. */
@Except(modes = "direct", why = "a line that is not shared has one tab")
class FifteenTabsIT {

    private static final int MANY = 15;
    private static final int LINE_IS_SOMEBODY_ELSES = 4507;
    private static final String BROADCAST = "A broadcast for all clients!";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.demo.broadcast.after", "PT1S"));

    /** In one case, since some engines take seconds to open so many. */
    @OnEveryEngine
    void fifteenTabsAreOneConnectionWithAReplyToEachAndABroadcastToAll(Engine engine) {
        int before = server.partyline().upgrades();
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(MANY, session, server);
            assertAreOneConnection(pages, before);
            assertRepliesReachThoseThatAsked(pages);
            assertBroadcastReachesAll(pages);
        }
    }

    private static void assertAreOneConnection(List<LinePage> pages, int before) {
        assertThat(server.proxy().sockets()).hasSize(1);
        assertThat(server.partyline().upgrades() - before).isEqualTo(1);
        for (LinePage page : pages) {
            await("every tab to know of all").until(() -> page.status("tabs").equals("15"));
            assertThat(page.status("mode")).isEqualTo("shared");
            assertThat(page.trouble()).isEmpty();
        }
    }

    private static void assertRepliesReachThoseThatAsked(List<LinePage> pages) {
        pages.forEach(page -> page.tab().eval("() => { posted.length = 0; window.reply = line.request('greeting', line.id); }"));

        for (LinePage page : pages) {
            assertThat(page.tab().eval("() => reply")).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
            assertThat(page.posted("frame.re !== undefined || frame.from !== undefined")).as("posted to %s", page.id())
                .hasSize(1).allSatisfy(frame -> assertThat(frame.toString()).contains(page.id()));
        }
        assertThat(server.proxy().open().get(0).down("Hello tab id: ")).hasSize(MANY);
    }

    private static void assertBroadcastReachesAll(List<LinePage> pages) {
        RecordedSocket first = server.proxy().open().get(0);
        await("the first line's broadcast, which came too early").until(() -> first.down(BROADCAST).size() == 1);
        for (LinePage page : pages) {
            page.request("greeting", null);
            page.tab().eval("() => { posted.length = 0; }");
        }

        // Another line for the same tabs, with all of them there.
        first.close(LINE_IS_SOMEBODY_ELSES);

        for (LinePage page : pages) {
            await("the broadcast").until(() -> page.posted("frame.broadcast === '" + BROADCAST + "'").size() == 1);
        }
        assertThat(server.proxy().open()).hasSize(1).allSatisfy(socket -> assertThat(socket.down(BROADCAST)).hasSize(1));
    }

    /** Each script would cost it a round trip, and it would hear its first message later than by a socket of its own. */
    @OnEveryEngine
    @Except(engines = "webkit", why = "under WebDriver WebKitGTK asks for every file again, whatever its headers say")
    void secondTabAsksTheServerForNoScript(Engine engine) {
        try (Session session = engine.session()) {
            LinePage.open(session, server);
            int before = server.partyline().asked().size();
            LinePage second = LinePage.open(session, server);

            assertThat(scripts(0, before)).as("asked for before").contains("/partyline/main.js");
            assertThat(scripts(before, Integer.MAX_VALUE)).as("asked for by the second tab").isEmpty();
            assertThat(second.status("tabs")).isEqualTo("2");
        }
    }

    private static List<String> scripts(int from, int to) {
        return server.partyline().asked().stream().limit(to).skip(from).filter(path -> path.endsWith(".js")).toList();
    }

    @OnEveryEngine
    void framesOfTheSameOriginAreTabsOfTheSameLine(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            page.tab().eval("async () => { for (let n = 0; n < 2; n++) { const frame = document.createElement('iframe'); frame.src = location.href; document.body.append(frame); } }");

            await("two frames").until(() -> page.status("tabs").equals("3"));
            await("their lines").ignoreExceptions().until(() -> page.tab().is("() => [...document.querySelectorAll('iframe')]"
                + ".every(({ contentWindow: { line } }) => line.status.state === 'open')"));
            assertThat(page.tab().eval("() => Promise.all([...document.querySelectorAll('iframe')].map("
                + "({ contentWindow: { line } }) => line.request('greeting').then(reply => reply.messageFromServer.endsWith(line.id))))"))
                .isEqualTo(List.of(true, true));
            assertThat(server.proxy().sockets()).hasSize(1);

            page.tab().eval("() => { document.querySelector('iframe').remove(); }");
            await("one to be forgotten").until(() -> page.status("tabs").equals("2"));
        }
    }

    @OnEveryEngine
    void lateTabKnowsTheStateAtOnce(Engine engine) {
        try (Session session = engine.session()) {
            LinePage.open(session, server);
            RecordedSocket socket = server.proxy().open().get(0);
            socket.hold();

            LinePage late = LinePage.open(session, server);

            assertThat(late.status("state")).as("with a server that says nothing").isEqualTo("open");
            socket.release();
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void twoProfilesAreTwoLines(Engine engine) {
        try (Session one = engine.session(); Session other = engine.session()) {
            LinePage.open(2, one, server);
            LinePage.open(2, other, server);

            assertThat(server.proxy().sockets()).hasSize(2);
        }
    }

    @OnEveryEngine
    void socketClosesWithTheLastTab(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(3, session, server);
            Tab elsewhere = session.open(server.url("/pages/elsewhere.html"));

            pages.get(0).tab().close();
            pages.get(1).tab().close();
            if (engine.name().equals("webkit")) {
                // It starts the worker anew when the tab that made it closes: what was just said to it may be lost, which is told. Until then a busy machine may need longer than
                // a request usually waits.
                assertThat(pages.get(2).outcome("line.request('greeting', undefined, { timeout: 60_000 })")).satisfiesAnyOf(
                    answered -> assertThat(answered).containsKey("value"),
                    failed -> assertThat(failed).containsEntry("code", "worker_lost"));
            }
            assertThat(pages.get(2).request("greeting", null)).isNotNull();
            // In WebKit another one than at first.
            assertThat(server.proxy().open()).hasSize(1);
            pages.get(2).tab().close();

            await("the socket to close").until(() -> server.proxy().open().isEmpty());
            assertThat(elsewhere.is("() => true")).isTrue();
        }
    }
}
