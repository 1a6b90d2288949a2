package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.TestApplication;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The server acts on a line, and all its pages know. */
@InOneEngine
@InBothModes
class ServerActsIT {

    private static final String KEY = "sesame";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(() -> new TestApplication(Map.of("partyline.api.key", KEY)).server());

    @OnEveryEngine
    void lineThatIsClosedToReconnectIsBackWithItsTopics(Engine engine) throws IOException, InterruptedException {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server).join("open.news");

            post("/api/close", "{\"tab\":\"" + page.id() + "\",\"code\":4100,\"reason\":\"your roles have changed\"}");

            await("the code").until(() -> page.hasSeenCode(4100));
            page.ready();
            page.publish("open.news", "still here");
            await("what was published").until(() -> page.values().equals(List.of("still here")));
        }
    }

    @OnEveryEngine
    void lineThatIsClosedForGoodIsClosedInEveryTabWithTheReasonAndAPageMayConnectAgain(Engine engine) throws IOException, InterruptedException {
        try (Session session = engine.session()) {
            List<LinePage> pages = LinePage.open(2, session, server);
            // In direct mode each page has a line of its own.
            for (LinePage page : pages.get(0).status("mode").equals("direct") ? pages : pages.subList(0, 1)) {
                post("/api/close", "{\"tab\":\"" + page.id() + "\",\"code\":4600,\"reason\":\"you are banned\"}");
            }
            for (LinePage page : pages) {
                await("the line to be closed").until(() -> page.status("state").equals("closed"));
                assertThat(page.status("code")).isEqualTo("4600");
                assertThat(page.status("reason")).isEqualTo("you are banned");
            }
            for (LinePage page : pages) {
                page.tab().eval("() => { window.line = connect(JSON.parse(new URLSearchParams(location.search).get('options'))); }");
                page.ready();
                assertThat(page.request("echo", "hello")).isEqualTo("hello");
            }
        }
    }

    @OnEveryEngine
    void lineThatWasAwayWhenItWasClosedIsToldWhenItComesBack(Engine engine) throws IOException, InterruptedException {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            server.proxy().disconnect();
            await("the page to know").until(() -> !page.status("state").equals("open"));
            post("/api/close", "{\"tab\":\"" + page.id() + "\",\"code\":4700,\"reason\":\"the shift is over\"}");

            server.proxy().connect();

            await("the line to be closed").until(() -> page.status("state").equals("closed"));
            assertThat(page.status("code")).isEqualTo("4700");
            assertThat(page.status("reason")).isEqualTo("the shift is over");
        }
    }

    @OnEveryEngine
    void subscriptionsEndWithTheReasonWhenTheServerTakesTheLineOffTheTopic(Engine engine) throws IOException, InterruptedException {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            page.tab().eval("() => { window.subscription = join('open.meeting'); return subscription.ready.then(() => null); }");
            page.join("open.other");

            post("/api/remove", "{\"tab\":\"" + page.id() + "\",\"topic\":\"open.meeting\",\"reason\":\"the meeting is over\"}");

            assertThat(page.tab().text("() => subscription.closed.then(({ code, message }) => code + ': ' + message)")).isEqualTo("removed: the meeting is over");
            page.publish("open.meeting", "not for this page");
            page.publish("open.other", "for this page");
            await("the other topic").until(() -> page.values().equals(List.of("for this page")));
        }
    }

    @OnEveryEngine
    void subscriptionsThatThePolicyNoLongerAllowsEnd(Engine engine) throws IOException, InterruptedException {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            String topic = "open.admins." + page.id();
            page.tab().eval("topic => { window.subscription = join(topic); return subscription.ready.then(() => null); }", topic);
            page.request("revoke", topic);

            post("/api/recheck", "{\"tab\":\"" + page.id() + "\"}");

            assertThat(page.tab().text("() => subscription.closed.then(({ code }) => code)")).isEqualTo("forbidden");
        }
    }

    private static void post(String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.partyline().port() + "/partyline" + path)).header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.body()).isEqualTo("{\"lines\":1}");
    }
}
