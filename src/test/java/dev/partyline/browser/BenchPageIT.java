package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The page that measures the line in whoever's browser: it has a figure for everything it set out to measure, whatever that is. */
@InOneEngine
@Except(modes = "direct", why = "a line that is not shared has one tab")
class BenchPageIT {

    private static final Duration NEXT_STEP_WITHIN = Duration.ofSeconds(60);
    private static final String A_TIME = "\\d+(\\.\\d\\d)? ms";
    /** A slow machine may lose some, and says so. */
    private static final String A_RATE = "[1-9][\\d,]* a second(, with \\d+ gaps)?";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.demo.storms", "true"));

    @OnEveryEngine
    @Tag("measurement")
    void pageHasAFigureForThisTabAndForFifteen(Engine engine) {
        try (Session session = engine.session()) {
            Tab page = open(session);

            measure(page);

            assertFigures(page, "to this tab alone");
            await("the frames that made up fifteen to be gone").until(() -> text(page, "tabs").equals("1"));
        }
    }

    @OnEveryEngine
    @Tag("measurement")
    void secondTabTakesPartAndOneThatCrashedDoesNot(Engine engine) {
        try (Session session = engine.session()) {
            Tab page = open(session);
            Tab other = open(session);
            for (Tab each : List.of(page, other)) {
                await("each to know of the other").until(() -> text(each, "tabs").equals("2"));
            }
            page.eval("() => { bench.tabs.add('one that crashed before it could say so'); }");

            measure(page);

            assertFigures(page, "to each of 2 tabs at once");
            assertThat(trouble(other)).isEmpty();
        }
    }

    /** Said for the tabs, since real ones would not always do so in the middle of a storm. */
    @OnEveryEngine
    void stormIsOverThoughATabCameMeanwhileAndAnotherWent(Engine engine) {
        try (Session session = engine.session()) {
            Tab page = open(session);

            Object storm = page.eval("""
                async () => {
                  const talk = new BroadcastChannel('partyline bench');
                  bench.tabs.add('a tab that goes');
                  const storm = bench.storms(1_000, 1);
                  talk.postMessage({ here: 'a tab that comes' });
                  talk.postMessage({ gone: 'a tab that goes' });
                  const { tabs, least } = await storm;
                  return { tabs, least };
                }""");

            assertThat(storm).isEqualTo(Map.of("tabs", 1, "least", 1_000));
        }
    }

    /** Opens the page, past the tap, whose bookkeeping is not made for storms, and waits until it can hear one. */
    private static Tab open(Session session) {
        Tab page = session.open(server.partyline().uri("/partyline/bench.html?storms=1").toString());
        await("the page's script to run").until(() -> page.is("() => 'bench' in window"));
        page.eval("""
            async () => {
              window.trouble = [];
              addEventListener('error', ({ message }) => trouble.push(message));
              addEventListener('unhandledrejection', ({ reason }) => trouble.push(String(reason)));
              await bench.ready;
            }""");
        return page;
    }

    /** A slow machine takes its time, but it gets on: each step is waited for, and named if it was the last. */
    private static void measure(Tab page) {
        page.click("#measure");
        for (String step = ""; !step.startsWith("Done");) {
            String before = step;
            step = await("a step after '" + before + "'").atMost(NEXT_STEP_WITHIN).until(() -> text(page, "doing"), now -> !now.equals(before));
        }
        await("the button to be ready again").until(() -> page.is("() => !document.getElementById('measure').disabled"));
    }

    private static void assertFigures(Tab page, String toThose) {
        assertThat(text(page, "doing")).isEqualTo("Done: medians. Round trips: 60, first replies: 5, storms of 20,000 messages: 1 after 1 to warm up.");
        assertThat(trouble(page)).isEmpty();
        Map<String, String> figures = figures(page);
        assertThat(figures.keySet()).containsExactlyInAnyOrder("a round trip over the line", "a round trip over a WebSocket of this tab", "first reply in an additional tab",
            "first reply in a tab with its own WebSocket", "messages of 100 characters " + toThose, "messages of 100 characters to each of 15 tabs at once");
        assertThat(figures).allSatisfy((what, figure) -> assertThat(figure).as(what).matches(what.startsWith("messages") ? A_RATE : A_TIME));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> figures(Tab page) {
        return (Map<String, String>) page.eval("() => Object.fromEntries([...document.querySelectorAll('#figures tr')].map(({ cells }) => [cells[0].textContent, cells[1].textContent]))");
    }

    /** What nobody caught in this page, nor in its worker. */
    private static List<?> trouble(Tab page) {
        return (List<?>) page.eval("async () => [...trouble, "
            + "...((await bench.line.inspect()).log ?? []).map(entry => entry.what).filter(what => /^(error|unhandled)/.test(what))]");
    }

    private static String text(Tab page, String id) {
        return page.text("id => document.getElementById(id).textContent", id);
    }
}
