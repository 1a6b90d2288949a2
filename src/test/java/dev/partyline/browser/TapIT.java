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
class TapIT {

    private static final String MESSAGE = "{\"data\":{\"from\":\"tab-1\",\"data\":\"häh? " + "x".repeat(20_000) + "\"}}";

    @RegisterExtension
    static final Ground ground = new Ground(Map.of());

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private volatile Integer closed;

    @Test
    void tapHearsBothDirectionsWhole() {
        WebSocket client = connect();
        client.sendText(MESSAGE, true);

        await().until(() -> !heard.isEmpty());
        TappedSocket socket = ground.tap().sockets().get(0);
        assertThat(socket.up()).containsExactly(MESSAGE);
        assertThat(socket.down("messageFromServer")).containsExactly(String.join("", heard));
        client.abort();
        await().until(() -> !socket.isOpen());
    }

    @Test
    void tapCountsAsTomcatDoes() {
        int before = ground.server().upgrades();
        List<WebSocket> clients = List.of(connect(), connect(), connect());

        assertThat(ground.tap().open()).hasSize(3);
        assertThat(ground.server().upgrades() - before).isEqualTo(3);
        clients.forEach(WebSocket::abort);
        await().until(() -> ground.tap().open().isEmpty());
        assertThat(ground.tap().sockets()).hasSize(3);
    }

    @Test
    void heldWordsComeOnRelease() {
        WebSocket client = connect();
        TappedSocket socket = ground.tap().open().get(0);
        socket.hold();
        client.sendText(MESSAGE, true);
        await().until(() -> !socket.down().isEmpty());
        assertThat(heard).isEmpty();

        socket.release();

        await().until(() -> !heard.isEmpty());
        client.abort();
    }

    @Test
    void clientHearsTheCodeThatTheTapMadeUp() {
        connect();

        ground.tap().open().get(0).close(4001);

        await().until(() -> closed != null && closed == 4001);
    }

    @Test
    void disconnectedTapRefusesAndComesBack() {
        connect();
        ground.tap().disconnect();
        await().until(() -> closed != null);

        assertThatThrownBy(this::connect).isInstanceOf(CompletionException.class);
        ground.tap().connect();
        connect().abort();
    }

    private WebSocket connect() {
        return HttpClient.newHttpClient().newWebSocketBuilder()
            .buildAsync(URI.create(ground.url("/partyline/line").replace("http:", "ws:")), new Listener()).join();
    }

    private final class Listener implements WebSocket.Listener {
        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            heard.add(part.toString());
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
