package dev.partyline.test;

import dev.partyline.connection.Connection;
import dev.partyline.connection.HandshakeInfo;
import dev.partyline.handler.CallException;
import dev.partyline.wire.Json;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A browser with a line, which all its tabs share. It speaks the protocol of a real one, over a fake socket: it acknowledges what it receives, keeps the line alive, and resumes it after
 * {@link #reconnect}. It does not reconnect by itself.
 *
 * <p>For the thread of the test. The frames of its socket are sent and read by a thread of its own, as a container does.
 */
public final class TestBrowser {

    private static final Duration PING_AFTER = Duration.ofSeconds(20);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final TestPartyline test;
    private volatile TestHandshake handshake;
    private final int number = NUMBER.incrementAndGet();
    private final ExecutorService client = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "partyline-test-browser-" + number);
        thread.setDaemon(true);
        return thread;
    });
    /** Tasks of the client that have not ended. */
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicLong lastId = new AtomicLong();
    private final ConcurrentMap<String, TestTab> tabs = new ConcurrentHashMap<>();
    private final ConcurrentMap<Long, CompletableFuture<Map<String, Object>>> requests = new ConcurrentHashMap<>();
    private final List<Closed> closes = new CopyOnWriteArrayList<>();
    private int tabCount;
    /** What follows is confined to the client's thread, but for reads by the test. */
    private volatile Optional<TestSocket> socket = Optional.empty();
    private volatile Optional<String> line = Optional.empty();
    private volatile String key = "";
    private volatile long inbox;
    private volatile long sentAt;
    private final Map<String, Object> positions = new LinkedHashMap<>();

    /**
     * How a connection was closed by the server.
     *
     * @param code of PROTOCOL.md, or the application's
     */
    public record Closed(int code, String reason) {
    }

    TestBrowser(TestPartyline test, TestHandshake handshake) {
        this.test = test;
        this.handshake = handshake;
    }

    /** Opens a tab. The first one connects the browser. */
    public TestTab tab() {
        TestTab tab = new TestTab(this, "tab-" + number + "-" + ++tabCount);
        tabs.put(tab.id(), tab);
        if (socket.isEmpty()) {
            connect();
        } else {
            send("{\"type\":\"$tab\",\"from\":\"" + tab.id() + "\",\"state\":\"open\"}");
        }
        test.awaitIdle();
        return tab;
    }

    /** The id of its line, after the first tab was opened. */
    public String line() {
        return line.orElseThrow(() -> new IllegalStateException("the browser has no line: open a tab first"));
    }

    public Optional<String> user() {
        return handshake.user();
    }

    /** Whether it has a connection. */
    public boolean isConnected() {
        return socket.isPresent();
    }

    /** How the server has closed its connections, in order. */
    public List<Closed> closed() {
        test.settle();
        return List.copyOf(closes);
    }

    /** The connection is lost: the server holds the line, and what is sent to it waits. */
    public void disconnect() {
        run(() -> socket.ifPresent(open -> {
            socket = Optional.empty();
            open.connection.onClose(1006);
        }));
        test.awaitIdle();
    }

    /**
     * The network is back: the line is resumed, if the server still has it, or else a new one is opened; its topics are joined again.
     *
     * @throws IllegalStateException if the browser is connected
     */
    public void reconnect() {
        if (socket.isPresent()) {
            throw new IllegalStateException("the browser is connected");
        }
        connect();
        test.awaitIdle();
    }

    /** As {@link #reconnect}, after the login or the roles of the user have changed. Another user gets another line. */
    public void reconnect(TestHandshake newer) {
        handshake = newer;
        reconnect();
    }

    /** Closes its last tabs: the line ends. */
    public void close() {
        tabs.clear();
        send("{\"type\":\"$bye\"}");
        test.awaitIdle();
    }

    private void connect() {
        CompletableFuture<Void> settled = new CompletableFuture<>();
        run(() -> {
            TestSocket opened = new TestSocket(this, settled);
            opened.connection = new Connection(test.access().context(), opened, new HandshakeInfo(handshake.facts(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
            socket = Optional.of(opened);
            opened.connection.onOpen();
            sendNow(hello());
        });
        TestPartyline.await("the welcome", settled::isDone);
    }

    private String hello() {
        StringBuilder hello = new StringBuilder("{\"type\":\"$hello\",\"v\":1");
        line.ifPresent(known -> hello.append(",\"line\":\"").append(known).append("\",\"key\":\"").append(key).append("\",\"inbox\":").append(inbox));
        hello.append(",\"tabs\":").append(test.json(List.copyOf(tabs.keySet()))).append(",\"topics\":").append(test.json(positions)).append('}');
        return hello.toString();
    }

    /** A frame that has an answer. Its future ends with a {@link CallException} if that is an error. */
    CompletableFuture<Map<String, Object>> request(String type, String from, String members) {
        long id = lastId.incrementAndGet();
        CompletableFuture<Map<String, Object>> answer = new CompletableFuture<>();
        requests.put(id, answer);
        send("{\"type\":" + Json.quote(type) + ",\"from\":\"" + from + "\",\"id\":" + id + members + "}");
        return answer;
    }

    void send(String frame) {
        run(() -> sendNow(frame));
    }

    private void sendNow(String frame) {
        sentAt = test.now();
        socket.ifPresent(open -> open.connection.onText(frame, true));
    }

    /** Whether a tab is in this topic: a line joins once for all its tabs. */
    boolean isIn(String topic) {
        return tabs.values().stream().anyMatch(tab -> tab.isIn(topic));
    }

    /** @param answer to the join, with the position from which on messages follow */
    @SuppressWarnings("unchecked")
    void join(String topic, Map<String, Object> answer) {
        Object at = ((Map<String, Object>) answer.get("value")).get("at");
        run(() -> positions.putIfAbsent(topic, at));
    }

    void leave(String topic) {
        run(() -> positions.remove(topic));
    }

    private void run(Runnable task) {
        busy.incrementAndGet();
        try {
            client.execute(() -> {
                try {
                    task.run();
                } finally {
                    busy.decrementAndGet();
                }
            });
        } catch (RejectedExecutionException e) {
            // Partyline is stopped.
            busy.decrementAndGet();
        }
    }

    boolean isIdle() {
        return busy.get() == 0;
    }

    /** Time has passed. */
    void onTick() {
        if (socket.isPresent() && test.now() - sentAt >= PING_AFTER.toNanos()) {
            send("{\"type\":\"$ping\"}");
        }
    }

    /** Partyline has stopped: no connection is left, even if its close came too late for this thread. */
    void end() {
        run(() -> socket = Optional.empty());
        client.shutdown();
    }

    /** Any thread: a message of the server. */
    void onMessage(TestSocket from, String message) {
        run(() -> {
            if (socket.filter(from::equals).isEmpty()) {
                return;
            }
            message.lines().forEach(text -> onFrame(from, test.parse(text)));
            from.received += message.length();
            if (from.welcomed.isDone() && socket.isPresent()) {
                from.connection.onText("{\"type\":\"$ack\",\"bytes\":" + from.received + ",\"inbox\":" + inbox + "}", true);
            }
        });
    }

    /** Any thread: the network stack of the client answers it. */
    void onPing(TestSocket from, ByteBuffer payload) {
        run(() -> from.connection.onPong(payload));
    }

    /** Any thread: the server has closed the socket. */
    void onClosed(TestSocket from, int code, String reason) {
        run(() -> {
            if (socket.filter(from::equals).isPresent()) {
                socket = Optional.empty();
                from.connection.onClose(code);
            }
            closes.add(new Closed(code, reason));
            from.welcomed.complete(null);
        });
    }

    private void onFrame(TestSocket from, Map<String, Object> frame) {
        String type = TestPartyline.text(frame, "type").orElse("");
        if (type.equals("$welcome")) {
            onWelcome(frame);
            from.welcomed.complete(null);
        } else if (type.equals("$ping")) {
            sendNow("{\"type\":\"$pong\"}");
        } else if (frame.containsKey("topic")) {
            if (positions.containsKey(frame.get("topic"))) {
                positions.put((String) frame.get("topic"), frame.get("at"));
            }
            tabs.values().forEach(tab -> tab.onTopicFrame(type, frame));
        } else if (!type.startsWith("$")) {
            inbox++;
            onInboxFrame(frame);
        }
    }

    /** The server has joined a topic of the {@code $hello}, or says why not. */
    private void onJoined(String topic, Map<String, Object> joined) {
        if (joined.containsKey("error")) {
            positions.remove(topic);
            tabs.values().forEach(tab -> tab.onLeft(topic, error(joined)));
        } else if (positions.containsKey(topic)) {
            positions.put(topic, joined.get("at"));
        }
    }

    @SuppressWarnings("unchecked")
    private void onWelcome(Map<String, Object> frame) {
        boolean resumed = (Boolean) frame.get("resumed");
        line = TestPartyline.text(frame, "line");
        key = (String) frame.get("key");
        inbox = ((Number) frame.get("inbox")).longValue();
        Map<String, Object> topics = (Map<String, Object>) frame.get("topics");
        topics.forEach((topic, joined) -> onJoined(topic, (Map<String, Object>) joined));
        if (!resumed) {
            lastId.set(0);
            requests.values().forEach(request -> request.completeExceptionally(new CallException("lost", "the line has ended")));
            requests.clear();
        }
    }

    private void onInboxFrame(Map<String, Object> frame) {
        Optional<String> left = TestPartyline.text(frame, "left");
        if (frame.containsKey("re")) {
            CompletableFuture<Map<String, Object>> request = requests.remove(((Number) frame.get("re")).longValue());
            if (request != null && frame.containsKey("error")) {
                request.completeExceptionally(error(frame));
            } else if (request != null) {
                request.complete(frame);
            }
        } else if (left.isPresent()) {
            positions.remove(left.get());
            tabs.values().forEach(tab -> tab.onLeft(left.get(), error(frame)));
        } else {
            Optional<String> tab = TestPartyline.text(frame, "from");
            tabs.values().stream().filter(one -> tab.isEmpty() || tab.get().equals(one.id())).forEach(one -> one.onMessage(frame));
        }
    }

    @SuppressWarnings("unchecked")
    private static CallException error(Map<String, Object> frame) {
        Map<String, Object> error = (Map<String, Object>) frame.get("error");
        return new CallException((String) error.get("code"), (String) error.get("message"), Boolean.TRUE.equals(error.get("retryable")));
    }

    void remove(TestTab tab) {
        tabs.remove(tab.id());
        send("{\"type\":\"$tab\",\"from\":\"" + tab.id() + "\",\"state\":\"gone\"}");
        test.awaitIdle();
    }

    TestPartyline test() {
        return test;
    }
}
