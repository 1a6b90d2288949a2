package dev.partyline.line;

import dev.partyline.topic.Log;
import dev.partyline.wire.FrameWriter;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A line's own log: replies, and whatever else is meant for this line alone; and which requests were taken, so that none is run twice.
 *
 * <p>Its offsets are counted by both sides and never written on the wire. What is marked so may be called by any thread; all else belongs to the line's operator.
 */
final class Inbox {

    private final Log log;
    private final boolean plain;
    /** How far it was handed to sockets. Written by the operator alone. */
    private volatile long sent;
    /** Guarded by this inbox's monitor. */
    private long lastRequest;
    /** Requests that were taken and not answered yet. Guarded by this inbox's monitor. */
    private final Set<Long> open = new HashSet<>();

    /** @param plain whether nobody will come back for what was sent once */
    Inbox(int maxMessages, long maxChars, boolean plain) {
        this.log = new Log(maxMessages, maxChars, Long.MAX_VALUE);
        this.plain = plain;
    }

    /** Any thread. */
    void append(String frame, long nowNanos) {
        log.append(offset -> frame, nowNanos);
    }

    /** Any thread. */
    long chars() {
        return log.chars();
    }

    /** Any thread: takes a request's id; false if it was taken before. */
    synchronized boolean take(long request) {
        if (request <= lastRequest) {
            return false;
        }
        lastRequest = request;
        open.add(request);
        return true;
    }

    /** Any thread: a request's answer is in the log now. */
    synchronized void answered(long request) {
        open.remove(request);
    }

    /** Any thread: whether a request was taken and will be answered. */
    synchronized boolean isOpen(long request) {
        return open.contains(request);
    }

    /** Any thread: the last request that was taken. */
    synchronized long lastRequest() {
        return lastRequest;
    }

    /** Any thread: the reply to a request, if it is still here. */
    Optional<String> findReply(Optional<String> from, long request) {
        String bare = FrameWriter.reply(from, request, Optional.empty());
        String start = bare.substring(0, bare.length() - 1);
        return log.findLast(frame -> frame.startsWith(start) && (frame.length() == bare.length() || frame.charAt(start.length()) == ','));
    }

    /** Any thread: the browser has heard so much. */
    void heard(long offset) {
        // More than was sent is a lie, which must not cost what was not sent yet.
        log.trimThrough(Math.min(offset, sent));
    }

    /** Goes on where the browser says it is, or as near to it as what is kept allows, and tells where that is. */
    long resume(long offset) {
        sent = Math.min(Math.max(offset, log.start()), log.end());
        return sent;
    }

    boolean hasNews() {
        return log.end() > sent;
    }

    /** Hands on what was not sent yet, as far as there is room; false, and nothing handed on, if some of it is gone: both sides count. */
    boolean fill(Batch batch) {
        if (!batch.hasRoom() || !hasNews()) {
            return true;
        }
        Log.Reading reading = log.read(sent, batch.room());
        if (reading.gap()) {
            return false;
        }
        for (String frame : reading.texts()) {
            batch.add(frame);
        }
        sent = reading.to();
        if (plain) {
            log.trimThrough(sent);
        }
        return true;
    }
}
