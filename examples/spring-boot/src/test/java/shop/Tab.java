package shop;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A tab of a browser, by the WebSocket client of the JDK. */
final class Tab implements WebSocket.Listener, AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long SECONDS = 20;

    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder parts = new StringBuilder();
    private final WebSocket socket;

    Tab(int port) {
        socket = HTTP.newWebSocketBuilder().header("Origin", "http://localhost:" + port).buildAsync(URI.create("ws://localhost:" + port + "/partyline/line"), this)
            .orTimeout(SECONDS, TimeUnit.SECONDS).join();
        send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"tab\"]}");
    }

    static HttpResponse<String> get(int port, String path) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    void send(String frame) {
        socket.sendText(frame, true).orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    /** The next frame that has this in it. */
    String next(String part) throws InterruptedException {
        String frame;
        do {
            frame = frames.poll(SECONDS, TimeUnit.SECONDS);
            assertNotNull(frame, () -> "no frame with " + part + "; closed with " + closed.getNow(0));
        } while (!frame.contains(part));
        return frame;
    }

    int closeCode() {
        return closed.copy().orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
        parts.append(part);
        if (last) {
            frames.addAll(List.of(parts.toString().split("\n")));
            parts.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        closed.complete(1006);
    }

    @Override
    public void close() {
        socket.abort();
    }
}
