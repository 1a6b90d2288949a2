package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tabs come, reload, crash, freeze and go; the line, the server and the other tabs are told, and nothing is left behind. */
@InBothModes
class TabLifeIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.rate", "10000", "partyline.rate.burst", "10000", "partyline.log.chars", "8388608"));

    /** That leaves a topic soon after the last tab did. */
    private static ClientBuild leaving;

    @BeforeAll
    static void build() {
        leaving = ClientBuild.of("leaving", Map.of("worker/topics/topic.js LEAVE_DELAY", "500"));
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void closedTabIsForgotten(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            LinePage goes = LinePage.open(session, server);
            String id = goes.id();

            goes.tab().close();

            assertForgotten(id, stays, 1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void reloadedTabIsAnotherTab(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            LinePage reloads = LinePage.open(session, server);
            String id = reloads.id();

            reloads.tab().reload();

            reloads.ready();
            assertThat(reloads.id()).isNotEqualTo(id);
            assertForgotten(id, stays, 2);
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    @Except(engines = "firefox", why = "a killed content process ends the whole browser under automation")
    @Except(engines = "webkit", why = "a killed web process ends the WebDriver session")
    void crashedTabIsForgotten(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            LinePage crashes = LinePage.open(session, server);
            String id = crashes.id();

            ((PlaywrightEngine.PlaywrightTab) crashes.tab()).crash();

            assertForgotten(id, stays, 1);
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void tabThatClosesAtOnceIsForgotten(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            for (int i = 0; i < 5; i++) {
                LinePage.at(session, server.url(LinePage.address("{}"))).tab().close();
            }

            await("only one tab to be left").until(() -> stays.status("tabs").equals("1"));
            assertThat(stays.trouble()).isEmpty();
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    void replyForAGoneTabHarmsNobody(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            LinePage goes = LinePage.open(session, server);
            String id = goes.id();
            RecordedSocket socket = server.proxy().open().get(0);
            socket.hold();
            goes.tab().eval("() => { line.request('greeting').catch(() => {}); }");
            await("the reply to be on its way").until(() -> socket.down("Hello tab id: " + id).size() == 1);

            goes.tab().close();
            await("the tab to be gone").until(() -> stays.status("tabs").equals("1"));
            socket.release();

            assertThat(stays.request("greeting", null)).isNotNull();
            assertThat(stays.posted("frame.from === '" + id + "'")).isEmpty();
            assertThat(stays.trouble()).isEmpty();
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void refreshOfTheOnlyTabLeavesOneLine(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            String id = page.id();

            for (int i = 0; i < 3; i++) {
                page.tab().reload();
                page.ready();
            }

            assertThat(page.id()).isNotEqualTo(id);
            assertThat(page.request("greeting", null)).isNotNull();
            await("one socket to be left").until(() -> server.proxy().open().size() == 1);
            if (engine.mode() == Mode.DIRECT) {
                return; // The page's socket goes with the page, and what it said last may or may not have gone out before.
            }
            if (engine.name().equals("chromium")) {
                assertThat(server.proxy().sockets()).as("the worker outlives the page").hasSize(1);
            } else {
                assertThat(server.proxy().open().get(0).down("$welcome", "\"resumed\":true")).as("the line is resumed").hasSize(1);
            }
        }
    }

    @OnEveryEngine
    @Except(engines = {"firefox", "webkit"}, why = "its driver answers the question whether to leave by itself")
    void cancelledLeaveChangesNothing(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);

            ((PlaywrightEngine.PlaywrightTab) page.tab()).leaveAndThinkBetter(server.url("/pages/elsewhere.html"));

            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(server.proxy().open().get(0).up("$bye")).isEmpty();
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void duplicatedTabHasAnIdOfItsOwn(Engine engine) {
        try (Session session = engine.session()) {
            LinePage original = LinePage.open(session, server);
            Map<?, ?> storage = (Map<?, ?>) original.tab().eval("() => ({ ...sessionStorage })");

            // What "duplicate tab" does: a page of the same address that begins with a copy of the storage.
            LinePage duplicate = LinePage.at(session, server.url("/pages/elsewhere.html"));
            duplicate.tab().eval("storage => { Object.assign(sessionStorage, storage); }", storage);
            duplicate.tab().eval("address => { setTimeout(() => location.assign(address)); }", original.tab().text("() => location.href"));
            await("the duplicate").ignoreExceptions().until(() -> duplicate.status("state").equals("open"));

            assertThat(duplicate.id()).isNotEqualTo(original.id());
            assertThat(original.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + original.id()));
            assertThat(duplicate.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + duplicate.id()));
            assertThat(server.proxy().open()).hasSize(engine.mode() == Mode.SHARED ? 1 : 2);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    @Except(engines = "firefox", why = "a worker that holds a lock keeps its pages out of Firefox's cache: they load anew")
    void pageFromTheBackForwardCacheIsBackOnTheLine(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.open(session, server);
            LinePage travels = LinePage.open(session, server).join("demo.travel");
            String id = travels.id();
            travels.tab().eval("() => { window.kept = true; }");

            travels.tab().go(server.url("/pages/elsewhere.html"));
            await("the line to know").until(() -> stays.status("tabs").equals("1"));
            stays.publish("demo.travel", "missed");
            travels.tab().back();

            await("the page to be back").ignoreExceptions().until(() -> travels.tab().is("() => !!window.line && line.status.state === 'open'"));
            boolean cached = travels.tab().is("() => window.kept === true");
            assertThat(cached).as("the page came from the cache").isTrue();
            assertThat(travels.id()).isEqualTo(id);
            await("what it missed").until(() -> travels.values().equals(List.of("missed")));
            assertThat(travels.request("greeting", null)).isNotNull();
            await("both to be counted").until(() -> stays.status("tabs").equals("2"));
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a line that is not shared has one tab")
    @Except(engines = "firefox", why = "a worker that holds a lock keeps its pages out of Firefox's cache: they load anew")
    void pageThatIsBackGetsOfTheServerWhatTheWorkerHasNot(Engine engine) {
        try (Session session = engine.session()) {
            LinePage stays = LinePage.at(session, server.url(leaving.address())).ready();
            LinePage travels = LinePage.at(session, server.url(leaving.address())).ready().join("demo.long").listen("gap");
            stays.publish("demo.long", "heard");
            await("the first").until(() -> travels.values().equals(List.of("heard")));
            travels.tab().go(server.url("/pages/elsewhere.html"));
            await("the line to have left the topic").until(() -> server.proxy().open().get(0).up("\"$leave\"", "demo.long").size() == 1);
            stays.publish("demo.long", "missed");
            stays.join("demo.long");
            stays.publish("demo.long", "heard by one");

            travels.tab().back();

            await("all of it").ignoreExceptions().until(() -> topicOf(travels).equals(List.of("heard", "missed", "heard by one")));
            assertThat(stays.values()).isEqualTo(List.of("heard by one"));
            assertThat(travels.heard()).as("a gap in the topic").noneMatch(message -> message.toString().contains("topic=demo.long, at="));
        }
    }

    @OnEveryEngine
    void onlyPageComesBackFromTheBackForwardCache(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);

            page.tab().go(server.url("/pages/elsewhere.html"));
            page.tab().back();

            await("the page to be back").ignoreExceptions().until(() -> page.tab().is("() => !!window.line && line.status.state === 'open'"));
            assertThat(page.request("greeting", null)).isNotNull();
            await("one socket to be left").until(() -> server.proxy().open().size() == 1);
        }
    }

    @OnEveryEngine
    @Except(modes = "direct", why = "a page that hangs is its own switchboard here, and acknowledges nothing")
    void tabThatHungCatchesUpWithoutAskingTheServer(Engine engine) throws Exception {
        try (Session session = engine.session(); Session elsewhere = engine.session()) {
            LinePage stays = LinePage.open(session, server).join("demo.hang").listen("gap");
            LinePage hangs = LinePage.open(session, server).join("demo.hang").listen("gap");
            LinePage publisher = LinePage.open(elsewhere, server);
            RecordedSocket socket = server.proxy().sockets().get(0);
            AutoCloseable hanging = server.proxy().hang(hangs.tab());

            // More than may be on the way to a tab that takes nothing, so the worker's own memory has to do.
            publisher.tab().eval("topic => publishNumbered(topic, 200)", "demo.hang");
            await("others not to be held up").until(() -> stays.values().size() == 200);
            hanging.close();

            await("all of it, in order").until(() -> hangs.values().equals(IntStream.range(0, 200).boxed().toList()));
            assertThat(socket.up("\"$join\"", "demo.hang")).as("asked of the server").hasSize(1);
            assertThat(hangs.request("greeting", null)).isNotNull();
        }
    }

    /** Without what else it heard: messages to itself it may have missed, and is told so. */
    private static List<Object> topicOf(LinePage page) {
        return page.heard().stream().filter(message -> message.containsKey("topic")).map(message -> message.get("value")).toList();
    }

    private static void assertForgotten(String id, LinePage survivor, int left) {
        RecordedSocket socket = server.proxy().open().get(0);
        await("the server to be told that " + id + " is gone").until(() -> socket.up("\"$tab\"", id, "\"gone\"").size() == 1);
        await("the other tab to know").until(() -> survivor.status("tabs").equals(String.valueOf(left)));
        assertThat(survivor.request("greeting", null)).isNotNull();
        assertThat(survivor.trouble()).isEmpty();
    }
}
