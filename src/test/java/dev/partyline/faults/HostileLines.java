package dev.partyline.faults;

import dev.partyline.testing.LineClient;
import dev.partyline.testing.RawClient;
import dev.partyline.testing.RawClient.Frame;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ten lines, each of which does one thing again and again as often as the server allows by default. */
final class HostileLines implements AutoCloseable {

    /** A little below the rate of a line. */
    private static final Duration EACH = Duration.ofMillis(22);
    private static final Duration SELDOM = Duration.ofMillis(250);
    private static final Duration RECONNECT = Duration.ofMillis(100);
    private static final int LARGE = 60_000;
    private static final int TABS = 60;
    private static final int TOPICS_OF_A_HELLO = 100;
    private static final int SMALL_RECEIVE_BUFFER = 4096;
    private static final Pattern TICKET = Pattern.compile("\"line\":\"([^\"]+)\",\"key\":\"([^\"]+)\"");

    private final URI line;
    private final String victim;
    private final String topic;
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private final List<LineClient> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentMap<String, Long> done = new ConcurrentHashMap<>();
    private volatile boolean over;
    private String resume = "";

    /**
     * @param line   where the line of the server is
     * @param victim the id of a tab of another line
     * @param topic what the others listen to
     */
    HostileLines(URI line, String victim, String topic) {
        this.line = line;
        this.victim = victim;
        this.topic = topic;
        String large = "x".repeat(LARGE);
        client("topics", EACH, (client, number) -> client.publish("open.new." + number, "1"));
        client("large", SELDOM, (client, number) -> client.publish("open.large." + number % 10, large));
        client("slow handler", EACH, (client, number) -> client.request("wait", "\"never\""));
        client("keys", EACH, (client, number) -> client.publish("open.keys", "1", "key-" + number));
        thread("resume", this::resumeOnce);
        thread("tabs", () -> frames(EACH, TABS, number -> "{\"type\":\"$tab\",\"from\":\"hostile-" + number % TABS + "\",\"state\":\"" + (number / TABS % 2 == 0 ? "open" : "gone") + "\"}"));
        thread("others' tabs", () -> frames(EACH, TABS, number -> number % 2 == 0 ? "{\"type\":\"echo\",\"from\":\"" + victim + "\",\"id\":" + (number + 1) + ",\"value\":1}"
            : "{\"type\":\"$tab\",\"from\":\"" + victim + "\",\"state\":\"open\"}"));
        thread("deaf", this::neverRead);
        thread("hello", this::helloWithManyTopics);
        thread("rejected", () -> frames(RECONNECT, 3, number -> number % 2 == 0 ? "{\"type\":\"$x\"}" : "no JSON"));
    }

    private interface Act {
        CompletableFuture<?> on(LineClient client, long number);
    }

    private interface FrameMaker {
        String frame(long number);
    }

    private void client(String name, Duration interval, Act act) {
        LineClient client = new LineClient(line, name.replace(' ', '-'), new LineClient.Listener() { });
        clients.add(client);
        scheduler.scheduleAtFixedRate(() -> act.on(client, did(name)), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private long did(String name) {
        return done.merge(name, 1L, Long::sum);
    }

    private void thread(String name, Runnable once) {
        Thread thread = new Thread(() -> {
            while (!over) {
                try {
                    once.run();
                } catch (UncheckedIOException | IllegalStateException | NoSuchElementException e) {
                    // Refused or cut: it comes again.
                }
                did(name);
                rest(RECONNECT);
            }
        }, "hostile-" + name);
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
    }

    private static void rest(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    private RawClient connect(int receiveBuffer) {
        return new RawClient(line, receiveBuffer, "Origin: http://" + line.getAuthority());
    }

    private static String hello(String members) {
        return "{\"type\":\"$hello\",\"v\":1" + members + "}";
    }

    /** Frames on a line of its own, which is read and acknowledged. */
    private void frames(Duration interval, int count, FrameMaker maker) {
        try (RawClient socket = connect(0)) {
            socket.send(hello(",\"tabs\":[\"own\"],\"topics\":{}"));
            Thread reader = new Thread(() -> acknowledge(socket), "hostile-reader");
            reader.setDaemon(true);
            reader.start();
            boolean open = true;
            for (int i = 0; i < 10 * count && open && !over; i++) {
                open = socket.write(RawClient.frame(RawClient.FIN | RawClient.TEXT, maker.frame(i).getBytes(StandardCharsets.UTF_8)));
                rest(interval);
            }
        }
    }

    private static void acknowledge(RawClient socket) {
        long chars = 0;
        try {
            for (Optional<Frame> frame = socket.readWhole(); frame.isPresent() && frame.get().opcode() != RawClient.CLOSE; frame = socket.readWhole()) {
                chars += frame.get().text().length();
                if (chars % 7 == 0) {
                    socket.send("{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":0}");
                }
            }
        } catch (UncheckedIOException e) {
            // Closed by this side.
        }
    }

    private void resumeOnce() {
        for (int i = 0; i < 5 && !over; i++) {
            try (RawClient socket = connect(0)) {
                Matcher ticket = TICKET.matcher(socket.send(hello(resume + ",\"tabs\":[\"again\"],\"topics\":{\"" + topic + "\":[\"0\",0]}")).readText());
                resume = ticket.find() ? "," + ticket.group() + ",\"inbox\":0" : "";
            }
        }
    }

    private void neverRead() {
        try (RawClient socket = connect(SMALL_RECEIVE_BUFFER)) {
            socket.send(hello(",\"tabs\":[\"deaf\"],\"topics\":{\"" + topic + "\":[\"0\",0],\"open.large.1\":[\"0\",0],\"open.large.2\":[\"0\",0]}"));
            for (int i = 0; i < 20 && !over; i++) {
                rest(SELDOM);
            }
        }
    }

    private void helloWithManyTopics() {
        long round = done.getOrDefault("hello", 0L);
        String topics = IntStream.range(0, TOPICS_OF_A_HELLO).mapToObj(i -> "\"open.hello." + round + "." + i + "\":null").collect(Collectors.joining(",", "{", "}"));
        try (RawClient socket = connect(0)) {
            socket.send(hello(",\"tabs\":[\"many\"],\"topics\":" + topics)).readText();
        }
    }

    /** Whether each has done its thing. */
    boolean areAllAtWork() {
        return done.size() == clients.size() + threads.size();
    }

    /** How often each did it. */
    @Override
    public String toString() {
        Map<String, Long> sorted = new TreeMap<>(done);
        return sorted.toString();
    }

    @Override
    public void close() {
        over = true;
        scheduler.shutdownNow();
        clients.forEach(LineClient::close);
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
