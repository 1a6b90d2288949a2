package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.TestApplication;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The application asks a page, and its function answers. */
@InOneEngine
@InBothModes
class QuestionsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(() -> new TestApplication().server());

    /** Has the server ask a tab, and keeps the promise of the outcome as {@code asked} in the page. */
    private static void ask(LinePage by, String tab, String type) {
        by.tab().eval("question => { window.asked = line.request('ask', question, { timeout: 60_000 }); }", Map.of("tab", tab, "type", type, "value", "sure?", "within", 30_000));
    }

    private static Object answer(LinePage by) {
        return by.tab().eval("() => asked.then((outcome) => outcome)");
    }

    @OnEveryEngine
    void pageThatIsAskedAnswersAndNoOtherDoes(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(2, session, server);
            for (LinePage page : pages) {
                page.tab().eval("() => { line.answer('confirm', async (text) => ({ text, by: line.id })); }");
            }
            ask(pages.get(0), pages.get(1).id(), "confirm");

            assertThat(answer(pages.get(0))).isEqualTo(Map.of("answer", "{\"text\":\"sure?\",\"by\":\"" + pages.get(1).id() + "\"}"));
        }
    }

    @OnEveryEngine
    void errorOfThePageReachesTheApplication(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            page.tab().eval("() => { line.answer('broken', () => { throw new RangeError('not today'); }); window.onerror = () => true; }");

            ask(page, page.id(), "broken");
            assertThat(answer(page)).isEqualTo(Map.of("reason", "REJECTED", "code", "failed", "message", "not today"));
            ask(page, page.id(), "other");
            assertThat(answer(page)).isEqualTo(Map.of("reason", "REJECTED", "code", "unknown_type", "message", "this page has no answer for this type"));
        }
    }

    @OnEveryEngine
    void functionRunsOnceAlthoughTheConnectionIsLostBeforeItsAnswer(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            page.tab().eval("() => { window.runs = 0; line.answer('confirm', () => { runs++; return new Promise((resolve) => (window.resolveAnswer = resolve)); }); }");
            ask(page, page.id(), "confirm");
            await("the question").until(() -> page.tab().text("() => String(runs)").equals("1"));
            server.proxy().disconnect();
            await("the page to know").until(() -> !page.status("state").equals("open"));
            page.tab().eval("() => { resolveAnswer('yes'); }");

            server.proxy().connect();

            assertThat(answer(page)).isEqualTo(Map.of("answer", "\"yes\""));
            assertThat(page.tab().text("() => String(runs)")).isEqualTo("1");
        }
    }
}
