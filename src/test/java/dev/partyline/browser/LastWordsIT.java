package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import com.microsoft.playwright.Page;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a page sends and publishes from its last events arrives while another tab lives: once, in order, and before the tab is gone. */
class LastWordsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    /** A listener of the page's own, added after the line's, for each of the last events. The storage tells which ran, for the page does not live to tell. */
    private static final String SPEAK_LAST = "types => { const speak = ({ type }) => { localStorage.last = (localStorage.last ?? '') + type + ' ';"
        + " line.send('word', type).catch(() => {}); line.publish('demo.words', type).catch(() => {}); };"
        + " for (const type of types) (type === 'visibilitychange' ? document : window).addEventListener(type, speak); }";

    @OnEveryEngine
    void lastWordsOfAPageThatNavigatesArrive(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server).join("demo.words");
            LinePage goes = speaking(LinePage.open(session, server));
            String id = goes.id();

            goes.tab().go(server.url("/pages/elsewhere.html"));

            assertArrived(id, stays, "beforeunload", "pagehide", "visibilitychange");
        }
    }

    @OnEveryEngine
    void lastWordsOfAPageThatReloadsArrive(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server).join("demo.words");
            LinePage goes = speaking(LinePage.open(session, server));
            String id = goes.id();

            goes.tab().reload();

            assertArrived(id, stays, "beforeunload", "pagehide", "visibilitychange");
            assertThat(goes.ready().id()).isNotEqualTo(id);
        }
    }

    /**
     * Firefox may end the port of a closed tab before the worker has read what was posted at {@code pagehide}; {@code visibilitychange} comes before that.
     */
    @OnEveryEngine
    void lastWordsOfATabThatClosesArrive(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server).join("demo.words");
            LinePage goes = engine.name().equals("firefox") ? speaking(LinePage.open(session, server), "beforeunload", "visibilitychange")
                : speaking(LinePage.open(session, server));
            String id = goes.id();

            if (goes.tab() instanceof PlaywrightEngine.PlaywrightTab tab) {
                tab.page().close(new Page.CloseOptions().setRunBeforeUnload(true));
            } else {
                goes.tab().close();
            }

            // The driver of WebKit closes a window without `beforeunload`.
            assertArrived(id, stays, "visibilitychange");
        }
    }

    /** Nothing but the page itself tells the worker that it goes. */
    @OnEveryEngine
    void lastWordsArriveWithoutWebLocks(Engine engine) {
        try (Session session = engine.session()) {
            String address = server.url(LinePage.address("{}") + "&without=locks");
            LinePage stays = LinePage.at(session, address).ready().join("demo.words");
            LinePage goes = speaking(LinePage.at(session, address).ready());
            String id = goes.id();

            goes.tab().go(server.url("/pages/elsewhere.html"));

            assertArrived(id, stays, "beforeunload", "pagehide", "visibilitychange");
        }
    }

    private static LinePage speaking(LinePage page) {
        return speaking(page, "beforeunload", "pagehide", "visibilitychange");
    }

    private static LinePage speaking(LinePage page, String... events) {
        page.tab().eval(SPEAK_LAST, List.of(events));
        return page;
    }

    private static void assertArrived(String id, LinePage stays, String... events) {
        RecordedSocket socket = server.proxy().open().get(0);
        await("the server to be told that " + id + " is gone").until(() -> socket.up("\"$tab\"", id, "\"gone\"").size() == 1);
        List<Object> spoken = List.of((Object[]) stays.tab().text("() => localStorage.last").strip().split(" "));
        assertThat(spoken).contains((Object[]) events);
        assertThat(socket.up("\"word\"", id).stream().map(LastWordsIT::eventIn)).isEqualTo(spoken);
        List<String> ofTheTab = socket.up(id);
        assertThat(ofTheTab.get(ofTheTab.size() - 1)).contains("\"gone\"");
        await("the other tab to have heard all").until(() -> stays.values().equals(spoken));
        assertThat(stays.request("greeting", null)).isNotNull();
        assertThat(stays.trouble()).isEmpty();
        assertThat(server.proxy().sockets()).hasSize(1);
    }

    private static String eventIn(String frame) {
        return frame.replaceFirst(".*\"value\":\"(\\w+)\".*", "$1");
    }
}
