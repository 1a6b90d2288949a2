package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** Two users, or two applications, on one origin never share a line; a token is asked of a tab that lives. */
@InBothModes
class IdentityIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void twoIdentitiesAreTwoLines(Engine engine) {
        try (Session session = engine.session()) {
            LinePage ann = LinePage.open(session, server, "{\"identity\":\"ann\"}");
            LinePage bob = LinePage.open(session, server, "{\"identity\":\"bob\"}");
            LinePage annToo = LinePage.open(session, server, "{\"identity\":\"ann\"}");

            assertThat(server.proxy().sockets()).hasSize(2);
            assertThat(server.proxy().sockets().get(0).up(ann.id())).isNotEmpty();
            assertThat(server.proxy().sockets().get(0).up(annToo.id())).isNotEmpty();
            assertThat(server.proxy().sockets().get(0).up(bob.id())).isEmpty();
            assertThat(server.proxy().sockets().get(1).up(bob.id())).isNotEmpty();
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void twoApplicationsAreTwoLines(Engine engine) {
        try (Session session = engine.session()) {
            LinePage shop = LinePage.open(session, server, "{\"app\":\"shop\"}");
            LinePage desk = LinePage.open(session, server, "{\"app\":\"desk\"}");

            assertThat(server.proxy().sockets()).hasSize(2);
            assertThat(shop.status("tabs")).isEqualTo("1");
            assertThat(desk.status("tabs")).isEqualTo("1");
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void whatOneUserQueuedIsNeverSentAsAnother(Engine engine) {
        try (Session session = engine.session()) {
            LinePage ann = LinePage.open(session, server, "{\"identity\":\"ann\"}");
            LinePage annToo = LinePage.open(session, server, "{\"identity\":\"ann\"}");
            server.proxy().disconnect();
            await("the page to know").until(() -> !ann.status("state").equals("open"));
            ann.tab().eval("() => { window.sent = line.send('secret', 'of ann'); sent.catch(() => {}); }");

            annToo.tab().eval("() => { line.close({ everywhere: true }); window.line = connect({ identity: 'bob' }); }");
            server.proxy().connect();

            assertThat(ann.outcome("sent")).containsEntry("code", "closed");
            await("ann's line to be closed").until(() -> ann.status("state").equals("closed"));
            annToo.ready();
            assertThat(annToo.request("greeting", null)).isNotNull();
            assertThat(server.proxy().open()).hasSize(1).allSatisfy(socket -> assertThat(socket.up("of ann")).isEmpty());
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void closingEverywhereClosesForEveryTab(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(3, session, server);
            RecordedSocket socket = server.proxy().open().get(0);

            pages.get(0).tab().eval("() => { line.close({ everywhere: true }); }");

            await("the socket to close").until(() -> !socket.isOpen());
            assertThat(socket.up("$bye")).hasSize(1);
            for (LinePage page : pages) {
                await("the page to know").until(() -> page.status("state").equals("closed"));
                assertThat(page.trouble()).isEmpty();
            }
            assertThat(server.proxy().attempts()).as("nobody comes back").isEqualTo(1);
        }
    }

    @OnEveryEngine
    void callingConnectTwiceIsOneTab(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);

            assertThat(page.tab().is("() => connect({}) === line")).isTrue();
            assertThat(page.status("tabs")).isEqualTo("1");
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void tokenIsAskedOfATabThatLives(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = List.of(tokenPage(session, "one"), tokenPage(session, "two"));
            assertThat(server.proxy().open().get(0).up("$hello", "\"token\":\"one 1\"")).hasSize(1);

            pages.get(0).tab().close();
            await("the line to know").until(() -> pages.get(1).status("tabs").equals("1"));
            server.proxy().open().get(0).close(4003);

            await("another socket").until(() -> server.proxy().sockets().size() == 2);
            pages.get(1).ready();
            assertThat(server.proxy().sockets().get(1).up("$hello", "\"token\":\"two 1\"")).hasSize(1);
        }
    }

    @OnEveryEngine
    void cookieThatChangedIsSentWithTheNextAttempt(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.at(session, server.url("/pages/elsewhere.html"));
            page.tab().eval("() => { document.cookie = 'login=old; path=/'; }");
            page.tab().eval("address => { setTimeout(() => location.assign(address)); }", server.url(LinePage.address("{}")));
            await("the page").ignoreExceptions().until(() -> page.status("state").equals("open"));
            assertThat(server.proxy().sockets().get(0).cookies()).contains("login=old");

            page.tab().eval("() => { document.cookie = 'login=new; path=/'; }");
            server.proxy().sockets().get(0).cut();

            await("another socket").until(() -> server.proxy().sockets().size() == 2);
            assertThat(server.proxy().sockets().get(1).cookies()).contains("login=new").doesNotContain("old");
            page.ready();
        }
    }

    private static LinePage tokenPage(Session session, String name) {
        return LinePage.at(session, server.url("/pages/token.html?name=" + name)).ready();
    }
}
