package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The tap itself, since every other test here believes it. A plain client stands in for a browser. */
class RecordingProxyIT {

    private static final String MESSAGE = "{\"data\":{\"from\":\"tab-1\",\"data\":\"häh? " + "x".repeat(20_000) + "\"}}";

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of());

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private volatile Integer closed;

    @Test
    void proxyRecordsBothDirectionsWhole() {
        WebSocket client = connect();
        client.sendText(MESSAGE, true);

        await().until(() -> !heard.isEmpty());
        // The socket of the test before may have been accepted after the reset.
        RecordedSocket socket = server.proxy().sockets().stream().filter(any -> !any.up().isEmpty()).findFirst().orElseThrow();
        assertThat(socket.up()).containsExactly(MESSAGE);
        assertThat(socket.down("messageFromServer")).containsExactlyElementsOf(heard);
        client.abort();
        await().until(() -> !socket.isOpen());
    }

    @Test
    void tapCountsAsTomcatDoes() {
        int before = server.partyline().upgrades();
        List<WebSocket> clients = List.of(connect(), connect(), connect());

        assertThat(server.proxy().open()).hasSize(3);
        assertThat(server.partyline().upgrades() - before).isEqualTo(3);
        clients.forEach(WebSocket::abort);
        await().until(() -> server.proxy().open().isEmpty());
        assertThat(server.proxy().sockets()).hasSize(3);
    }

    @Test
    void heldWordsComeOnRelease() {
        WebSocket client = connect();
        RecordedSocket socket = server.proxy().open().get(0);
        socket.hold();
        client.sendText(MESSAGE, true);
        await().until(() -> !socket.down().isEmpty());
        assertThat(heard).isEmpty();

        socket.release();

        await().until(() -> !heard.isEmpty());
        client.abort();
    }

    @Test
    void clientReceivesTheCodeThatTheProxyMadeUp() {
        connect();

        server.proxy().open().get(0).close(4001);

        await().until(() -> closed != null && closed == 4001);
    }

    @Test
    void disconnectedProxyRefusesAndComesBack() {
        connect();
        server.proxy().disconnect();
        await().until(() -> closed != null);

        assertThatThrownBy(this::connect).isInstanceOf(CompletionException.class);
        server.proxy().connect();
        connect().abort();
    }

    private WebSocket connect() {
        return HttpClient.newHttpClient().newWebSocketBuilder()
            .buildAsync(URI.create(server.url("/partyline/line").replace("http:", "ws:")), new Listener()).join();
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder parts = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                heard.add(parts.toString());
                parts.setLength(0);
            }
            return WebSocket.Listener.super.onText(socket, part, last);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed = code;
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed = 1006;
        }
    }
}
