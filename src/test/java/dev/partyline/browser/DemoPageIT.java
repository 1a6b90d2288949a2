package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.wire.TabIds;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The demo page does what it says, in every tab. */
@InOneEngine
class DemoPageIT {

    private static final int LINE_IS_SOMEBODY_ELSES = 4507;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.demo.broadcast.after", "PT2S"));

    @OnEveryEngine
    void pageCountsTabsAndConnections(Engine engine) {
        try (Session session = engine.session()) {
            Tab first = open(session, server);
            assertCounts(first, "1 tab · 1 connection");

            Tab second = open(session, server);
            Tab third = open(session, server);

            for (Tab tab : List.of(first, second, third)) {
                assertCounts(tab, "3 tabs · 1 connection");
            }
            second.close();
            assertCounts(first, "2 tabs · 1 connection");
            assertThat(text(first, "#tab-id")).isNotEqualTo(text(third, "#tab-id"));
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void linkOpensAnotherTab(Engine engine) {
        try (Session session = engine.session()) {
            Tab tab = open(session, server);

            tab.click("#open-tab");

            assertCounts(tab, "2 tabs · 1 connection");
        }
    }

    @OnEveryEngine
    void messageToMyselfIsHeardHereOnly(Engine engine) {
        try (Session session = engine.session()) {
            Tab tab = open(session, server);
            Tab other = open(session, server);

            tab.click("#self button");

            await("the reply").until(() -> text(tab, "#self-reply").contains("Hello tab id: " + text(tab, "#tab-id")));
            assertThat(text(other, "#self-reply")).isEqualTo("No reply yet.");
            assertThat(text(other, "#received")).doesNotContain("Hello tab id");
        }
    }

    @OnEveryEngine
    void gameIsHeardByThePlayingTabOnly(Engine engine) {
        try (Session session = engine.session()) {
            Tab plays = open(session, server);
            Tab other = open(session, server);

            for (int ball = 1; ball <= 3; ball++) {
                String returned = String.valueOf(ball);
                await("to be ready to serve").until(() -> plays.is("() => !document.querySelector('#serve').disabled"));
                plays.click("#serve");
                await("ball " + ball).until(() -> text(plays, "#returned").equals(returned));
            }
            assertThat(text(other, "#returned")).isEqualTo("0");
            assertThat(text(other, "#received")).doesNotContain("ball");
        }
    }

    @OnEveryEngine
    void notificationReachesEveryTabOfEveryBrowserAndItsTitle(Engine engine) {
        try (Session session = engine.session(); Session stranger = engine.session()) {
            List<Tab> tabs = List.of(open(session, server), open(session, server), open(stranger, server));

            tabs.get(0).click("#notify");
            for (Tab tab : tabs) {
                await("the title").until(() -> title(tab).equals("(1) Partyline"));
            }
            assertThat(text(tabs.get(0), "#notifications")).contains("A notification from this tab");
            assertThat(text(tabs.get(2), "#notifications")).contains("A notification from tab ~").doesNotContain(text(tabs.get(0), "#tab-id"));
            tabs.get(2).click("#notify");
            for (Tab tab : tabs) {
                await("the title").until(() -> title(tab).equals("(2) Partyline"));
                assertThat(text(tab, "#unread")).isEqualTo("2");
            }

            tabs.get(1).click("#read");
            await("the title").until(() -> title(tabs.get(1)).equals("Partyline"));
            assertThat(title(tabs.get(0))).isEqualTo("(2) Partyline");
        }
    }

    @OnEveryEngine
    void chatReachesEveryoneAndShowsTextAsText(Engine engine) {
        try (Session session = engine.session(); Session stranger = engine.session()) {
            Tab speaks = open(session, server);
            Tab other = open(stranger, server);

            // The chat shows what others said before, in other engines too.
            String remark = "<img src=x onerror=alert(1)> says " + text(speaks, "#tab-id");
            speaks.eval("remark => { document.querySelector('#chat-text').value = remark; }", remark);
            speaks.click("#chat button");

            for (Tab tab : List.of(speaks, other)) {
                await("the remark").until(() -> text(tab, "#chat-log").contains(remark));
                assertThat(tab.number("() => document.querySelectorAll('#chat-log img').length")).isZero();
            }
            assertThat(text(speaks, "#chat-log")).contains("you " + remark);
            assertThat(text(other, "#chat-log")).as("others are not told the id of the tab").contains(TabIds.publicName(text(speaks, "#tab-id")) + " " + remark);
        }
    }

    @OnEveryEngine
    void typedRequestIsAnswered(Engine engine) {
        try (Session session = engine.session()) {
            Tab tab = open(session, server);
            Tab other = open(session, server);

            tab.click("#files button");

            await("the answer").until(() -> text(tab, "#delete-reply").startsWith("a.txt: "));
            assertThat(text(other, "#delete-reply")).isEqualTo("No file deleted yet.");
            assertThat(server.proxy().open().get(0).up("\"type\":\"deleteFile\"", "\"fileName\":\"a.txt\"")).hasSize(1);
        }
    }

    @OnEveryEngine
    void broadcastOfThePostIsShownInEveryTab(Engine engine) {
        try (Session session = engine.session()) {
            List<Tab> tabs = List.of(open(session, server), open(session, server));

            // Another line for the same tabs, with both there, however long the second took to open.
            server.proxy().open().get(0).close(LINE_IS_SOMEBODY_ELSES);

            for (Tab tab : tabs) {
                await("the broadcast").until(() -> text(tab, "#received").contains("A broadcast for all clients!"));
            }
        }
    }

    /** Opens the demo and waits for its line. */
    static Tab open(Session session, ServerExtension server) {
        return open(session, server.url("/partyline/"));
    }

    static Tab open(Session session, String url) {
        Tab tab = session.open(url);
        await("the line to be open").until(() -> tab.is("() => document.querySelector('#state')?.dataset.state === 'open'"));
        return tab;
    }

    private static void assertCounts(Tab tab, String counts) {
        await(counts).until(() -> text(tab, "#counts").equals(counts));
    }

    private static String text(Tab tab, String selector) {
        return tab.text("selector => document.querySelector(selector).textContent.trim()", selector);
    }

    private static String title(Tab tab) {
        return tab.text("() => document.title");
    }
}
