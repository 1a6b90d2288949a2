package dev.partyline.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * The load generator: all clients on one thread and one selector. What is measured is the server's CPU time, which does not depend on how fast this one is; how much
 * of the time it had to work itself is told with each figure.
 */
final class Load implements AutoCloseable {

    private static final int PUBLISHES_UNDER_WAY = 8;
    private static final int CHARS_AROUND_BODY = valueOf(0, "").length();
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    /** A wait in the selector is rounded to milliseconds; what is due sooner than this is waited for by looking again. */
    private static final long TOO_SHORT_TO_WAIT_NANOS = 1_500_000;
    private static final int INCOMING_BYTES = 1 << 18;
    /** Holds the rest of one read and all of the next: a batch of ours, or a large message of anyone's. */
    private static final int SCRATCH_BYTES = 1 << 22;

    private final ServerProcess server;
    private final BenchServer benchServer;
    private final Selector selector;
    private final long origin = System.nanoTime();
    private final ByteBuffer incoming = ByteBuffer.allocateDirect(INCOMING_BYTES);
    private final byte[] scratch = new byte[SCRATCH_BYTES];
    private final List<Client> clients = new ArrayList<>();
    private final Queue<Client> again = new ArrayDeque<>();
    private final Latencies latencies = new Latencies();

    private String body = "";
    private BiFunction<BenchProtocol, String, String> answering;
    private Client slowReader;
    private int readyNow;
    private int refused;
    private long delivered;
    private long lost;
    private long deliveredToSlowReader;
    private long idleNanos;
    private long lastTick;

    Load(ServerProcess server, BenchServer benchServer) throws IOException {
        this.server = server;
        this.benchServer = benchServer;
        this.selector = Selector.open();
    }

    /**
     * What was measured over some time.
     *
     * @param cpuMicros server CPU
     * @param busy      share of the time in which this generator had something to do
     */
    record Span(double seconds, double cpuMicros, long messages, double p50Micros, double p99Micros, double busy) {

        double cpuMicrosPerMessage() {
            return cpuMicros / Math.max(1, messages);
        }

        double perSecond() {
            return messages / seconds;
        }
    }

    /** Something that takes time and may fail as the network does. */
    interface Act {
        void run() throws IOException, InterruptedException;
    }

    /** Messages from now on have about so many characters. */
    void chars(int chars) {
        body = "x".repeat(Math.max(0, chars - CHARS_AROUND_BODY));
    }

    Client client(int index) {
        return clients.get(index);
    }

    int lines() {
        return clients.size();
    }

    BenchServer contestant() {
        return benchServer;
    }

    /** How many of the lines were taken for what they were before. */
    long resumed() {
        return clients.stream().filter(client -> client.protocol.isResumed()).count();
    }

    int onRejected() {
        return refused;
    }

    long deliveredToSlowReader() {
        return deliveredToSlowReader;
    }

    Span measure(Act act) throws IOException, InterruptedException {
        delivered = 0;
        idleNanos = 0;
        latencies.clear();
        long start = System.nanoTime();
        Duration cpu = server.cpu();
        act.run();
        double micros = server.cpu().minus(cpu).toNanos() / 1e3;
        long nanos = System.nanoTime() - start;
        return new Span(nanos / 1e9, micros, delivered, latencies.micros(0.5), latencies.micros(0.99), 1 - idleNanos / (double) nanos);
    }

    /** Opens as many lines, at most so many of them unready at a time. One that is refused is tried again. */
    void open(int lines, int atOnce) throws IOException {
        open(lines, atOnce, 0);
    }

    /** @param receiveBuffer of the last line, in bytes, 0 for the usual */
    void open(int lines, int atOnce, int receiveBuffer) throws IOException {
        while (clients.size() < lines) {
            boolean last = clients.size() == lines - 1;
            Client client = new Client(clients.size(), this, server.address(), benchServer);
            clients.add(client);
            client.open(last ? receiveBuffer : 0);
            awaitReady(clients.size() - atOnce + 1);
        }
        awaitReady(lines);
    }

    /** All lines drop in one moment and come back in the next. */
    void storm() throws IOException {
        for (Client client : clients) {
            client.drop();
        }
        for (Client client : clients) {
            client.open(0);
        }
        awaitReady(clients.size());
    }

    void reopen(Client client) throws IOException {
        client.open(0);
        awaitReady(clients.size());
    }

    /** Ends all lines, without a word. */
    void dropAll() {
        clients.forEach(Client::drop);
        clients.clear();
        again.clear();
    }

    /** Every line has one question under way all the time. */
    void echo(BiFunction<BenchProtocol, String, String> question, Duration time) throws IOException {
        boolean first = answering == null;
        answering = question;
        if (first) {
            for (Client client : clients) {
                client.send(question.apply(client.protocol, value(now())));
            }
        }
        idle(time);
    }

    /** Publishes as fast as the lines can take it. */
    void saturate(Duration time) throws IOException {
        long start = System.nanoTime();
        long before = delivered + lost;
        long published = 0;
        long progressAt = start;
        long progress = before;
        while (System.nanoTime() - start < time.toNanos() || delivered + lost - before < published * clients.size()) {
            boolean more = System.nanoTime() - start < time.toNanos();
            while (more && published - (delivered + lost - before) / clients.size() < PUBLISHES_UNDER_WAY) {
                publish(now());
                published++;
            }
            step(5);
            if (delivered + lost > progress) {
                progress = delivered + lost;
                progressAt = System.nanoTime();
            } else if (System.nanoTime() - progressAt > STALLED_NANOS) {
                throw new IllegalStateException(benchServer.title + ": " + (published * clients.size() - (delivered + lost - before)) + " messages never came" + ended());
            }
        }
    }

    /** Publishes at a steady pace. A message's time is the one it was due at, so that a stall shows in all that it held up. Returns how many were published. */
    long pace(double perSecond, Duration time) throws IOException {
        long start = System.nanoTime();
        long total = Math.round(perSecond * time.toNanos() / 1e9);
        double gap = NANOS_PER_SECOND / perSecond;
        long published = 0;
        while (published < total || System.nanoTime() - start < time.toNanos()) {
            while (published < total && start + (long) (published * gap) <= System.nanoTime()) {
                publish(start + (long) (published * gap) - origin);
                published++;
            }
            long due = published < total ? start + (long) (published * gap) : start + time.toNanos();
            long wait = due - System.nanoTime();
            step(wait < TOO_SHORT_TO_WAIT_NANOS ? 0 : Math.min(20, wait / NANOS_PER_MILLI));
        }
        return total;
    }

    /** One publish, until it has reached all lines. */
    void publishOnce() throws IOException {
        long want = delivered + clients.size();
        publish(now());
        for (long start = System.nanoTime(); delivered < want;) {
            step(5);
            if (System.nanoTime() - start > STALLED_NANOS) {
                throw new IllegalStateException(benchServer.title + ": a publish did not reach " + (want - delivered) + " lines" + ended());
            }
        }
    }

    /** Whose connections have ended that should not have. */
    private String ended() {
        return clients.stream().flatMap(client -> client.end().map(end -> ", connection " + client.number + ": " + end).stream()).limit(5).collect(Collectors.joining());
    }

    void idle(Duration time) throws IOException {
        for (long start = System.nanoTime(); System.nanoTime() - start < time.toNanos();) {
            step(20);
        }
    }

    /** A line that reads nothing more, and whose messages are counted apart. */
    void stopReading(Client client) {
        slowReader = client;
        client.stopReading();
    }

    long now() {
        return System.nanoTime() - origin;
    }

    @Override
    public void close() throws IOException {
        dropAll();
        selector.close();
    }

    SelectionKey register(SelectableChannel channel, Client client) throws IOException {
        return channel.register(selector, SelectionKey.OP_CONNECT, client);
    }

    void ready() {
        readyNow++;
    }

    void onClosed() {
        readyNow--;
    }

    void onRejected(Client client) {
        refused++;
        again.add(client);
    }

    void lost(long messages) {
        lost += messages;
    }

    void onMessage(Client client, long sentNanos) {
        if (client == slowReader) {
            deliveredToSlowReader++;
            return;
        }
        delivered++;
        latencies.add(now() - sentNanos);
        if (answering != null) {
            client.send(answering.apply(client.protocol, value(now())));
        }
    }

    private void publish(long dueNanos) {
        Client publisher = clients.get(0);
        publisher.send(publisher.protocol.publish(value(dueNanos)));
    }

    private String value(long nanos) {
        return valueOf(nanos, body);
    }

    private static String valueOf(long nanos, String body) {
        String digits = Long.toString(10_000_000_000_000_000L + nanos).substring(1);
        return "{\"sent\":\"" + BenchProtocol.MARK + digits + "\",\"from\":\"user-17\",\"body\":\"" + body + "\"}";
    }

    private void awaitReady(int lines) throws IOException {
        for (long start = System.nanoTime(); readyNow < lines;) {
            step(50);
            if (System.nanoTime() - start > 6 * STALLED_NANOS) {
                throw new IllegalStateException(benchServer.title + ": only " + readyNow + " of " + lines + " lines could be opened");
            }
            for (Client client = again.poll(); client != null; client = again.poll()) {
                client.open(0);
            }
        }
    }

    private void step(long waitMillis) throws IOException {
        long start = System.nanoTime();
        int count = waitMillis > 0 ? selector.select(waitMillis) : selector.selectNow();
        long now = System.nanoTime();
        if (count == 0 || waitMillis > 0) {
            idleNanos += now - start;
        }
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid()) {
                ((Client) key.attachment()).act(incoming, scratch);
            }
        }
        selector.selectedKeys().clear();
        if (now - lastTick > TICK_NANOS) {
            lastTick = now;
            clients.forEach(client -> client.protocol.tick(now));
        }
    }
}
