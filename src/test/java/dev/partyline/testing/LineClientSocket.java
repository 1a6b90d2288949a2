package dev.partyline.testing;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One socket of a {@link LineClient}: what waits to be sent on it, and the credit it gives. All but the ear belongs to the client's thread. */
final class LineClientSocket implements WebSocket.Listener {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
    private static final Duration ACK_AFTER = Duration.ofSeconds(1);
    private static final Duration LISTENS_FOR = Duration.ofMillis(50);
    private static final int BATCH_CHARS = 16_384;

    private final ScheduledExecutorService thread;
    private final LineClient client;
    private final Queue<String> waiting = new ArrayDeque<>();
    private final StringBuilder parts = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Optional<WebSocket> socket = Optional.empty();
    private boolean sending;
    private boolean aborted;
    private boolean asked;
    private long receivedAt = System.nanoTime();
    private long listensUntil = System.nanoTime();
    private int ackEvery = 1;
    private long chars;
    private long acked;

    LineClientSocket(URI uri, ScheduledExecutorService thread, LineClient client) {
        this.thread = thread;
        this.client = client;
        Executor own = thread;
        HTTP.newWebSocketBuilder().connectTimeout(CONNECT_WITHIN).buildAsync(uri, this).whenCompleteAsync((open, failure) -> {
            if (failure != null) {
                client.lost(this);
            }
        }, own);
    }

    boolean isSilentFor(Duration time) {
        return System.nanoTime() - receivedAt > time.toNanos();
    }

    /** Frames that wait for a send to end go together. */
    void send(String frame) {
        waiting.add(frame);
        flush();
    }

    private void flush() {
        if (sending || aborted || waiting.isEmpty() || socket.isEmpty()) {
            return;
        }
        StringBuilder batch = new StringBuilder(waiting.remove());
        while (!waiting.isEmpty() && batch.length() + waiting.peek().length() < BATCH_CHARS) {
            batch.append('\n').append(waiting.remove());
        }
        sending = true;
        socket.get().sendText(batch, true).whenCompleteAsync((sent, failure) -> {
            sending = false;
            if (failure != null) {
                client.lost(this);
            } else {
                flush();
            }
        }, thread);
    }

    /** How many characters the server wants acknowledged at once. */
    void grants(int most) {
        ackEvery = most;
    }

    void ackIfDue(long inbox) {
        if (chars - acked >= ackEvery) {
            ack(inbox);
        }
    }

    private void ack(long inbox) {
        acked = chars;
        send("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":" + inbox + "}");
    }

    /** Now and then: what is not due by its size is due by its age; and whoever says nothing is asked. */
    void lookAfter(Duration askAfter, long inbox) {
        if (chars > acked && isSilentFor(ACK_AFTER)) {
            ack(inbox);
        }
        if (!asked && isSilentFor(askAfter)) {
            asked = true;
            send("{\"type\":\"$ping\"}");
        }
    }

    void abort() {
        aborted = true;
        socket.ifPresent(WebSocket::abort);
    }

    @Override
    public void onOpen(WebSocket open) {
        thread.execute(() -> {
            socket = Optional.of(open);
            receivedAt = System.nanoTime();
            if (aborted) {
                open.abort();
            } else {
                client.opened(this);
            }
        });
        open.request(1);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
        parts.append(part);
        if (!last) {
            from.request(1);
            return null;
        }
        String text = parts.toString();
        parts.setLength(0);
        thread.execute(() -> onReceived(from, text));
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer part, boolean last) {
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
        if (!last) {
            from.request(1);
            return null;
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        thread.execute(() -> onReceived(from, text));
        return null;
    }

    private void onReceived(WebSocket from, String text) {
        receivedAt = System.nanoTime();
        asked = false;
        chars += text.length();
        Duration deaf = client.message(this, text);
        if (deaf.isZero() || receivedAt - listensUntil < 0) {
            from.request(1);
        } else {
            listensUntil = receivedAt + deaf.plus(LISTENS_FOR).toNanos();
            thread.schedule(() -> from.request(1), deaf.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        thread.execute(() -> client.lost(this));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        thread.execute(() -> client.lost(this));
    }
}
