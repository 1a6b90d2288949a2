package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * One browser's shared connection. It outlives its socket: while no socket carries it, it is held, and what it would have heard waits in the logs.
 *
 * <p>A line keeps no queue. It has an offset in its inbox and a cursor in each topic it joined; being sent what is new, catching up, joining with history and resuming
 * after a drop all are one act, {@link #flush}, which moves them as far as the reader's credit goes.
 *
 * <p>What is marked so may be called by any thread; all else belongs to the line's operator.
 */
public final class Line {

    private static final System.Logger LOG = System.getLogger(Line.class.getName());

    private final String id;
    private final String key;
    private final boolean plain;
    private final Optional<String> address;
    private final EventLoop loop;
    private final LineRegistry lines;
    private final LineLimits limits;
    private final Inbox inbox;

    /** Any thread. */
    private final Set<String> tabs = ConcurrentHashMap.newKeySet();
    private volatile boolean welcomeAcked;
    final AtomicBoolean signalled = new AtomicBoolean();
    private volatile Optional<String> user;
    private volatile long tokenExpiresAt = Long.MAX_VALUE;
    /** Guarded by this line's monitor. */
    private boolean reserved;
    private boolean removed;

    /** Null while the line is held. Written by the operator. */
    private volatile LineConnection connection;

    /** The operator's. */
    private final TopicCursors cursors;
    /** What the carrier reads first. */
    private Optional<String> pendingWelcome = Optional.empty();
    private boolean pingDue;
    private boolean pongDue;
    private boolean flushScheduled;
    private long heldSince;

    Line(String id, String key, boolean plain, Optional<String> address, Optional<String> user, EventLoop loop, LineRegistry lines, LineLimits limits) {
        this.id = id;
        this.key = key;
        this.plain = plain;
        this.address = address;
        this.user = user;
        this.loop = loop;
        this.lines = lines;
        this.limits = limits;
        this.inbox = new Inbox(limits.inboxMessages(), limits.inboxChars(), plain);
        this.cursors = new TopicCursors(this, loop);
    }

    /** Any thread. */
    public String id() {
        return id;
    }

    /** Any thread: whether its client knows nothing of lines and is served in the post's shapes. */
    public boolean isPlain() {
        return plain;
    }

    /** Any thread. */
    public Optional<String> user() {
        return user;
    }

    /** Any thread. */
    public Set<String> tabs() {
        return Set.copyOf(tabs);
    }

    String key() {
        return key;
    }

    Optional<String> address() {
        return address;
    }

    long inboxChars() {
        return inbox.chars();
    }

    Set<String> ownTabs() {
        return tabs;
    }

    EventLoop loop() {
        return loop;
    }

    /** Any thread: has the line hear a frame of its own. */
    public void send(String frame) {
        inbox.append(frame, loop.now());
        trySendInbox();
    }

    /** Any thread: has the line hear the answer to a request, or to what has no id. */
    public void answer(OptionalLong request, String frame) {
        inbox.append(frame, loop.now());
        // In this order, whoever asks again finds the request open or its answer stored; and nobody has heard the answer yet.
        request.ifPresent(inbox::onAnswered);
        trySendInbox();
    }

    /**
     * Any thread: sends what is in the inbox here and now, which costs a reply no way over another thread; or leaves it to whose turn it is, and to the operator where that is
     * not all there is to do.
     */
    private void trySendInbox() {
        LineConnection at = connection;
        // While the line is held, its next socket will read the inbox.
        if (at == null || !at.permit.tryAcquire()) {
            return;
        }
        if (at.window.isFull()) {
            at.permit.release();
            loop.signal(this);
            return;
        }
        if (!send(at, batch -> inbox.fill(batch, at), loop.now()) || inbox.hasUnsent()) {
            loop.signal(this);
        }
    }

    /**
     * Whose turn it is: sends what {@code fill} puts into a batch, gives the turn back when that is done, and returns what {@code fill} did. Should it throw, the socket has had
     * its last message, since nobody knows what was lost; the line is held.
     */
    private boolean send(LineConnection to, Predicate<WriteBatch> fill, long now) {
        try {
            WriteBatch batch = newBatch(to);
            boolean complete = fill.test(batch);
            if (batch.isEmpty()) {
                to.permit.release();
            } else {
                loop.stats.onSent(batch.frames(), batch.message().length());
                to.send(batch.message(), now);
            }
            return complete;
        } catch (RuntimeException | Error e) {
            to.onSent(false);
            throw e;
        }
    }

    private WriteBatch newBatch(LineConnection to) {
        return new WriteBatch(plain ? 1 : Math.min(to.window.room(), limits.batchChars()));
    }

    /** Any thread: whether a request was taken and will be answered. */
    public boolean isInProgress(long request) {
        return inbox.isInProgress(request);
    }

    /** Any thread: whether the browser is known to have heard of this line, so that it can ask for it again. */
    public boolean isWelcomeAcked() {
        return welcomeAcked;
    }

    /** Any thread: the browser has acknowledged the welcome. */
    public void onWelcomeAcked() {
        welcomeAcked = true;
    }

    /** Any thread: takes a request's id; false if it was taken before, so that it must not be run again. */
    public boolean acceptRequest(long request) {
        return inbox.accept(request);
    }

    /** Any thread: answers a request that came again, by its stored reply if that is still here. */
    public boolean resendReply(Optional<String> from, long request) {
        Optional<String> stored = inbox.findReply(from, request);
        stored.ifPresent(this::send);
        return stored.isPresent();
    }

    /** Any thread: the browser has heard its inbox so far. */
    public void onInboxAcked(long offset) {
        inbox.trimAcked(offset);
    }

    /** Any thread: a verified token says whose line this is, and until when. */
    public void setTokenExpiry(long expiresAtNanos) {
        tokenExpiresAt = expiresAtNanos;
    }

    /**
     * Any thread: a socket of this line's, to be handed to {@link #attach}.
     *
     * @param binary whether its client reads binary messages too
     */
    public LineConnection newConnection(Socket socket, boolean binary) {
        return new LineConnection(socket, binary, new SendWindow(limits.windowChars(), limits.syncSendChars(), limits.syncSendMessages()), this, loop, loop.now());
    }

    /** Any thread: whether the line can be gone on with. What claims it must attach a socket. */
    synchronized boolean reserve() {
        reserved = !removed;
        return reserved;
    }

    private synchronized boolean isReserved() {
        return reserved;
    }

    synchronized boolean isRemoved() {
        return removed;
    }

    private synchronized boolean release() {
        reserved = false;
        return !removed;
    }

    private synchronized boolean markRemoved(boolean evenIfReserved) {
        if (removed || reserved && !evenIfReserved) {
            return false;
        }
        removed = true;
        return true;
    }

    /** What a socket brings along when it takes a line. */
    public record Attachment(boolean resumed, long inboxOffset, Map<String, Optional<Position>> topics, Map<String, NotJoined> rejected, String limits) {
    }

    /** Any thread: the socket carries this line from now on; an older one is closed. */
    public void attach(LineConnection arriving, Attachment attachment) {
        loop.execute(() -> attachInLoop(arriving, attachment));
    }

    private void attachInLoop(LineConnection arriving, Attachment attachment) {
        loop.assertInLoop();
        if (!release()) {
            closeGracefully(arriving, CloseCode.INTERNAL, "the line ended meanwhile", OptionalLong.empty());
            return;
        }
        if (connection != null) {
            closeGracefully(connection, CloseCode.REPLACED, "a newer socket took the line", OptionalLong.empty());
        }
        connection = arriving;
        loop.add(this);
        long inboxAt = inbox.resume(attachment.inboxOffset());
        Map<String, Joined> joined = cursors.setSubscriptions(attachment.topics());
        if (!plain) {
            pendingWelcome = Optional.of(FrameWriter.welcome(new FrameWriter.Welcome(id, key, attachment.resumed(), inbox.lastAcceptedRequest(), inboxAt, user,
                limits.clientPing().toMillis(), attachment.limits(), joined, attachment.rejected())));
        } else {
            inbox.setReader(arriving);
        }
        lines.onAttached(this);
        scheduleFlush();
    }

    /** Any thread: joins a topic and tells the browser from where on it will hear it. */
    public void join(String topic, Optional<Position> at, Optional<String> from, OptionalLong re) {
        loop.execute(() -> {
            if (isRemoved()) {
                return;
            }
            if (!cursors.hasRoomFor(topic, limits.topics())) {
                answer(re, FrameWriter.error(from, re, NotJoined.tooMany(limits.topics())));
                return;
            }
            Optional<Joined> joined = cursors.join(topic, at);
            if (joined.isEmpty()) {
                answer(re, FrameWriter.error(from, re, ErrorCode.OVERLOADED, "there are too many topics on this server"));
            } else if (re.isPresent()) {
                answer(re, FrameWriter.reply(from, re.getAsLong(), Optional.of(FrameWriter.joined(joined.get()))));
            }
        });
    }

    /** Any thread. */
    public void leave(String topic, Optional<String> from, OptionalLong re) {
        loop.execute(() -> {
            cursors.leave(topic);
            if (re.isPresent()) {
                answer(re, FrameWriter.reply(from, re.getAsLong(), Optional.empty()));
            }
        });
    }

    /** Any thread: answers the client's ping. */
    public void sendPong() {
        loop.execute(() -> {
            pongDue = true;
            scheduleFlush();
        });
    }

    /** There is something to send for this cursor. */
    void markPending(Cursor cursor) {
        loop.assertInLoop();
        cursors.markPending(cursor);
        scheduleFlush();
    }

    private void scheduleFlush() {
        if (!flushScheduled && connection != null) {
            flushScheduled = true;
            loop.markReady(this);
        }
    }

    /** Another thread has left word: a send has ended that held up another, or has failed; credit has come; or the inbox has more than one message could take. */
    void onSignal() {
        loop.assertInLoop();
        signalled.set(false);
        if (connection != null && connection.hasFailed()) {
            abortConnection(connection, CloseCode.NO_SIGN_OF_LIFE, "a send failed");
        }
        scheduleFlush();
    }

    /** Sends what is new, as far as the socket is free and the reader's credit goes. */
    void flush(long now) {
        loop.assertInLoop();
        flushScheduled = false;
        if (connection == null) {
            return;
        }
        if (!hasPending()) {
            connection.blockedSince = LineConnection.NEVER;
            return;
        }
        if (!connection.permit.tryAcquire()) {
            return;
        }
        SendWindow window = connection.window;
        if (window.isFull() && window.awaitCredit()) {
            connection.blockedSince = connection.blockedSince == LineConnection.NEVER ? now : connection.blockedSince;
            pingOrRelease(now);
            return;
        }
        connection.blockedSince = LineConnection.NEVER;
        if (!send(connection, this::fill, now)) {
            loop.stats.slowCloses.increment();
            closeConnection(CloseCode.TOO_SLOW, "what you had not read is gone", OptionalLong.empty());
        } else if (hasPending()) {
            scheduleFlush();
        }
    }

    private boolean hasPending() {
        return pendingWelcome.isPresent() || pingDue || pongDue || cursors.hasPending() || inbox.hasUnsent();
    }

    /** Moves the cursors; false if something is gone that cannot be told as a gap. */
    private boolean fill(WriteBatch batch) {
        if (pendingWelcome.isPresent()) {
            batch.add(pendingWelcome.get());
            pendingWelcome = Optional.empty();
            inbox.setReader(connection);
        }
        if (pongDue) {
            batch.add(FrameWriter.PONG);
            pongDue = false;
        }
        if (pingDue) {
            batch.add(FrameWriter.PING);
            pingDue = false;
        }
        // All of the inbox first: a join's answer must not be overtaken by the topic's messages.
        return inbox.fill(batch, connection) && (inbox.hasUnsent() || cursors.fill(batch));
    }

    /** Our turn: a plain client acknowledges nothing, but its WebSocket pong says that it has read what came before the ping. */
    private void pingOrRelease(long now) {
        if (plain && !connection.isPinged()) {
            connection.ping(now);
        } else {
            connection.permit.release();
        }
    }

    /** Looks at the deadlines. */
    void tick(long now) {
        loop.assertInLoop();
        if (connection == null) {
            if (now - heldSince > limits.hold().toNanos()) {
                remove(false);
            }
            return;
        }
        if (isOverdue(now, connection.sendingSince(), limits.sendDeadline().toNanos()) || isOverdue(now, connection.blockedSince, limits.sendDeadline().toNanos())) {
            loop.stats.slowCloses.increment();
            closeConnection(CloseCode.TOO_SLOW, "you did not read what was sent", OptionalLong.empty());
        } else if (now - connection.receivedAt() > limits.silence().toNanos()) {
            closeConnection(CloseCode.NO_SIGN_OF_LIFE, "nothing was heard of you", OptionalLong.empty());
        } else if (now - tokenExpiresAt > 0 && tokenExpiresAt != Long.MAX_VALUE) {
            closeConnection(CloseCode.TOKEN_EXPIRED, "your token has expired", OptionalLong.empty());
        } else if (plain && isIdle(now) && connection.permit.tryAcquire()) {
            pingOrRelease(now);
        } else if (!plain && now - connection.sentAt() > limits.keepAlive().toNanos() && !connection.isSending()) {
            pingDue = true;
            scheduleFlush();
        }
    }

    /** A plain client that only listens never says that it is alive: it has to be asked, however much it is sent. */
    private boolean isIdle(long now) {
        return Math.max(now - connection.sentAt(), now - connection.receivedAt()) > limits.keepAlive().toNanos();
    }

    private static boolean isOverdue(long now, long since, long deadlineNanos) {
        return since != LineConnection.NEVER && now - since > deadlineNanos;
    }

    /** Any thread: the container says that this socket is closed. */
    public void onSocketClosed(LineConnection closed, boolean forGood) {
        loop.execute(() -> {
            if (connection == closed) {
                connection = null;
                detach(!forGood);
            }
        });
    }

    /** Any thread: lets go of a socket without closing it, for another line to carry. {@code then} runs when nothing is under way on it any more. */
    public void transfer(LineConnection leaving, Runnable then) {
        loop.execute(() -> {
            if (connection == leaving) {
                leaving.permit.retire(() -> finishTransfer(leaving, then));
            } else {
                then.run();
            }
        });
    }

    private void finishTransfer(LineConnection leaving, Runnable then) {
        loop.assertInLoop();
        if (connection == leaving) {
            connection = null;
            detach(false);
        }
        then.run();
    }

    private void abortConnection(LineConnection dropped, CloseCode code, String reason) {
        loop.assertInLoop();
        connection = null;
        loop.runBlocking(() -> dropped.socket.close(code, reason));
        detach(true);
    }

    /** Any thread: ends the line's socket for a reason that the client is told. */
    public void close(CloseCode code, String reason) {
        loop.execute(() -> closeConnection(code, reason, OptionalLong.empty()));
    }

    void closeConnection(CloseCode code, String reason, OptionalLong afterMillis) {
        loop.assertInLoop();
        if (connection == null) {
            return;
        }
        LineConnection leaving = connection;
        connection = null;
        // First, so that whoever has heard the goodbye and comes back finds the line held or gone, and not about to be.
        detach(code.comesBack());
        closeGracefully(leaving, code, reason, afterMillis);
    }

    private void closeGracefully(LineConnection leaving, CloseCode code, String reason, OptionalLong afterMillis) {
        loop.assertInLoop();
        LOG.log(System.Logger.Level.DEBUG, "line {0} closes its socket: {1}, {2}", id, code, reason);
        GracefulClose closing = new GracefulClose(leaving.socket, code, reason, loop::runBlocking, loop.now() + limits.sendDeadline().toNanos());
        if (plain || leaving.isSending() || leaving.window.isFull()) {
            closing.close();
        } else {
            loop.closeGracefully(closing);
            leaving.permit.retire(() -> {
                // What was told just before, such as what is wrong with a frame, is heard with it or perhaps never.
                WriteBatch last = newBatch(leaving);
                inbox.fill(last, leaving);
                last.add(FrameWriter.bye(code, afterMillis, reason));
                closing.send(last.message().text());
            });
        }
    }

    /** No socket carries the line any more. */
    private void detach(boolean resumable) {
        loop.assertInLoop();
        pendingWelcome = Optional.empty();
        pingDue = false;
        pongDue = false;
        if (plain || !resumable) {
            remove(true);
        } else {
            heldSince = loop.now();
            if (!isReserved()) {
                lines.onHeld(this);
            }
        }
    }

    /** Any thread: the browser will not come back. */
    public void onClientBye() {
        loop.execute(() -> closeConnection(CloseCode.NORMAL, "goodbye", OptionalLong.empty()));
    }

    /** Ends a line that no socket carries; leaves it alone if a socket is about to. */
    void remove(boolean evenIfReserved) {
        loop.assertInLoop();
        if (connection == null && markRemoved(evenIfReserved)) {
            cursors.leaveAll();
            loop.remove(this);
            lines.onRemoved(this);
        }
    }
}
