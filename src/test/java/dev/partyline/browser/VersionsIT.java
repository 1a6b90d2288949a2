package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.partyline.testing.PartylineServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two builds of the browser half on one origin at once, as after every deploy while old tabs are open. */
@InBothModes
class VersionsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    /** The same files as in the WAR, with another version, at {@code /pages/next}. */
    @BeforeAll
    static void buildTheNextVersion() throws Exception {
        Path next = Path.of(PartylineServer.class.getResource("/browser").toURI()).resolve("next");
        try (FileSystem war = FileSystems.newFileSystem(Path.of(System.getProperty("war.file", "target/partyline.war")))) {
            copy(war.getPath("/main.js"), next.resolve("main.js"));
            copy(war.getPath("/worker.js"), next.resolve("worker.js"));
            try (Stream<Path> modules = Files.walk(war.getPath("/partyline"))) {
                for (Path module : (Iterable<Path>) modules.filter(Files::isRegularFile)::iterator) {
                    copy(module, next.resolve(module.toString().substring(1)));
                }
            }
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "nothing is shared that builds could quarrel about")
    void twoBuildsRunBesideEachOther(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> old = LinePage.open(2, session, server);
            List<LinePage> next = List.of(next(session), next(session));

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

    private static LinePage next(Session session) {
        return LinePage.at(session, server.url("/pages/line.html?build=next&options=" + ServerExtension.encoded("{\"url\":\"/partyline/line\"}"))).ready();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        String text = Files.readString(from);
        Files.writeString(to, from.endsWith("version.js") ? text.replaceFirst("VERSION = '[^']*'", "VERSION = '99.0.0'") : text);
    }
}
