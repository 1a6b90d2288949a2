package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** The page that shows, over the line itself, what sharing saves. */
@InOneEngine
@Except(modes = "direct", why = "a line that is not shared has one tab")
class StatusPageIT {

    private static final String KEY = "sesame";

    @RegisterExtension
    static final ServerExtension open = new ServerExtension(Map.of("partyline.hold", "1s"));

    @RegisterExtension
    static final ServerExtension closed = new ServerExtension(Map.of("partyline.api.key", KEY, "partyline.hold", "1s"));

    @OnEveryEngine
    void tabsAndConnectionsAreCountedAsTheyComeAndGo(Engine engine) {
        try (Session session = engine.session()) {
            Tab status = session.open(open.url("/partyline/status.html"));
            await("the status").until(() -> text(status, "counts").equals("1 tab · 1 connection"));
            assertThat(text(status, "saved")).isEqualTo("Without sharing there would be 0 more: 0 % of all.");

            LinePage first = LinePage.open(session, open);
            LinePage.open(session, open);
            await("the others").until(() -> text(status, "counts").equals("3 tabs · 1 connection"));
            assertThat(text(status, "saved")).isEqualTo("Without sharing there would be 2 more: 67 % of all.");
            String before = figure(status, "WebSocket messages in");
            first.request("greeting", null);
            await("the figures to move").until(() -> !figure(status, "WebSocket messages in").equals(before));

            first.tab().close();
            await("it to be gone").until(() -> text(status, "counts").equals("2 tabs · 1 connection"));
        }
    }

    @OnEveryEngine
    void keyIsAskedForWhereOneIsSet(Engine engine) {
        try (Session session = engine.session()) {
            Tab status = session.open(closed.url("/partyline/status.html"));
            await("the question").until(() -> isAsked(status));
            assertThat(text(status, "counts")).as("nothing is told yet").startsWith("…");

            show(status, "wrong");
            await("the answer").until(() -> text(status, "state").contains("the status needs the API's key"));
            assertThat(isAsked(status)).isTrue();

            show(status, KEY);
            await("the status").until(() -> text(status, "counts").equals("1 tab · 1 connection"));
            assertThat(isAsked(status)).isFalse();
        }
    }

    private static boolean isAsked(Tab status) {
        return status.is("() => document.getElementById('key-form').checkVisibility()");
    }

    private static void show(Tab status, String key) {
        status.eval("key => { document.getElementById('key').value = key; }", key);
        status.click("#key-form button");
    }

    private static String text(Tab tab, String id) {
        return tab.text("id => document.getElementById(id).textContent.replace(/\\s+/g, ' ').trim()", id);
    }

    private static String figure(Tab tab, String name) {
        return tab.text("name => [...document.querySelectorAll('#figures tr')].find(row => row.cells[0].textContent === name)?.cells[1].textContent ?? ''", name);
    }
}
