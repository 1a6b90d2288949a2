package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** A page written for the worker of the post that Partyline grew out of, unchanged, on ours. */
@Except(modes = "direct", why = "a page of the post makes the shared worker itself")
class PostPageIT {

    /** On a slow machine the demo's broadcast comes before them. */
    private static final String REPLIES = "fromPort.filter(message => !message.broadcast)";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.demo.broadcast.after", "PT1S"));

    @OnEveryEngine
    void pageOfThePostWorksUnchanged(Engine engine) {
        try (Session session = engine.session()) {
            Tab asker = open(session);
            Tab other = open(session);

            asker.eval("() => postMessageToWSServer('Initial message')");

            await().until(() -> asker.number("() => " + REPLIES + ".length") == 1);
            assertThat(asker.eval("() => " + REPLIES + "[0]")).isEqualTo(Map.of("from", asker.text("() => id"),
                "data", "Initial message", "messageFromServer", "Hello tab id: " + asker.text("() => id")));
            assertThat(other.number("() => " + REPLIES + ".length")).isZero();
            assertThat(server.proxy().open()).hasSize(1);
        }
    }

    @OnEveryEngine
    void typedMessageOfThePostIsAnsweredWithItsOwnMembers(Engine engine) {
        try (Session session = engine.session()) {
            Tab tab = open(session);

            tab.eval("() => worker.port.postMessage({ type: 'deleteFile', from: 'Tab2', value: { fileName: 'a.txt', deletedBy: 'testUser' } })");

            await().until(() -> tab.number("() => " + REPLIES + ".length") == 1);
            assertThat(tab.eval("() => " + REPLIES + "[0]")).isEqualTo(Map.of("type", "deleteFile", "from", "Tab2",
                "value", Map.of("fileName", "a.txt", "deletedBy", "testUser"), "messageFromServer", "Hello tab id: Tab2"));
        }
    }

    @OnEveryEngine
    void broadcastReachesEveryPageOfThePostOnce(Engine engine) {
        try (Session session = engine.session()) {
            List<Tab> tabs = List.of(open(session), open(session), open(session));
            RecordedSocket first = server.proxy().open().get(0);
            await("the first line's broadcast, which came too early").until(() -> first.down("A broadcast").size() == 1);
            for (Tab tab : tabs) {
                tab.eval("() => postMessageToWSServer('flush')");
                await("what came before").until(() -> tab.is("() => fromPort.some(message => message.data === 'flush')"));
                tab.eval("() => { fromPort.length = fromChannel.length = 0; }");
            }

            // Another line for the same pages, with all of them there: the code says that theirs is somebody else's now.
            first.close(4507);

            for (Tab tab : tabs) {
                await("the broadcast").until(() -> tab.number("() => fromChannel.length + fromPort.length") == 1);
                assertThat(tab.eval("() => fromChannel[0] ?? fromPort[0]")).isEqualTo(Map.of("broadcast", "A broadcast for all clients!"));
            }
        }
    }

    /** Every page, frame and worker of the origin hears the channel. */
    @OnEveryEngine
    void whatIsForOneLineNeverGoesToTheChannel(Engine engine) {
        try (Session session = engine.session()) {
            Tab post = open(session);
            LinePage page = LinePage.open(session, server);
            page.tab().eval("() => { window.overheard = []; new BroadcastChannel('WebSocketChannel').onmessage = ({ data }) => overheard.push(data); }");

            await("the demo's broadcast to each line").until(() -> server.proxy().open().stream().allMatch(line -> line.down("A broadcast").size() == 1));
            await("what came with it").until(() -> post.number("() => fromPort.length") == 1);
            page.request("flush", 1);

            assertThat(page.tab().number("() => overheard.length")).isZero();
            assertThat(post.number("() => fromChannel.length")).isZero();
        }
    }

    private static Tab open(Session session) {
        Tab tab = session.open(server.url("/pages/post.html"));
        await("the state of the socket").until(() -> tab.number("() => webSocketState") == 1);
        return tab;
    }
}
