package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** The worker dies with the tab that made it, or is started anew behind its ports; no event tells, and no page notices. */
@Except(modes = "direct", why = "without a shared worker there is none that could die")
class WorkerLifeIT {

    private static final String MORTAL = "{\"worker\":\"/pages/mortal.js\",\"url\":\"/partyline/line\"}";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    @OnEveryEngine
    @Except(engines = "firefox", why = "a killed content process ends the whole browser under automation")
    @Except(engines = "webkit", why = "a killed web process ends the WebDriver session")
    void workerThatCrashedWithItsMakerIsReplaced(Engine engine) {
        try (Session session = engine.session()) {
            LinePage maker = LinePage.open(session, server);
            List<LinePage> others = LinePage.open(3, session, server);
            others.forEach(page -> page.join("demo.crash"));
            others.forEach(page -> page.tab().eval("() => { window.idBefore = line.id; }"));

            ((PlaywrightEngine.PlaywrightTab) maker.tab()).crash();

            assertCarriesOn(others, "demo.crash");
            assertThat(server.proxy().open()).as("one worker for all, again").hasSize(1);
        }
    }

    @OnEveryEngine
    void workerThatEndedIsReplaced(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = mortals(session);

            fate(pages.get(0), "end");

            assertCarriesOn(pages, "demo.fate");
        }
    }

    @OnEveryEngine
    void workerThatWasStartedAnewBehindItsPortsIsGreetedAgain(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = mortals(session);

            fate(pages.get(0), "restart");

            assertCarriesOn(pages, "demo.fate");
        }
    }

    @OnEveryEngine
    void requestIsSettledThoughItsWorkerEnded(Engine engine) {
        try (Session session = engine.session()) {
            List<LinePage> pages = mortals(session);
            server.proxy().open().get(0).hold();
            LinePage asker = pages.get(1);
            asker.tab().eval("() => { window.reply = line.request('greeting'); }");
            await("the request to be out").until(() -> server.proxy().open().get(0).up("\"greeting\"").size() == 1);

            fate(pages.get(0), "end");

            Map<String, Object> outcome = asker.outcome("reply");
            assertThat(outcome).satisfiesAnyOf(
                answered -> assertThat(answered).containsKey("value"),
                failed -> assertThat(failed).containsEntry("code", "worker_lost"));
        }
    }

    private static List<LinePage> mortals(Session session) {
        List<LinePage> pages = List.of(LinePage.open(session, server, MORTAL), LinePage.open(session, server, MORTAL),
            LinePage.open(session, server, MORTAL));
        pages.forEach(page -> page.join("demo.fate"));
        assertThat(server.proxy().open()).hasSize(1);
        return pages;
    }

    private static void fate(LinePage page, String fate) {
        page.tab().eval("fate => { new BroadcastChannel('fate').postMessage(fate); }", fate);
    }

    /** Every page asks and is answered, hears its topic, and has nothing to complain of. */
    private static void assertCarriesOn(List<LinePage> pages, String topic) {
        await("another socket").until(() -> server.proxy().sockets().size() >= 2);
        pages.forEach(LinePage::ready);
        for (LinePage page : pages) {
            assertThat(page.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + page.id()));
        }
        pages.get(0).publish(topic, "still here");
        for (LinePage page : pages) {
            await("the topic").until(() -> page.values().contains("still here"));
            assertThat(page.values()).containsOnlyOnce("still here");
            assertThat(page.trouble()).isEmpty();
        }
    }
}
