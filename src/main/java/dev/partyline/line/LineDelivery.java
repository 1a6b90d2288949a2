package dev.partyline.line;

import dev.partyline.stats.Counter;
import dev.partyline.stats.Limit;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * Brings a line what is in its logs: it owns the line's cursors, knows which of them lag behind, and writes as much as the reader has credit for.
 *
 * <p>There is no queue of messages. New messages, catching up, joining with history and resuming are one operation, {@link #flush}, which moves cursors. While the line has no
 * connection, or the reader grants no credit, the cursors stay where they are; a cursor that falls off the end of its log becomes a gap.
 *
 * <p>Confined to the line's event loop, but for {@link #connection} and {@link #signalled}.
 */
final class LineDelivery {

    private final Line line;
    private final EventLoop loop;
    private final LineRegistry registry;
    private final LineLimits limits;
    private final Inbox inbox;
    private final TopicCursors cursors;
    private final PendingCursors pending = new PendingCursors();
    /** The topics that the line was taken off, until its client has acknowledged to know. A client that comes back before that names them in its {@code $hello}. */
    private final Map<String, TakenOff> takenOff = new LinkedHashMap<>(0);

    /** Any thread: whether the line is among those that the event loop will look at. */
    final AtomicBoolean signalled = new AtomicBoolean();
    /** Null while the line has none. Written by the event loop, read by any thread. */
    private volatile LineConnection connection;

    private Optional<String> pendingWelcome = Optional.empty();
    private boolean pingDue;
    private boolean pongDue;
    private boolean flushScheduled;
    private boolean attachedBefore;
    private long detachedAt;

    /** @param offset of the frame in the inbox that says so */
    private record TakenOff(long offset, NotJoined why) {
    }

    LineDelivery(Line line, EventLoop loop, LineRegistry registry, LineLimits limits, Inbox inbox) {
        this.line = line;
        this.loop = loop;
        this.registry = registry;
        this.limits = limits;
        this.inbox = inbox;
        this.cursors = new TopicCursors(this, loop, line.topicOwner());
    }

    /** Any thread: the attached connection, or null. */
    LineConnection connection() {
        return connection;
    }

    void attach(LineConnection arriving, Line.Attachment attachment) {
        loop.assertInLoop();
        try {
            // First: the loop ends what it has, however far the rest of this gets.
            loop.add(this);
            attachOrReject(arriving, attachment);
        } catch (RuntimeException | Error e) {
            if (connection != arriving) {
                arriving.abort(CloseCode.INTERNAL, "internal error");
            }
            throw e;
        }
    }

    private void attachOrReject(LineConnection arriving, Line.Attachment attachment) {
        if (line.transition(LineState::attach) == LineState.REMOVED) {
            Closing why = line.closing().orElseGet(() -> new Closing(CloseCode.INTERNAL, "the line was removed before it was resumed"));
            arriving.closeGracefully(why.code(), why.reason(), OptionalLong.empty());
            return;
        }
        if (connection != null) {
            connection.markReplaced();
            connection.closeGracefully(CloseCode.REPLACED, "another connection has resumed the line", OptionalLong.empty());
        }
        connection = arriving;
        attachedBefore = true;
        long inboxAt = inbox.resume(attachment.inboxOffset());
        Map<String, NotJoined> rejected = new LinkedHashMap<>(attachment.rejected());
        Map<String, Optional<Position>> wanted = withoutTakenOff(attachment, rejected);
        Map<String, Joined> joined = setSubscriptions(wanted);
        wanted.keySet().stream().filter(topic -> !joined.containsKey(topic)).forEach(topic -> rejected.put(topic, NotJoined.overloaded()));
        pendingWelcome = arriving.encode(new FrameWriter.Welcome(line.id(), line.key(), attachment.resumed(), inbox.lastAcceptedRequest(), inboxAt, line.user(),
            limits.timeouts().clientPing().toMillis(), attachment.limits(), joined, rejected));
        if (pendingWelcome.isEmpty()) {
            inbox.setReader(arriving);
        }
        registry.onAttached(line);
        scheduleFlush();
    }

    /** The topics to join, but for those of which the client did not know yet, when it sent its {@code $hello}, that it was taken off. They are rejected for the same reason. */
    private Map<String, Optional<Position>> withoutTakenOff(Line.Attachment attachment, Map<String, NotJoined> rejected) {
        takenOff.values().removeIf(known -> known.offset() <= attachment.inboxOffset());
        Map<String, Optional<Position>> wanted = new LinkedHashMap<>(attachment.topics());
        takenOff.forEach((topic, off) -> {
            if (wanted.containsKey(topic)) {
                wanted.remove(topic);
                rejected.put(topic, off.why());
            }
        });
        return wanted;
    }

    /** Subscribes to these topics and the line's own, and to no others. */
    private Map<String, Joined> setSubscriptions(Map<String, Optional<Position>> wanted) {
        Map<String, Optional<Position>> all = new LinkedHashMap<>();
        all.put(TopicRegistry.EVERYONE, Optional.empty());
        line.user().ifPresent(name -> all.put(TopicRegistry.ofUser(name), Optional.empty()));
        all.putAll(wanted);
        return cursors.setSubscriptions(all);
    }

    void join(String topic, Optional<Position> at, Optional<String> from, OptionalLong re) {
        loop.assertInLoop();
        if (line.isRemoved()) {
            return;
        }
        int implicit = line.user().isPresent() ? 2 : 1;
        if (!cursors.hasRoomFor(topic, limits.quotas().topics() + implicit)) {
            loop.counters.hit(Limit.TOPICS, line);
            line.answer(re, FrameWriter.error(from, re, NotJoined.tooMany(limits.quotas().topics())));
            return;
        }
        Optional<Joined> joined = cursors.join(topic, at);
        if (joined.isEmpty()) {
            line.answer(re, FrameWriter.error(from, re, NotJoined.overloaded()));
        } else if (re.isPresent()) {
            line.answer(re, FrameWriter.reply(from, re.getAsLong(), Optional.of(FrameWriter.joined(joined.get()))));
        }
    }

    void leave(String topic, Optional<String> from, OptionalLong re) {
        loop.assertInLoop();
        cursors.leave(topic);
        if (re.isPresent()) {
            line.answer(re, FrameWriter.reply(from, re.getAsLong(), Optional.empty()));
        }
    }

    /** Leaves a topic because the server wants it. The frame that tells the client is in the inbox, so it is not lost with a connection. */
    void takeOff(String topic, NotJoined why) {
        loop.assertInLoop();
        if (line.isRemoved() || !cursors.contains(topic)) {
            return;
        }
        cursors.leave(topic);
        takenOff.values().removeIf(known -> known.offset() <= inbox.acked());
        takenOff.put(topic, new TakenOff(line.sendAt(FrameWriter.left(topic, why)), why));
    }

    int takenOffCount() {
        loop.assertInLoop();
        return takenOff.size();
    }

    /** Those that it is in by itself apart. */
    List<String> joinedTopics() {
        loop.assertInLoop();
        return cursors.topics().stream().filter(Names::isOpen).toList();
    }

    int topicCount() {
        loop.assertInLoop();
        return cursors.count();
    }

    void sendPong() {
        loop.assertInLoop();
        pongDue = true;
        scheduleFlush();
    }

    /** There are messages to send after a cursor. */
    void markPending(Cursor cursor) {
        loop.assertInLoop();
        if (!cursor.pending) {
            pending.add(cursor);
        }
        scheduleFlush();
    }

    void unmarkPending(Cursor cursor) {
        loop.assertInLoop();
        if (cursor.pending) {
            pending.remove(cursor);
        }
    }

    private void scheduleFlush() {
        if (!flushScheduled && connection != null) {
            loop.markReady(this);
            flushScheduled = true;
        }
    }

    /** Another thread asks for a look at the line: the permit is free again, a send has failed, credit has come, or the inbox has more than that thread could send. */
    void onSignal() {
        loop.assertInLoop();
        signalled.set(false);
        if (connection != null && connection.hasFailed()) {
            abortConnection(CloseCode.HEARTBEAT_TIMEOUT, "a send failed");
        }
        scheduleFlush();
    }

    /** Sends what is new, as far as the socket is free and the reader has granted credit. */
    void flush(long now) {
        loop.assertInLoop();
        flushScheduled = false;
        LineConnection attached = connection;
        if (attached == null) {
            return;
        }
        if (!hasPending()) {
            attached.onIdle();
            return;
        }
        if (!attached.tryAcquire(now)) {
            return;
        }
        boolean complete;
        try {
            WriteBatch batch = attached.newBatch();
            complete = fill(batch, attached);
            attached.write(batch, now);
        } catch (RuntimeException | Error e) {
            attached.onSent(false);
            throw e;
        }
        if (!complete) {
            loop.counters.increment(Counter.SLOW_CLOSES);
            // The inbox is as full as it may be, of the one or the other.
            loop.counters.hit(2 * inbox.chars() > limits.inbox().chars() ? Limit.INBOX_CHARS : Limit.INBOX_MESSAGES, line);
            closeConnection(CloseCode.TOO_SLOW, "inbox overflow: unread messages were dropped", OptionalLong.empty());
        } else if (hasPending()) {
            scheduleFlush();
        }
    }

    private boolean hasPending() {
        return pendingWelcome.isPresent() || pingDue || pongDue || !pending.isEmpty() || inbox.hasUnsent();
    }

    /** False if messages are lost and the client cannot receive a gap. */
    private boolean fill(WriteBatch batch, LineConnection attached) {
        if (pendingWelcome.isPresent()) {
            batch.add(pendingWelcome.get());
            pendingWelcome = Optional.empty();
            inbox.setReader(attached);
        }
        if (pongDue) {
            batch.add(FrameWriter.PONG);
            pongDue = false;
        }
        if (pingDue) {
            batch.add(FrameWriter.PING);
            pingDue = false;
        }
        // All of the inbox first: messages of a topic must not overtake the answer to its join.
        return inbox.fill(batch, attached) && (inbox.hasUnsent() || fillFromTopics(batch, attached));
    }

    /** Each cursor once, as far as there is room. */
    private boolean fillFromTopics(WriteBatch batch, LineConnection attached) {
        for (int left = pending.count(); left > 0 && batch.hasRoom(); left--) {
            Cursor cursor = pending.removeFirst();
            TopicFanOut fanOut = cursor.fanOut();
            TopicFanOut.Slice slice = fanOut.read(cursor.offset, batch.room());
            if (!attached.addTo(batch, fanOut.topic(), slice)) {
                return false;
            }
            cursor.offset = slice.to();
            if (slice.hasMore()) {
                pending.add(cursor);
            }
        }
        return true;
    }

    /** A task of this line has failed. Its client gets a new connection, since it is unknown what it was sent. */
    void onFailure() {
        loop.assertInLoop();
        if (connection != null) {
            abortConnection(CloseCode.INTERNAL, "internal error");
        }
    }

    /** Checks the deadlines. After a pause of the whole process, they are extended by the time within which every client has to send something. */
    void tick(long now) {
        loop.assertInLoop();
        LineConnection attached = connection;
        boolean inGrace = loop.hasResumedWithin(limits.timeouts().keepAlive(), now);
        if (line.isRemoved()) {
            // Its removal has failed half-way.
            cleanUp();
        } else if (attached == null && line.hasConnection()) {
            // The loss of its connection has failed half-way.
            detach(true);
        } else if (attached == null) {
            if (!inGrace && now - detachedAt > limits.hold().time().toNanos()) {
                expire();
            }
        } else if (!inGrace && attached.isTooSlow(now)) {
            loop.counters.increment(Counter.SLOW_CLOSES);
            loop.counters.hit(Limit.SEND_WITHIN, line);
            closeConnection(CloseCode.TOO_SLOW, "send timeout: client did not read", OptionalLong.empty());
        } else if (!inGrace && attached.isSilent(now)) {
            closeConnection(CloseCode.HEARTBEAT_TIMEOUT, "heartbeat timeout", OptionalLong.empty());
        } else if (!inGrace && line.rates().onPings(attached.newPings(), now) == RateLimiter.Decision.FLOOD) {
            loop.counters.hit(Limit.RATE, line);
            closeConnection(CloseCode.RATE, "far more than " + limits.rates().perSecond() + " pings a second", OptionalLong.empty());
        } else if (line.isTokenExpired(now)) {
            closeConnection(CloseCode.TOKEN_EXPIRED, "the token has expired", OptionalLong.empty());
        } else if (attached.keepAlive(now)) {
            pingDue = true;
            scheduleFlush();
        }
    }

    void onSocketClosed(LineConnection closed, boolean forGood) {
        loop.assertInLoop();
        if (connection == closed) {
            connection = null;
            detach(!forGood);
        }
    }

    void transfer(LineConnection leaving, Runnable then) {
        loop.assertInLoop();
        if (connection == leaving) {
            leaving.permit.retire(() -> {
                onSocketClosed(leaving, true);
                then.run();
            });
        } else {
            then.run();
        }
    }

    /** Closes this connection, unless another one has replaced it. */
    void closeConnection(LineConnection closing, CloseCode code, String reason) {
        loop.assertInLoop();
        if (connection == closing) {
            closeConnection(code, reason, OptionalLong.empty());
        }
    }

    void closeConnection(CloseCode code, String reason, OptionalLong afterMillis) {
        loop.assertInLoop();
        LineConnection leaving = connection;
        if (leaving == null) {
            return;
        }
        connection = null;
        try {
            // Before $bye is sent: a client that comes back at once must find the line held or removed.
            detach(code.comesBack());
        } finally {
            leaving.closeGracefully(code, reason, afterMillis);
        }
    }

    /** Removes the line in whatever state, and closes its connection if it has one. */
    void end(CloseCode code, String reason) {
        loop.assertInLoop();
        LineConnection leaving = connection;
        connection = null;
        try {
            remove(LineState::remove);
        } finally {
            if (leaving != null) {
                leaving.markReplaced();
                leaving.closeGracefully(code, reason, OptionalLong.empty());
            }
        }
    }

    private void abortConnection(CloseCode code, String reason) {
        LineConnection leaving = connection;
        connection = null;
        try {
            leaving.abort(code, reason);
        } finally {
            detach(true);
        }
    }

    /** The line has lost its connection: it is held, if the client can and will resume it, and else removed. */
    private void detach(boolean resumable) {
        pendingWelcome = Optional.empty();
        pingDue = false;
        pongDue = false;
        detachedAt = loop.now();
        if (line.isPlain() || !resumable) {
            remove(LineState::close);
        } else if (line.transition(LineState::detach) == LineState.HELD) {
            registry.onHeld(line);
        }
    }

    /** Removes the line if it is held. One that is reserved stays. */
    void expire() {
        loop.assertInLoop();
        remove(LineState::expire);
    }

    /** The connection that the line was reserved for has failed before it was attached: a new line is removed, one that was to be resumed is held again. */
    void expireReservation() {
        loop.assertInLoop();
        if (line.isRemoved()) {
            cleanUp();
        } else if (!attachedBefore) {
            remove(LineState::expireReservation);
        } else if (connection == null && line.transition(LineState::releaseReservation) == LineState.HELD && !registry.isHeld(line)) {
            detachedAt = loop.now();
            registry.onHeld(line);
        }
    }

    private void remove(UnaryOperator<LineState> event) {
        if (!line.isRemoved() && line.transition(event) == LineState.REMOVED) {
            cleanUp();
        }
    }

    /** Can be repeated after it has thrown: the line stays with the loop, whose next tick does so, until all is done. */
    private void cleanUp() {
        loop.add(this);
        cursors.leaveAll();
        registry.onRemoved(line);
        loop.remove(this);
    }
}
