package dev.partyline.line;

import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.TopicLog;
import dev.partyline.wire.FrameWriter;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The log of one line: replies, and messages for this line alone. It also knows which requests were accepted, so that none runs twice.
 *
 * <p>Client and server both count the frames; offsets are not part of the frames. Therefore a lost frame cannot be reported as a gap: if the log overflows, the connection is closed,
 * and the next welcome tells where the inbox goes on.
 *
 * <p>Any thread may call.
 */
final class Inbox {

    private final TopicLog log;
    private final Publisher publisher;
    private final boolean resumable;
    /** The offset of the last frame that was written to a socket. Written under this inbox's monitor. */
    private volatile long sent;
    /** The offset up to which the browser has received the inbox. */
    private volatile long acked;
    /** The only connection that may send what is here, or null. Guarded by this inbox's monitor. */
    private LineConnection reader;
    /** Guarded by this inbox's monitor. */
    private long lastAcceptedRequest;
    /** Requests that are accepted and not answered. Guarded by this inbox's monitor. */
    private final Set<Long> inProgress = new HashSet<>();
    /** The offset of the answer to each request, in the order of the answers, while the log has it. Guarded by this inbox's monitor. */
    private final Map<Long, Long> answers = new LinkedHashMap<>();

    /**
     * @param publisher the line: whatever is in its inbox is there for it
     * @param resumable whether the line can be resumed; if not, a frame is dropped once it is sent
     */
    Inbox(int maxMessages, long maxChars, boolean resumable, Publisher publisher, RetainedMemory memory) {
        this.log = new TopicLog(maxMessages, maxChars, Long.MAX_VALUE, memory);
        this.publisher = publisher;
        this.resumable = resumable;
    }

    /** Returns the offset of the frame. */
    long append(String frame, long nowNanos) {
        return log.append(publisher, RetainedMemory.isWide(frame), offset -> frame, nowNanos);
    }

    long chars() {
        return log.chars();
    }

    long bytes() {
        return log.bytes();
    }

    void measure(TopicLog.Meter meter) {
        log.measure(meter);
    }

    /** Trims messages as if there were too many: the client learns at the next welcome where the inbox goes on. */
    void trim(TopicLog.Selection selection) {
        log.trimThroughLast(selection);
    }

    /** The line is removed. */
    void discard() {
        log.discard();
    }

    /** Accepts the id of a request; false if this id or a higher one was accepted before. */
    synchronized boolean accept(long request) {
        if (request <= lastAcceptedRequest) {
            return false;
        }
        lastAcceptedRequest = request;
        inProgress.add(request);
        return true;
    }

    /** The answer to a request is in the log, at this offset. */
    synchronized void onAnswered(long request, long offset) {
        inProgress.remove(request);
        answers.remove(request);
        answers.put(request, offset);
        dropTrimmedAnswers();
    }

    private void dropTrimmedAnswers() {
        long start = log.start();
        Iterator<Long> oldest = answers.values().iterator();
        while (oldest.hasNext() && oldest.next() <= start) {
            oldest.remove();
        }
    }

    synchronized boolean isInProgress(long request) {
        return inProgress.contains(request);
    }

    synchronized long lastAcceptedRequest() {
        return lastAcceptedRequest;
    }

    /** The reply to a request of this tab, if the log still has it. */
    synchronized Optional<String> findReply(Optional<String> from, long request) {
        String bare = FrameWriter.reply(from, request, Optional.empty());
        String start = bare.substring(0, bare.length() - 1);
        return Optional.ofNullable(answers.get(request)).flatMap(log::get)
            .filter(frame -> frame.startsWith(start) && (frame.length() == bare.length() || frame.charAt(start.length()) == ','));
    }

    /** Drops what the browser has acknowledged. */
    void trimAcked(long offset) {
        // An invalid ack of more than was sent must not drop unsent frames.
        long received = Math.min(offset, sent);
        acked = Math.max(acked, received);
        log.trimThrough(received);
        synchronized (this) {
            dropTrimmedAnswers();
        }
    }

    /**
     * Moves the sent offset to the browser's own, or as near to it as the log allows, and returns it. No connection reads from here on until {@link #setReader}: a thread that is
     * still writing to an older socket must not move the offset that the browser counts on the newer one.
     */
    synchronized long resume(long offset) {
        reader = null;
        sent = Math.min(Math.max(offset, log.start()), log.end());
        return sent;
    }

    /** Lets this connection, and no other, send what is here. */
    synchronized void setReader(LineConnection connection) {
        reader = connection;
    }

    long acked() {
        return acked;
    }

    boolean hasUnsent() {
        return log.end() > sent;
    }

    /** Adds unsent frames to the batch of the reader, as far as there is room; false, and adds none, if some of them are lost. */
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
        if (!resumable) {
            log.trimThrough(sent);
        }
        return true;
    }
}
