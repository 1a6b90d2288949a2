package dev.partyline.bench;

import java.nio.charset.StandardCharsets;

/**
 * What a contestant's protocol has on top of WebSocket, for one client. A message's value begins with its time, {@code {"sent":"~0123456789012345",…}}, and however
 * it is wrapped or batched, each such time that arrives is one message delivered.
 */
abstract class BenchProtocol {

    static final char MARK = '^';
    static final int MARK_DIGITS = 16;

    protected final Client client;

    BenchProtocol(Client client) {
        this.client = client;
    }

    /** The upgrade is done. */
    abstract void opened();

    abstract void text(byte[] bytes, int from, int to);

    /** What makes the server send {@code value} back to this client. */
    abstract String echo(String value);

    /** As {@link #echo}, by a handler that never blocks, where the server tells these from others. */
    String nonBlockingEcho(String value) {
        return echo(value);
    }

    /** What makes the server send {@code value} to all. */
    abstract String publish(String value);

    /** Is called now and then, for what is to be said after a while. */
    void tick(long nowNanos) {
    }

    /** Whether the server has taken the client for the one it was before. */
    boolean isResumed() {
        return false;
    }

    /** The connection is gone, and may be opened again. */
    void dropped() {
    }

    /** Reports the message whose mark may begin at {@code at}; returns whether there was one. */
    final boolean mark(byte[] bytes, int at, int to) {
        if (bytes[at] != MARK || to - at <= MARK_DIGITS) {
            return false;
        }
        long sent = 0;
        for (int i = 1; i <= MARK_DIGITS; i++) {
            sent = sent * 10 + bytes[at + i] - '0';
        }
        client.onMessage(sent);
        return true;
    }

    static boolean startsWith(String start, byte[] bytes, int from, int to) {
        if (to - from < start.length()) {
            return false;
        }
        for (int i = 0; i < start.length(); i++) {
            if (bytes[from + i] != start.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static String string(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
