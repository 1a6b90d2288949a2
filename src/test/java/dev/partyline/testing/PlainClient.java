package dev.partyline.testing;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The JDK's WebSocket client, which nobody here wrote: it says what a test tells it to, and keeps what it hears for the test to take.
 *
 * <p>It adds nothing of its own. One that says {@link #hello} has to acknowledge by {@link #ack} what it hears, where that matters; only one that comes {@link #welcomed}
 * does so by itself.
 */
public final class PlainClient implements AutoCloseable {

    /** Long enough for a busy machine; a test that waits so long has failed. */
    private static final long TIMEOUT_SECONDS = 15;
    /** What the client's own side makes of a socket that ended without a close. */
    public static final int DROPPED = 1006;
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final AtomicInteger TABS = new AtomicInteger();

    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final List<String> frames = new ArrayList<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private volatile String closeReason = "";
    private final AtomicLong chars = new AtomicLong();
    private final AtomicInteger pings = new AtomicInteger();
    private final WebSocket socket;
    private final String tab = "tab-" + TABS.incrementAndGet();
    private boolean acknowledges;
    private long inbox;

    /** @param headers besides those of every handshake, such as {@code "Origin", "http://localhost"} */
    public PlainClient(URI uri, String... headers) {
        WebSocket.Builder builder = HTTP.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        socket = builder.buildAsync(uri, new Listener()).orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    /** One that has a line with one tab, and acknowledges what the test takes. */
    public static PlainClient welcomed(URI uri) {
        PlainClient client = new PlainClient(uri);
        client.hello("\"tabs\":[\"" + client.tab + "\"]");
        client.acknowledges = true;
        return client;
    }

    /** No other client's, since the lines of those that dropped are held for a while with their tabs. */
    public String tab() {
        return tab;
    }

    /** Says each text as one WebSocket message. */
    public PlainClient send(String... texts) {
        for (String text : texts) {
            sendPart(text, true);
        }
        return this;
    }

    /** Says one WebSocket message in so many fragments, and no more of it than these if it is not {@code whole}. */
    public PlainClient sendInParts(boolean whole, String... parts) {
        IntStream.range(0, parts.length).forEach(i -> sendPart(parts[i], whole && i == parts.length - 1));
        return this;
    }

    /** Says a text in UTF-8 as one binary WebSocket message. */
    public PlainClient sendBinary(String text) {
        socket.sendBinary(StandardCharsets.UTF_8.encode(text), true).orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
        return this;
    }

    /** Says what the server may not hear to the end. */
    public void trySend(String text) {
        socket.sendText(text, true);
    }

    private void sendPart(String part, boolean last) {
        socket.sendText(part, last).orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    /** Says {@code $hello} with these members, such as {@code "tabs":["a"]}, and gives the welcome. */
    public JsonObject hello(String members) {
        send("{\"type\":\"$hello\",\"v\":1" + (members.isEmpty() ? "" : "," + members) + "}");
        return next("$welcome");
    }

    /** Says {@code $hello} to go on with the line of a welcome. */
    public JsonObject resume(JsonObject welcome, long inboxHeard, String members) {
        return hello("\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\",\"inbox\":" + inboxHeard
            + (members.isEmpty() ? "" : "," + members));
    }

    /** Acknowledges all that has come in so far. */
    public void ack(long inboxHeard) {
        send(ackOf(inboxHeard));
    }

    private String ackOf(long inboxHeard) {
        return "{\"type\":\"$ack\",\"bytes\":" + chars.get() + ",\"inbox\":" + inboxHeard + "}";
    }

    /** How many frames of its inbox it was given by the methods below. */
    public long inbox() {
        return inbox;
    }

    /** The next WebSocket message, as it came, where all frames of those before were taken. */
    public String nextMessage() {
        return nextMessage(timeout());
    }

    private static long timeout() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    }

    private String nextMessage(long until) {
        try {
            String message = messages.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            assertThat(message).as("what the server says next; the socket's end: %s", closed.getNow(0)).isNotNull();
            return message;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The next frame, as it came. */
    public String nextText() {
        return nextText(timeout());
    }

    private String nextText(long until) {
        while (frames.isEmpty()) {
            frames.addAll(nextMessage(until).lines().toList());
            if (acknowledges) {
                // The server may have closed by now; what came before is for the test all the same.
                socket.sendText(ackOf(inbox), true).handle((sent, failure) -> sent).join();
            }
        }
        return frames.remove(0);
    }

    public JsonObject next() {
        return next(timeout());
    }

    private JsonObject next(long until) {
        JsonObject frame = Golden.parse(nextText(until));
        if (!frame.containsKey("topic") && !frame.getString("type", "").startsWith("$")) {
            inbox++;
        }
        return frame;
    }

    /** The next frame of this kind; those before it are passed over. */
    public JsonObject next(Predicate<JsonObject> kind) {
        long until = timeout();
        JsonObject frame = next(until);
        while (!kind.test(frame)) {
            frame = next(until);
        }
        return frame;
    }

    public JsonObject next(String type) {
        return next(frame -> frame.getString("type", "").equals(type));
    }

    /** The answer to a request. */
    public JsonObject reply(long id) {
        return next(frame -> frame.getInt("re", 0) == id);
    }

    /** The code that the socket is closed with; 1006 where it ends without a close. */
    public int closeCode() {
        return closed.copy().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    /** The reason that came with {@link #closeCode}; empty where none did. */
    public String closeReason() {
        closeCode();
        return closeReason;
    }

    public boolean isOpen() {
        return !closed.isDone();
    }

    /** How many WebSocket pings have come. */
    public int pings() {
        return pings.get();
    }

    /** How many WebSocket messages have come that the test has not taken. */
    public int waiting() {
        return messages.size() + frames.size();
    }

    /** Ends as a browser does whose network is gone: without a word. */
    public void drop() {
        socket.abort();
    }

    /** Ends in order. */
    public void leave() {
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        socket.abort();
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder parts = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                chars.addAndGet(parts.length());
                messages.add(parts.toString());
                parts.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
            pings.incrementAndGet();
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            closeReason = reason;
            closed.complete(code);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            closed.complete(DROPPED);
        }
    }
}
