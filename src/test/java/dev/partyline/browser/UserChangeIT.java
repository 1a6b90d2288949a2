package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.stream.IntStream;

import dev.partyline.testing.TestApplication;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Somebody else logs in, and nobody told the line: the server does. Each token of these pages is another user's, "ann 1", "ann 2" and so on. */
@InOneEngine
@InBothModes
class UserChangeIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(() -> new TestApplication().server());

    @OnEveryEngine
    void lineOfAnotherUserIsClosedAndNothingIsSentInTheirName(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = IntStream.range(0, 2).mapToObj(i -> open(session)).toList();
            LinePage page = pages.get(0);
            assertThat(page.request("who", null)).isEqualTo("ann 1");
            server.proxy().disconnect();
            await("the page to know").until(() -> !page.status("state").equals("open"));
            page.tab().eval("() => { window.sent = line.send('echo', 'of ann 1'); sent.catch(() => {}); }");

            server.proxy().connect();

            assertThat(page.outcome("sent")).containsEntry("code", "user_changed").containsEntry("retryable", false);
            for (LinePage each : pages) {
                await("the line to be closed").until(() -> each.status("state").equals("closed"));
                assertThat(each.status("reason")).contains("another user");
            }
            assertThat(server.proxy().sockets()).allSatisfy(socket -> assertThat(socket.up("of ann 1")).isEmpty());
        }
    }

    @OnEveryEngine
    void nextUserConnectsAnewAndIsHeard(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = open(session);
            server.proxy().open().get(0).cut();
            await("the line to be closed").until(() -> page.status("state").equals("closed"));

            page.tab().eval("() => { window.line = connect(options); window.sent = line.request('who'); }");

            assertThat(page.tab().text("() => sent")).isEqualTo("ann 3");
            assertThat(page.status("user")).isEqualTo("ann 3");
        }
    }

    @OnEveryEngine
    void tabsOfAVisitorWhoLogsInWorkOnTheNewLineAtOnce(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            String tab = page.id();
            assertThat(page.request("who", null)).isEqualTo("nobody");

            page.tab().eval("() => { document.cookie = 'user=ann; path=/'; }");
            server.proxy().open().get(0).cut();
            await("the line of the user").until(() -> page.status("user").equals("ann"));

            assertThat(page.request("who", null)).isEqualTo("ann");
            assertThat(page.id()).isEqualTo(tab);
            assertThat(page.trouble()).isEmpty();
        }
    }

    private static LinePage open(Session session) {
        return LinePage.at(session, server.url("/pages/token.html?name=" + ServerExtension.encoded("good:ann"))).ready();
    }
}
