package dev.partyline.line;

import dev.partyline.topic.TopicLog;
import dev.partyline.wire.FrameWriter;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A line's own log: replies, and whatever else is meant for this line alone; and which requests were taken, so that none is run twice.
 *
 * <p>Its offsets are counted by both sides and never written on the wire. Any thread may call.
 */
final class Inbox {

    private final TopicLog log;
    private final boolean plain;
    /** How far it was handed to sockets. Written under this inbox's monitor. */
    private volatile long sent;
    /** Who reads it, or null. Guarded by this inbox's monitor. */
    private LineConnection reader;
    /** Guarded by this inbox's monitor. */
    private long lastAcceptedRequest;
    /** Requests that were taken and not answered yet. Guarded by this inbox's monitor. */
    private final Set<Long> inProgress = new HashSet<>();

    /** @param plain whether nobody will come back for what was sent once */
    Inbox(int maxMessages, long maxChars, boolean plain) {
        this.log = new TopicLog(maxMessages, maxChars, Long.MAX_VALUE);
        this.plain = plain;
    }

    void append(String frame, long nowNanos) {
        log.append(offset -> frame, nowNanos);
    }

    long chars() {
        return log.chars();
    }

    /** Takes a request's id; false if it was taken before. */
    synchronized boolean accept(long request) {
        if (request <= lastAcceptedRequest) {
            return false;
        }
        lastAcceptedRequest = request;
        inProgress.add(request);
        return true;
    }

    /** A request's answer is in the log now. */
    synchronized void onAnswered(long request) {
        inProgress.remove(request);
    }

    /** Whether a request was taken and will be answered. */
    synchronized boolean isInProgress(long request) {
        return inProgress.contains(request);
    }

    /** The last request that was taken. */
    synchronized long lastAcceptedRequest() {
        return lastAcceptedRequest;
    }

    /** The reply to a request, if it is still here. */
    Optional<String> findReply(Optional<String> from, long request) {
        String bare = FrameWriter.reply(from, request, Optional.empty());
        String start = bare.substring(0, bare.length() - 1);
        return log.findLast(frame -> frame.startsWith(start) && (frame.length() == bare.length() || frame.charAt(start.length()) == ','));
    }

    /** The browser has heard so much. */
    void trimAcked(long offset) {
        // More than was sent is a lie, which must not cost what was not sent yet.
        log.trimThrough(Math.min(offset, sent));
    }

    /**
     * Goes on where the browser says it is, or as near to it as what is kept allows, and tells where that is. From here on nobody reads until {@link #setReader} says who: whoever
     * still sends on an older socket must not move what the browser of the newer one counts.
     */
    synchronized long resume(long offset) {
        reader = null;
        sent = Math.min(Math.max(offset, log.start()), log.end());
        return sent;
    }

    /** From here on this one reads. */
    synchronized void setReader(LineConnection connection) {
        reader = connection;
    }

    boolean hasUnsent() {
        return log.end() > sent;
    }

    /** Hands its reader what was not sent yet, as far as there is room; false, and nothing handed on, if some of it is gone: both sides count. */
    synchronized boolean fill(WriteBatch batch, LineConnection by) {
        if (reader != by || !batch.hasRoom() || !hasUnsent()) {
            return true;
        }
        TopicLog.ReadResult read = log.read(sent, batch.room());
        if (read.gap()) {
            return false;
        }
        for (String frame : read.texts()) {
            batch.add(frame);
        }
        sent = read.to();
        if (plain) {
            log.trimThrough(sent);
        }
        return true;
    }
}
