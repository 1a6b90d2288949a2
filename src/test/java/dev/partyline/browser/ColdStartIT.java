package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** What a browser that has nothing of Partyline yet fetches before its first page has a reply: each round trip is time in which a person waits. */
class ColdStartIT {

    private static final int MOST_ROUND_TRIPS = 4;
    private static final long MOST_BYTES = 28_500;

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    @OnEveryEngine
    @Except(engines = "webkit", why = "under WebDriver WebKitGTK asks for every file again, whatever its headers say")
    @Except(modes = "direct", why = "it has no worker")
    void firstReplyNeedsOneScriptAndOneWebSocket(Engine engine) {
        int before = server.partyline().asked().size();
        try (Session session = engine.session()) {
            firstReply(session, "first");
            long bytes = server.proxy().bytesDown();

            await("the handshake to be counted").until(() -> asked(before).size() >= 2);
            List<String> asked = asked(before);
            assertThat(asked).as("asked for, besides the page").containsExactly("/partyline/main.js", "/partyline/line");
            RecordedSocket socket = server.proxy().open().get(0);
            int page = 1;
            assertThat(socket.up("\"$hello\"")).as("frames before the first $welcome").isEmpty();
            assertThat(page + asked.size() + socket.up("greeting").size()).as("round trips, if each request waits for the one before").isLessThanOrEqualTo(MOST_ROUND_TRIPS);
            assertThat(bytes).as("bytes from the server, with the page and all headers").isLessThan(MOST_BYTES);
        }
    }

    /** A worker of another name, which the browser has to start, from the same file; the browser has it for some seconds without asking. */
    @OnEveryEngine
    @Except(engines = "webkit", why = "under WebDriver WebKitGTK asks for every file again, whatever its headers say")
    @Except(modes = "direct", why = "it has no worker")
    void browserThatWasHereBeforeStartsItsWorkerWithoutAskingForIt(Engine engine) {
        try (Session session = engine.session()) {
            firstReply(session, "before");
            int before = server.partyline().asked().size();

            firstReply(session, "again");

            await("the handshake to be counted").until(() -> asked(before).contains("/partyline/line"));
            assertThat(asked(before)).containsExactly("/partyline/line");
        }
    }

    private static void firstReply(Session session, String app) {
        Tab tab = session.open(server.url("/pages/cold.html?app=" + app));
        assertThat(tab.text("() => reply.then(({ messageFromServer }) => messageFromServer)")).startsWith("Hello tab id: ");
        assertThat(tab.text("() => line.status.mode")).isEqualTo("shared");
    }

    private static List<String> asked(int before) {
        return server.partyline().asked().stream().skip(before).toList();
    }
}
