package dev.partyline.testing;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A client that speaks PROTOCOL.md whole and comes back by itself: one line over whatever sockets it takes, one tab, some topics.
 *
 * <p>Everything happens on one thread of its own. It is impatient: a second and a half without a word, and it takes its socket for dead.
 */
public final class LineClient implements AutoCloseable {

    private static final Duration SILENCE = Duration.ofMillis(1500);
    private static final Duration PATIENCE = Duration.ofMillis(300);

    /** A place in a topic. */
    public record Place(String epoch, long offset) {
    }

    private final URI uri;
    private final String tab;
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(SILENCE).build();
    private final ScheduledExecutorService thread;
    private final Consumer<JsonObject> heard;
    private final Map<String, Optional<Place>> topics = new TreeMap<>();
    private final Map<Long, Pending> pending = new TreeMap<>();
    private final AtomicInteger sockets = new AtomicInteger();
    private final AtomicInteger fresh = new AtomicInteger();
    private Optional<WebSocket> socket = Optional.empty();
    private boolean welcomed;
    private boolean over;
    private String line = "";
    private String key = "";
    private long inbox;
    private long chars;
    private long lastId;
    private long heardAt;
    private boolean pinged;

    private record Pending(String text, CompletableFuture<JsonObject> reply) {
    }

    /** @param heard is given each frame, but for replies; the welcome too */
    public LineClient(URI uri, String tab, Consumer<JsonObject> heard, String... topics) {
        this.uri = uri;
        this.tab = tab;
        this.heard = heard;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "client-" + tab);
            made.setDaemon(true);
            return made;
        });
        for (String topic : topics) {
            this.topics.put(topic, Optional.empty());
        }
        thread.execute(this::connect);
        thread.scheduleWithFixedDelay(this::lookAfter, 50, 50, TimeUnit.MILLISECONDS);
    }

    /** How many sockets it took so far. */
    public int sockets() {
        return sockets.get();
    }

    /** How many of its lines were new ones. */
    public int freshLines() {
        return fresh.get();
    }

    /** Publishes once, over whatever drops. */
    public CompletableFuture<JsonObject> publish(String topic, String value) {
        return request("\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"" + tab + "\",\"value\":" + value);
    }

    public CompletableFuture<JsonObject> request(String type, String value) {
        return request("\"type\":\"" + type + "\",\"from\":\"" + tab + "\",\"value\":" + value);
    }

    private CompletableFuture<JsonObject> request(String members) {
        CompletableFuture<JsonObject> reply = new CompletableFuture<>();
        thread.execute(() -> {
            long id = ++lastId;
            Pending made = new Pending("{\"id\":" + id + "," + members + "}", reply);
            pending.put(id, made);
            if (welcomed) {
                send(made.text());
            }
        });
        return reply;
    }

    /** Where it is in a topic. */
    public Optional<Place> place(String topic) {
        return CompletableFuture.supplyAsync(() -> topics.get(topic), thread).join();
    }

    @Override
    public void close() {
        thread.execute(() -> {
            over = true;
            socket.ifPresent(WebSocket::abort);
        });
        thread.shutdown();
    }

    private void connect() {
        if (over || socket.isPresent()) {
            return;
        }
        try {
            Ear ear = new Ear();
            WebSocket made = http.newWebSocketBuilder().connectTimeout(SILENCE).buildAsync(uri, ear).get(SILENCE.toMillis(), TimeUnit.MILLISECONDS);
            ear.mine = made;
            socket = Optional.of(made);
            sockets.incrementAndGet();
            welcomed = false;
            chars = 0;
            heardAt = System.nanoTime();
            send(hello());
        } catch (Exception e) {
            thread.schedule(this::connect, 50, TimeUnit.MILLISECONDS);
        }
    }

    private String hello() {
        StringBuilder hello = new StringBuilder("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"],\"topics\":{");
        String separator = "";
        for (Map.Entry<String, Optional<Place>> topic : topics.entrySet()) {
            hello.append(separator).append('"').append(topic.getKey()).append("\":")
                .append(topic.getValue().map(place -> "[\"" + place.epoch() + "\"," + place.offset() + "]").orElse("null"));
            separator = ",";
        }
        hello.append('}');
        if (!line.isEmpty()) {
            hello.append(",\"line\":\"" + line + "\",\"key\":\"" + key + "\",\"inbox\":" + inbox);
        }
        return hello.append('}').toString();
    }

    private void send(String text) {
        try {
            socket.orElseThrow().sendText(text, true).get(SILENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            lost();
        }
    }

    private void lost() {
        socket.ifPresent(WebSocket::abort);
        socket = Optional.empty();
        welcomed = false;
        if (!over) {
            thread.schedule(this::connect, 20, TimeUnit.MILLISECONDS);
        }
    }

    private void lookAfter() {
        long silent = System.nanoTime() - heardAt;
        if (socket.isPresent() && silent > SILENCE.toNanos()) {
            lost();
        } else if (welcomed && silent > PATIENCE.toNanos() && !pinged) {
            pinged = true;
            send("{\"type\":\"$ping\"}");
        }
    }

    private void message(WebSocket from, String text) {
        if (socket.filter(from::equals).isEmpty()) {
            return;
        }
        heardAt = System.nanoTime();
        pinged = false;
        chars += text.length();
        text.lines().map(Golden::parse).forEach(this::frame);
        if (welcomed) {
            send("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":" + inbox + "}");
        }
    }

    private void frame(JsonObject frame) {
        String type = frame.getString("type", "");
        if (type.equals("$welcome")) {
            welcome(frame);
        } else if (type.equals("$ping")) {
            send("{\"type\":\"$pong\"}");
        } else if (frame.containsKey("topic")) {
            topics.computeIfPresent(frame.getString("topic"), (topic, place) -> Optional.of(place(frame.getJsonArray("at"))));
        } else if (!type.startsWith("$")) {
            inbox++;
        }
        if (frame.containsKey("re")) {
            Pending answered = pending.remove((long) frame.getInt("re"));
            if (answered != null) {
                answered.reply().complete(frame);
            }
        } else {
            heard.accept(frame);
        }
    }

    private void welcome(JsonObject welcome) {
        boolean resumed = welcome.getBoolean("resumed");
        if (!resumed) {
            fresh.incrementAndGet();
            if (!line.isEmpty()) {
                // What was sent on the line that is gone has an unknown outcome.
                fail(Long.MAX_VALUE);
                lastId = 0;
            }
        }
        long repliesFrom = welcome.getInt("inbox");
        if (resumed && repliesFrom > inbox) {
            fail(welcome.getInt("heard"));
        }
        line = welcome.getString("line");
        key = welcome.getString("key");
        inbox = repliesFrom;
        welcome.getJsonObject("topics").forEach((topic, at) -> topics.put(topic, Optional.of(place(at.asJsonObject().getJsonArray("at")))));
        welcomed = true;
        pending.forEach((id, request) -> {
            if (id > welcome.getInt("heard") && welcomed) {
                send(request.text());
            }
        });
    }

    private void fail(long upTo) {
        pending.entrySet().removeIf(request -> request.getKey() <= upTo
            && request.getValue().reply().completeExceptionally(new CompletionException("outcome unknown", null)));
    }

    private static Place place(JsonArray at) {
        return new Place(at.getString(0), at.getInt(1));
    }

    private final class Ear implements WebSocket.Listener {

        private final StringBuilder parts = new StringBuilder();
        private volatile WebSocket mine;

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                String text = parts.toString();
                parts.setLength(0);
                thread.execute(() -> message(from, text));
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            gone();
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            gone();
        }

        private void gone() {
            if (!thread.isShutdown()) {
                thread.execute(() -> {
                    if (socket.filter(open -> open == mine).isPresent()) {
                        lost();
                    }
                });
            }
        }
    }
}
