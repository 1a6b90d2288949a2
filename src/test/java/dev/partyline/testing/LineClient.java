package dev.partyline.testing;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A client that speaks PROTOCOL.md whole and comes back by itself: one line over whatever sockets it takes, one tab, some topics.
 *
 * <p>All that is its own happens on one thread, which many clients share, so that nothing here may block. Any thread may call. It is impatient: after a second and a
 * half without a word it takes its socket for dead. Every request settles: by its reply, by {@link Rejected}, or by {@link Unknown} where its fate cannot be known. It comes
 * back sooner than a goodbye asks it to.
 */
public final class LineClient implements AutoCloseable {

    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration ASK_AFTER = Duration.ofMillis(300);
    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final int STAY_AWAY = 4500;
    private static final int REPLACED = 4507;
    private static final int MOST_DOUBLINGS = 5;
    private static final List<ScheduledExecutorService> THREADS = List.of(thread(0), thread(1), thread(2), thread(3));
    private static final AtomicInteger NEXT = new AtomicInteger();

    /** A place in a topic. */
    public record Position(String epoch, long offset) {

        static Position of(JsonArray at) {
            return new Position(at.getString(0), at.getJsonNumber(1).longValueExact());
        }

        private String json() {
            return "[\"" + epoch + "\"," + offset + "]";
        }
    }

    /** Hears what a tab hears, in order, on the client's thread. */
    public interface Listener {

        /** The topic goes on after this place: told by a welcome, or by the answer to a join. */
        default void joined(String topic, Position at, boolean gap) {
        }

        /** A frame that is no reply, no welcome, and no sign of life. */
        default void onFrame(JsonObject frame) {
        }
    }

    /** An error reply. */
    public static final class Rejected extends RuntimeException {

        private static final long serialVersionUID = 1;

        Rejected(JsonObject error) {
            super(error.toString());
        }
    }

    /** The line is gone, or its reply is: nobody can know whether the request was run. */
    public static final class Unknown extends RuntimeException {

        private static final long serialVersionUID = 1;
    }

    /** Where the answer to a join says that the topic goes on. */
    public record Joined(Position at, boolean gap) {

        static Joined of(JsonObject joined) {
            return new Joined(Position.of(joined.getJsonArray("at")), joined.getBoolean("gap"));
        }
    }

    private final URI uri;
    private final String secret;
    private final String tab;
    private final Listener listener;
    private final ScheduledExecutorService thread = THREADS.get(Math.floorMod(NEXT.getAndIncrement(), THREADS.size()));
    private final AtomicInteger sockets = new AtomicInteger();
    private final AtomicInteger replaced = new AtomicInteger();
    private final AtomicInteger freshLines = new AtomicInteger();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final Map<String, Optional<Position>> topics = new LinkedHashMap<>();
    private final LineClientRequests requests = new LineClientRequests();
    private volatile Duration timeout = Duration.ofMillis(1500);
    private volatile boolean insists;
    private volatile Duration readDelay = Duration.ZERO;
    private Optional<LineClientSocket> socket = Optional.empty();
    private boolean welcomed;
    private boolean over;
    private String resume = "";
    private long inbox;
    private int failures;

    /** @param secret that the id of its tab belongs to */
    public LineClient(URI uri, String secret, Listener listener, String... topics) {
        this(uri, secret, listener, Stream.of(topics).collect(Collectors.toMap(topic -> topic, topic -> Optional.empty())));
    }

    /** @param topics are joined in the hello, each after its place, or from now on */
    public LineClient(URI uri, String secret, Listener listener, Map<String, Optional<Position>> topics) {
        this.uri = uri;
        this.secret = secret;
        this.tab = tabId(secret);
        this.listener = listener;
        this.topics.putAll(topics);
        thread.execute(this::connect);
        thread.schedule(this::lookAfter, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static ScheduledExecutorService thread(int number) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "line-clients-" + number);
            made.setDaemon(true);
            return made;
        });
    }

    public String tab() {
        return tab;
    }

    /** How long it waits for a word before it takes its socket for dead. */
    public LineClient timeout(Duration patience) {
        this.timeout = patience;
        return this;
    }

    /** Has it ask again on each new socket whatever was not answered, even what the server says it has heard. */
    public LineClient insist() {
        insists = true;
        return this;
    }

    /** Has it stop reading for so long, again and again. */
    public LineClient delayReads(Duration deafness) {
        this.readDelay = deafness;
        return this;
    }

    /** Publishes once, over whatever drops; where it was appended. */
    public CompletableFuture<Position> publish(String topic, String text) {
        return publish(topic, text, "");
    }

    /** Publishes once for this key, by however many clients and lines. */
    public CompletableFuture<Position> publish(String topic, String text, String key) {
        String keyed = key.isEmpty() ? "" : ",\"key\":\"" + key + "\"";
        return request("\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"" + tab + "\",\"value\":\"" + text + "\"" + keyed, Optional.empty())
            .thenApply(reply -> Position.of(reply.orElseThrow().asJsonObject().getJsonArray("at")));
    }

    /** Asks; the reply's value, if it has one. */
    public CompletableFuture<Optional<JsonValue>> request(String type, String value) {
        return request("\"type\":\"" + type + "\",\"from\":\"" + tab + "\",\"value\":" + value, Optional.empty());
    }

    public CompletableFuture<Joined> join(String topic, Optional<Position> at) {
        thread.execute(() -> topics.put(topic, at));
        return request("\"type\":\"$join\",\"topic\":\"" + topic + "\"" + at.map(place -> ",\"at\":" + place.json()).orElse(""), Optional.of(topic))
            .thenApply(reply -> Joined.of(reply.orElseThrow().asJsonObject()));
    }

    public CompletableFuture<Void> leave(String topic) {
        thread.execute(() -> topics.remove(topic));
        return request("\"type\":\"$leave\",\"topic\":\"" + topic + "\"", Optional.empty()).thenApply(reply -> null);
    }

    private CompletableFuture<Optional<JsonValue>> request(String members, Optional<String> joins) {
        CompletableFuture<Optional<JsonValue>> reply = new CompletableFuture<>();
        thread.execute(() -> {
            if (over) {
                reply.completeExceptionally(new Unknown());
                return;
            }
            String frame = requests.made(members, joins, reply);
            if (welcomed) {
                send(frame);
            }
        });
        return reply;
    }

    /** Where it is in a topic; empty until it was told. */
    public Optional<Position> place(String topic) {
        return ask(() -> topics.getOrDefault(topic, Optional.empty()));
    }

    /** Whether a socket carries its line now. */
    public boolean isWelcome() {
        return ask(() -> welcomed);
    }

    private <T> T ask(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, thread).join();
    }

    /** How many sockets it has had. */
    public int sockets() {
        return sockets.get();
    }

    /** How many of its welcomes were to a new line. */
    public int freshLines() {
        return freshLines.get();
    }

    /** How often the line was taken from it by a hello of its own that came late; it takes the line back. */
    public int replaced() {
        return replaced.get();
    }

    /** Errors that no request awaited, goodbyes that say "stay away", and what was no frame or broke the listener: none in a good life. */
    public List<String> complaints() {
        return complaints;
    }

    /** Drops its socket, and comes back. */
    public void drop() {
        thread.execute(() -> socket.ifPresent(this::lost));
    }

    /** Goes without a word. */
    @Override
    public void close() {
        thread.execute(() -> {
            over = true;
            socket.ifPresent(this::lost);
            requests.failUpTo(Long.MAX_VALUE);
        });
    }

    private void connect() {
        if (!over && socket.isEmpty()) {
            socket = Optional.of(new LineClientSocket(uri, thread, this));
        }
    }

    void opened(LineClientSocket from) {
        if (isCurrent(from)) {
            sockets.incrementAndGet();
            from.send(hello());
        }
    }

    private String hello() {
        List<String> wanted = new ArrayList<>();
        topics.forEach((topic, at) -> wanted.add("\"" + topic + "\":" + at.map(Position::json).orElse("null")));
        return "{\"type\":\"$hello\",\"v\":1,\"binary\":true,\"tabs\":[\"" + tab + "\"],\"secrets\":[\"" + secret + "\"],\"topics\":{" + String.join(",", wanted) + "}"
            + (resume.isEmpty() ? "" : resume + ",\"inbox\":" + inbox) + "}";
    }

    /** A socket is of no use any more. */
    void lost(LineClientSocket from) {
        from.abort();
        if (!isCurrent(from)) {
            return;
        }
        socket = Optional.empty();
        welcomed = false;
        if (!over) {
            long most = FIRST_RETRY.toMillis() << Math.min(failures++, MOST_DOUBLINGS);
            thread.schedule(this::connect, ThreadLocalRandom.current().nextLong(most) + 1, TimeUnit.MILLISECONDS);
        }
    }

    private boolean isCurrent(LineClientSocket from) {
        return socket.filter(from::equals).isPresent();
    }

    private void lookAfter() {
        if (over) {
            return;
        }
        socket.ifPresent(open -> {
            if (open.isSilentFor(timeout)) {
                lost(open);
            } else if (welcomed) {
                open.lookAfter(ASK_AFTER, inbox);
            }
        });
        thread.schedule(this::lookAfter, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void send(String text) {
        socket.ifPresent(open -> open.send(text));
    }

    /** One WebSocket message; tells how long to read no further. */
    Duration message(LineClientSocket from, String text) {
        if (!isCurrent(from)) {
            return Duration.ZERO;
        }
        try {
            text.lines().map(Golden::parse).forEach(frame -> frame(from, frame));
        } catch (RuntimeException e) {
            complaints.add(e + " for " + text);
        }
        if (welcomed) {
            from.ackIfDue(inbox);
        }
        return readDelay;
    }

    private void frame(LineClientSocket from, JsonObject frame) {
        String type = frame.getString("type", "");
        if (type.equals("$welcome")) {
            welcome(from, frame);
        } else if (type.equals("$ping")) {
            from.send("{\"type\":\"$pong\"}");
        } else if (type.equals("$bye")) {
            onBye(frame);
        } else if (frame.containsKey("topic")) {
            topics.computeIfPresent(frame.getString("topic"), (topic, before) -> Optional.of(Position.of(frame.getJsonArray("at"))));
            listener.onFrame(frame);
        } else if (!type.startsWith("$")) {
            inbox++;
            ownFrame(frame);
        }
    }

    private void onBye(JsonObject bye) {
        int code = bye.getInt("code");
        if (code == REPLACED) {
            replaced.incrementAndGet();
        } else if (code >= STAY_AWAY) {
            complaints.add(bye.toString());
        }
    }

    private void ownFrame(JsonObject frame) {
        if (frame.containsKey("re")) {
            requests.answered(frame, this::joined);
        } else if (frame.containsKey("error")) {
            complaints.add(frame.toString());
        } else {
            listener.onFrame(frame);
        }
    }

    private void joined(String topic, JsonObject value) {
        Joined joined = Joined.of(value);
        topics.put(topic, Optional.of(joined.at()));
        listener.joined(topic, joined.at(), joined.gap());
    }

    private void welcome(LineClientSocket from, JsonObject welcome) {
        failures = 0;
        long heard = welcome.getJsonNumber("heard").longValueExact();
        long inboxAt = welcome.getJsonNumber("inbox").longValueExact();
        boolean resumed = welcome.getBoolean("resumed");
        if (!resumed) {
            freshLines.incrementAndGet();
            if (!resume.isEmpty()) {
                requests.startAnew();
            }
        } else if (inboxAt > inbox) {
            requests.failUpTo(heard);
        }
        resume = ",\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\"";
        inbox = inboxAt;
        JsonObject places = welcome.getJsonObject("topics");
        places.forEach((topic, at) -> {
            if (at.asJsonObject().containsKey("at")) {
                joined(topic, at.asJsonObject());
            } else {
                complaints.add(topic + ": " + at);
            }
        });
        requests.settleJoins(places);
        welcomed = true;
        from.grants(welcome.getJsonObject("limits").getInt("ack"));
        requests.unanswered(insists ? 0 : heard).forEach(from::send);
    }

    /** As PROTOCOL.md has it, and without the classes of the server, which are not there where the server is a container. */
    private static String tabId(String secret) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            return "t_" + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, 12));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
