package dev.partyline.container;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A WebSocket client that keeps the frames it hears, one by one, and how its socket ended. */
final class Client implements WebSocket.Listener, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    /** What the client's own side makes of a socket that ended without a close. */
    static final int LOST = 1006;

    private final StringBuilder parts = new StringBuilder();
    private final BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
    private final AtomicInteger pings = new AtomicInteger();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final WebSocket socket;
    private CompletableFuture<?> sent = CompletableFuture.completedFuture(null);
    private long chars;
    private volatile boolean welcomed;
    private final String tab = "tab-" + NUMBERS.incrementAndGet();

    private Client(URI line, String... headers) {
        WebSocket.Builder builder = HTTP.newWebSocketBuilder().connectTimeout(PATIENCE);
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        socket = builder.buildAsync(line, this).join();
    }

    /** One that has no page and so no Origin. */
    static Client open(URI line) {
        return new Client(line);
    }

    static Client from(String origin, URI line) {
        return new Client(line, "Origin", origin);
    }

    /** Says {@code $hello} and is welcomed. */
    static Client welcomed(URI line) {
        Client client = open(line);
        client.welcomed = true;
        client.send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + client.tab + "\"]}").next("$welcome");
        return client;
    }

    /** No other client's, since the lines of those that dropped are held for a while with their tabs. */
    String tab() {
        return tab;
    }

    /** One after the other, as the JDK demands. */
    synchronized Client send(String text) {
        sent = sent.thenCompose(done -> socket.sendText(text, true));
        return this;
    }

    /** The next frame that is anything but a sign of life. */
    JsonObject next() {
        return next(frame -> !frame.getString("type", "").equals("$ping"));
    }

    JsonObject next(String type) {
        return next(frame -> frame.getString("type", "").equals(type));
    }

    /** The next frame of which this holds; those before it are let go. */
    JsonObject next(Predicate<JsonObject> wanted) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        try {
            for (JsonObject frame; (frame = heard.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS)) != null;) {
                if (wanted.test(frame)) {
                    return frame;
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        throw new AssertionError("the frame did not come in " + PATIENCE + "; the socket " + (closed.isDone() ? "was closed with " + closed.join() : "is open"));
    }

    int pings() {
        return pings.get();
    }

    /** How the server closed; {@link #LOST} if it dropped the connection. */
    int closeCode() {
        return closed.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    boolean isOpen() {
        return !closed.isDone();
    }

    /** As a network does: without a word. */
    void drop() {
        socket.abort();
    }

    @Override
    public void close() {
        socket.abort();
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        parts.append(data);
        chars += data.length();
        if (last) {
            if (welcomed) {
                send("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":0}");
            }
            parts.toString().lines().map(Client::parse).forEach(heard::add);
            parts.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
        pings.incrementAndGet();
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        closed.complete(code);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        closed.complete(LOST);
    }

    static JsonObject parse(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }
}
