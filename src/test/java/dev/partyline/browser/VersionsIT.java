package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two builds of the browser half on one origin at once, as after every deploy while old tabs are open. */
@InBothModes
class VersionsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    private static ClientBuild next;

    @BeforeAll
    static void buildTheNextVersion() {
        next = ClientBuild.of("next", Map.of("version.js VERSION", "'99.0.0'"));
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "nothing is shared that builds could quarrel about")
    void twoBuildsRunBesideEachOther(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> old = LinePage.open(2, session, server);
            List<LinePage> next = List.of(openNext(session), openNext(session));

            assertThat(server.proxy().open()).as("one for each build").hasSize(2);
            Stream.concat(old.stream(), next.stream()).forEach(page -> {
                assertThat(page.status("mode")).isEqualTo("shared");
                assertThat(page.status("tabs")).isEqualTo("2");
                assertThat(page.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
                assertThat(page.trouble()).isEmpty();
            });
            assertThat(next.get(0).inspect("version")).isEqualTo("99.0.0");
        }
    }

    @OnEveryEngine
    void tabsOfABuildThatIsTooOldAreToldAndStayAway(Engine engine) {
        try (Session session = engine.session()) {
            LinePage old = LinePage.open(session, server).listen("upgrade");

            server.proxy().open().get(0).close(4503);

            await("the tab to be told").until(() -> !old.heard().isEmpty());
            await("the line to be closed").until(() -> old.status("state").equals("closed"));
            assertThat(server.proxy().attempts()).as("no loop").isEqualTo(1);
        }
    }

    @OnEveryEngine
    void pageThatReloadsAtOnceForANewerVersionDoesNotReloadForEver(Engine engine) {
        try (Session session = engine.session()) {
            Tab elsewhere = session.open(server.url("/pages/elsewhere.html"));
            server.proxy().handshakes(RecordingProxy.Handshakes.OUTDATED);

            LinePage old = LinePage.at(session, server.url(LinePage.address("{}") + "&reloads"));

            await("the page to be told, to reload, and to get the same old files").ignoreExceptions()
                .until(() -> old.tab().text("() => sessionStorage.loads").equals("2") && old.status("state").equals("closed"));
            elsewhere.reload();
            assertThat(old.tab().text("() => sessionStorage.loads")).isEqualTo("2");
            assertThat(old.status("code")).isEqualTo("4503");
            assertThat(server.proxy().attempts()).isEqualTo(2);
        }
    }

    private static LinePage openNext(Session session) {
        return LinePage.at(session, server.url(next.address())).ready();
    }
}
