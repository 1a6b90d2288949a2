package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A user logs in by the form of the container, in an application that protects the address of the line and in one that does not, and the login ends: the page is told so, and after
 * the next login it has a line again.
 */
@InOneEngine
class LoginEndsIT {

    @RegisterExtension
    static final ServerExtension open = new ServerExtension(() -> PartylineServer.withLogin());
    @RegisterExtension
    static final ServerExtension guarded = new ServerExtension(() -> PartylineServer.withLogin("/line"));

    /** Tabs of a browser in which ann has logged in. */
    private record Login(Session session, ServerExtension server, List<LinePage> pages) implements AutoCloseable {

        static Login in(Engine engine, ServerExtension server, int tabs) {
            Session session = engine.session();
            String address = server.url(LinePage.address("{}").replace("/pages/", "/partyline/account/"));
            LinePage first = LinePage.at(session, address);
            submit(first);
            Login login = new Login(session, server, List.of(first)).ready();
            return new Login(session, server, Stream.concat(login.pages.stream(), session.open(tabs - 1, address).stream().map(LinePage::new)).toList()).ready();
        }

        private static void submit(LinePage page) {
            page.tab().eval("() => { for (const field of document.querySelectorAll('input')) field.value = 'ann'; }");
            page.tab().click("button");
        }

        Login ready() {
            for (LinePage page : pages) {
                await("ann's line").ignoreExceptions().until(() -> page.status("state").equals("open") && page.status("user").equals("ann"));
            }
            return this;
        }

        /** @param how the query */
        void logout(String how) {
            assertThat(pages.get(0).tab().number("how => fetch('/partyline/account/logout' + how, { method: 'POST' }).then(({ status }) => status)", how)).isEqualTo(HttpURLConnection.HTTP_OK);
        }

        void assertThatLineIsClosedInEveryTab() {
            for (LinePage page : pages) {
                await("the line to be closed").until(() -> page.status("state").equals("closed"));
                assertThat(page.status("code") + " " + page.status("reason")).isEqualTo("4505 the login has ended");
            }
        }

        void assertThatNextLoginBringsALine() {
            LinePage first = pages.get(0);
            first.tab().eval("() => { setTimeout(() => location.reload()); }");
            await("the form").ignoreExceptions().until(() -> first.tab().is("() => document.title === 'Login'"));
            submit(first);
            // The other pages have remained as they were.
            pages.stream().skip(1).forEach(page -> page.tab().eval("() => { window.line = connect({}); }"));
            ready();
            for (LinePage page : pages) {
                assertThat(page.request("greeting", null)).isNotNull();
                assertThat(page.trouble()).isEmpty();
            }
        }

        @Override
        public void close() {
            session.close();
        }
    }

    @OnEveryEngine
    void logoutClosesTheLineOfEveryTabAndTheNextLoginBringsAnother(Engine engine) {
        Map.of(open, "", guarded, "?only=login").forEach((server, how) -> {
            try (Login login = Login.in(engine, server, 2)) {
                login.logout(how);

                login.assertThatLineIsClosedInEveryTab();
                login.assertThatNextLoginBringsALine();
            }
        });
    }

    @OnEveryEngine
    void sessionThatExpiresClosesTheLine(Engine engine) {
        try (Login atOpen = Login.in(engine, open, 1); Login atGuarded = Login.in(engine, guarded, 1)) {
            // At the same time, since it takes some seconds.
            Stream.of(atOpen, atGuarded).forEach(login -> login.logout("?idle=1"));

            Stream.of(atOpen, atGuarded).forEach(Login::assertThatLineIsClosedInEveryTab);
            Stream.of(atOpen, atGuarded).forEach(Login::assertThatNextLoginBringsALine);
        }
    }

    /** As while a laptop sleeps. No close code says so then, and the handshake is refused. */
    @OnEveryEngine
    void sessionThatEndsWhileTheBrowserIsAwayClosesTheLineWhenItIsBack(Engine engine) throws IOException, InterruptedException {
        try (Login login = Login.in(engine, guarded, 1)) {
            String cookies = guarded.proxy().open().get(0).cookies();
            LinePage page = login.pages().get(0);
            guarded.proxy().disconnect();
            await("the page to know").until(() -> !page.status("state").equals("open"));
            page.tab().eval("() => { window.sent = line.request('greeting'); sent.catch(() => {}); }");
            HttpRequest end = HttpRequest.newBuilder(guarded.partyline().uri("/partyline/account/logout?only=session")).header("Cookie", cookies)
                .POST(HttpRequest.BodyPublishers.noBody()).build();
            assertThat(HttpClient.newHttpClient().send(end, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(HttpURLConnection.HTTP_OK);

            guarded.proxy().connect();

            login.assertThatLineIsClosedInEveryTab();
            assertThat(page.outcome("sent")).containsEntry("code", "closed");
        }
    }
}
