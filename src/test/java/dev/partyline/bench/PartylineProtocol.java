package dev.partyline.bench;

import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Our protocol as the worker speaks it: hello, acknowledgements after as many characters and messages as the server asks for and some time after the rest, life signs; and
 * after a drop the line is resumed where it was.
 */
final class PartylineProtocol extends BenchProtocol {

    private static final long FIRST_ACK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long ACK_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final Pattern LINE = Pattern.compile("\"line\":\"([^\"]+)\",\"key\":\"([^\"]+)\"");
    private static final Pattern ACK_EVERY = Pattern.compile("\"ack\":(\\d+),\"ackMessages\":(\\d+)");
    private static final Pattern POSITION = Pattern.compile("\"at\":\\[\"\\w+\",(\\d+)]");
    private static final Pattern BENCH = Pattern.compile("\"bench\":\\{\"at\":\\[\"(\\w+)\",(\\d+)],\"gap\":(true|false)");

    private final String tab;
    private String line = "";
    private String key = "";
    private String epoch = "";
    private long offset;
    private long nextId = 1;
    private long inbox;
    private boolean welcomed;
    private boolean resumed;
    private boolean missed;
    private int ackEvery;
    private int ackMessages;
    private int unacknowledged;
    private long heard;
    private long acknowledged;
    private long firstUnheardNanos;

    PartylineProtocol(Client client) {
        super(client);
        // Made afresh, as a page does: the tab of a line that is still held is not given to another.
        tab = "tab-" + client.number + "-" + System.nanoTime();
    }

    @Override
    void opened() {
        String at = epoch.isEmpty() ? "null" : "[\"" + epoch + "\"," + offset + "]";
        String resume = line.isEmpty() ? "" : "\"line\":\"" + line + "\",\"key\":\"" + key + "\",\"inbox\":" + inbox + ",";
        client.send("{\"type\":\"$hello\",\"v\":1," + resume + "\"binary\":true,\"tabs\":[\"" + tab + "\"],\"topics\":{\"bench\":" + at + "}}");
    }

    @Override
    void text(byte[] bytes, int from, int to) {
        if (!welcomed) {
            welcome(string(bytes, from, to));
        } else {
            int start = from;
            for (int i = from; i < to; i++) {
                if (bytes[i] == '\n') {
                    start = i + 1;
                } else if (i == start) {
                    frame(bytes, i, to);
                } else {
                    mark(bytes, i, to);
                }
            }
        }
        if (heard == acknowledged) {
            firstUnheardNanos = System.nanoTime();
        }
        heard += to - from;
        unacknowledged++;
        if (heard - acknowledged >= ackEvery || unacknowledged >= ackMessages) {
            acknowledge();
        }
    }

    @Override
    void tick(long nowNanos) {
        if (heard > acknowledged && nowNanos - firstUnheardNanos > (acknowledged == 0 ? FIRST_ACK_NANOS : ACK_NANOS)) {
            acknowledge();
        }
    }

    @Override
    String echo(String value) {
        return request("echo", value);
    }

    @Override
    String nonBlockingEcho(String value) {
        return request("nonBlockingEcho", value);
    }

    @Override
    String publish(String value) {
        return "{\"type\":\"$publish\",\"topic\":\"bench\",\"from\":\"" + tab + "\",\"value\":" + value + "}";
    }

    @Override
    void dropped() {
        welcomed = false;
        heard = 0;
        acknowledged = 0;
        unacknowledged = 0;
    }

    @Override
    boolean isResumed() {
        return resumed;
    }

    /** Whether the server said that something was missed for good. */
    boolean hasMissed() {
        return missed;
    }

    private String request(String type, String value) {
        return "{\"type\":\"" + type + "\",\"from\":\"" + tab + "\",\"id\":" + nextId++ + ",\"value\":" + value + "}";
    }

    private void welcome(String text) {
        Matcher identity = LINE.matcher(text);
        Matcher every = ACK_EVERY.matcher(text);
        Matcher bench = BENCH.matcher(text);
        if (!text.startsWith("{\"type\":\"$welcome\"") || !identity.find() || !every.find() || !bench.find()) {
            throw new IllegalStateException("this is no welcome: " + text);
        }
        welcomed = true;
        line = identity.group(1);
        key = identity.group(2);
        ackEvery = Integer.parseInt(every.group(1));
        ackMessages = Integer.parseInt(every.group(2));
        epoch = bench.group(1);
        offset = Long.parseLong(bench.group(2));
        missed = Boolean.parseBoolean(bench.group(3));
        resumed = text.contains("\"resumed\":true");
        client.ready();
    }

    private void frame(byte[] bytes, int from, int to) {
        if (startsWith("{\"topic\":\"bench\"", bytes, from, to)) {
            offset++;
        } else if (startsWith("{\"type\":\"$gap\"", bytes, from, to)) {
            gap(string(bytes, from, to));
        } else if (startsWith("{\"type\":\"$ping\"", bytes, from, to)) {
            client.send("{\"type\":\"$pong\"}");
        } else if (!startsWith("{\"type\":\"$", bytes, from, to) && !startsWith("{\"topic\"", bytes, from, to)) {
            inbox++;
        }
    }

    private void gap(String text) {
        Matcher at = POSITION.matcher(text);
        if (!at.find()) {
            throw new IllegalStateException("this is no gap: " + text);
        }
        client.lost(Long.parseLong(at.group(1)) - offset);
        offset = Long.parseLong(at.group(1));
        missed = true;
    }

    private void acknowledge() {
        acknowledged = heard;
        unacknowledged = 0;
        client.send("{\"type\":\"$ack\",\"bytes\":" + heard + ",\"inbox\":" + inbox + "}");
    }
}
