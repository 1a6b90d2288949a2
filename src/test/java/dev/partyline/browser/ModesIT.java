package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where a shared worker cannot be had, the line runs in the page, does the same, and says why. */
class ModesIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    /** With less patience for a worker that does not answer. */
    private static ClientBuild impatient;

    @BeforeAll
    static void build() {
        impatient = ClientBuild.of("impatient-for-workers", Map.of("tab/worker-connection.js ATTACH_TIMEOUT", "1_000"));
    }

    @OnEveryEngine
    void browserWithoutSharedWorkersGetsADirectLine(Engine engine) {
        try (Session session = engine.session()) {
            assertDirect(LinePage.at(session, server.url(LinePage.address("{}") + "&without=SharedWorker")));
        }
    }

    @OnEveryEngine
    void workerThatIsNotThereGivesADirectLine(Engine engine) {
        try (Session session = engine.session()) {
            assertDirect(LinePage.at(session, server.url(LinePage.address("{\"worker\":\"/pages/no-such-worker.js\",\"url\":\"/partyline/line\"}"))));
        }
    }

    @OnEveryEngine
    void workerThatNeverAnswersGivesADirectLine(Engine engine) {
        try (Session session = engine.session()) {
            assertDirect(LinePage.at(session, server.url(impatient.address("\"worker\":\"/pages/mute.js\""))));
        }
    }

    @OnEveryEngine
    void policyThatForbidsWorkersGivesADirectLine(Engine engine) {
        try (Session session = engine.session()) {
            String policy = ServerExtension.encoded("default-src 'self'; worker-src 'none'");
            assertDirect(LinePage.at(session, server.url(LinePage.address("{}") + "&csp=" + policy)));
        }
    }

    @OnEveryEngine
    void strictPolicyIsNoHindrance(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.at(session, server.url(LinePage.address("{}") + "&csp=" + ServerExtension.encoded("default-src 'self'"))).ready();

            assertThat(page.status("mode")).isEqualTo("shared");
            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(page.trouble()).isEmpty();
        }
    }

    @OnEveryEngine
    void directLinesHearTheSameTopics(Engine engine) {
        try (Session session = engine.session()) {
            LinePage one = direct(session).join("demo.direct");
            LinePage other = direct(session).join("demo.direct");

            for (int i = 0; i < 10; i++) {
                one.publish("demo.direct", i);
            }

            for (LinePage page : List.of(one, other)) {
                await("all of it, in order").until(() -> page.values().equals(IntStream.range(0, 10).boxed().toList()));
            }
            assertThat(server.proxy().open()).as("one for each tab").hasSize(2);
        }
    }

    @OnEveryEngine
    void directLineIsResumedAfterADrop(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = direct(session).join("demo.direct");
            LinePage other = direct(session);
            RecordedSocket socket = server.proxy().open().stream().filter(each -> !each.up(page.id()).isEmpty()).findFirst().orElseThrow();

            socket.cut();
            other.publish("demo.direct", "meanwhile");

            await("what came meanwhile").until(() -> page.values().equals(List.of("meanwhile")));
        }
    }

    @OnEveryEngine
    void directLineEndsWithItsTab(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = direct(session);
            session.open(server.url("/pages/elsewhere.html"));

            page.tab().close();

            await("the socket to close").until(() -> server.proxy().open().isEmpty());
        }
    }

    private static LinePage direct(Session session) {
        return LinePage.at(session, server.url(LinePage.address("{}") + "&without=SharedWorker")).ready();
    }

    private static void assertDirect(LinePage page) {
        page.ready();
        assertThat(page.status("mode")).isEqualTo("direct");
        assertThat(page.status("modeReason")).isNotEqualTo("undefined").isNotEmpty();
        assertThat(page.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
    }
}
