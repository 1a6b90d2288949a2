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
 * after a drop all are one act, {@link #pass}, which moves them as far as the reader's credit goes.
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
    private volatile boolean known;
    final AtomicBoolean called = new AtomicBoolean();
    private volatile Optional<String> user;
    private volatile long tokenExpiresAt = Long.MAX_VALUE;
    /** Guarded by this line's monitor. */
    private boolean claimed;
    private boolean gone;

    /** Null while the line is held. Written by the operator. */
    private volatile LineConnection connection;

    /** The operator's. */
    private final TopicCursors cursors;
    /** What the carrier reads first. */
    private Optional<String> greeting = Optional.empty();
    private boolean pingDue;
    private boolean pongDue;
    private boolean ready;
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

    EventLoop operator() {
        return loop;
    }

    /** Any thread: has the line hear a frame of its own. */
    public void tell(String frame) {
        inbox.append(frame, loop.now());
        sendInbox();
    }

    /** Any thread: has the line hear the answer to a request, or to what has no id. */
    public void answer(OptionalLong request, String frame) {
        inbox.append(frame, loop.now());
        // In this order, whoever asks again finds the request open or its answer stored; and nobody has heard the answer yet.
        request.ifPresent(inbox::answered);
        sendInbox();
    }

    /**
     * Any thread: sends what is in the inbox here and now, which costs a reply no way over another thread; or leaves it to whose turn it is, and to the operator where that is
     * not all there is to do.
     */
    private void sendInbox() {
        LineConnection at = connection;
        // While the line is held, its next socket will read the inbox.
        if (at == null || !at.permit.take()) {
            return;
        }
        if (at.window.isFull()) {
            at.permit.give();
            loop.call(this);
            return;
        }
        if (!send(at, batch -> inbox.fill(batch, at), loop.now()) || inbox.hasNews()) {
            loop.call(this);
        }
    }

    /**
     * Whose turn it is: sends what {@code fill} puts into a batch, gives the turn back when that is done, and returns what {@code fill} did. Should it throw, the socket has had
     * its last message, since nobody knows what was lost; the line is held.
     */
    private boolean send(LineConnection to, Predicate<WriteBatch> fill, long now) {
        try {
            WriteBatch batch = batch(to);
            boolean whole = fill.test(batch);
            if (batch.isEmpty()) {
                to.permit.give();
            } else {
                loop.stats.sent(batch.frames(), batch.parcel().length());
                to.send(batch.parcel(), now);
            }
            return whole;
        } catch (RuntimeException | Error e) {
            to.done(false);
            throw e;
        }
    }

    private WriteBatch batch(LineConnection to) {
        return new WriteBatch(plain ? 1 : Math.min(to.window.room(), limits.batchChars()));
    }

    /** Any thread: whether a request was taken and will be answered. */
    public boolean isOpen(long request) {
        return inbox.isOpen(request);
    }

    /** Any thread: whether the browser is known to have heard of this line, so that it can ask for it again. */
    public boolean isKnown() {
        return known;
    }

    /** Any thread: the browser has acknowledged the welcome. */
    public void acknowledged() {
        known = true;
    }

    /** Any thread: takes a request's id; false if it was taken before, so that it must not be run again. */
    public boolean take(long request) {
        return inbox.take(request);
    }

    /** Any thread: answers a request that came again, by its stored reply if that is still here. */
    public boolean repeatReply(Optional<String> from, long request) {
        Optional<String> stored = inbox.findReply(from, request);
        stored.ifPresent(this::tell);
        return stored.isPresent();
    }

    /** Any thread: the browser has heard its inbox so far. */
    public void heardInbox(long offset) {
        inbox.heard(offset);
    }

    /** Any thread: a verified token says whose line this is, and until when. */
    public void tokenVerified(long expiresAtNanos) {
        tokenExpiresAt = expiresAtNanos;
    }

    /**
     * Any thread: a socket of this line's, to be handed to {@link #attach}.
     *
     * @param binary whether its client reads binary messages too
     */
    public LineConnection carrier(Socket socket, boolean binary) {
        return new LineConnection(socket, binary, new SendWindow(limits.windowChars(), limits.quickChars(), limits.quickMessages()), this, loop, loop.now());
    }

    /** Any thread: whether the line can be gone on with. What claims it must attach a socket. */
    synchronized boolean claim() {
        claimed = !gone;
        return claimed;
    }

    private synchronized boolean isClaimed() {
        return claimed;
    }

    synchronized boolean isGone() {
        return gone;
    }

    private synchronized boolean unclaim() {
        claimed = false;
        return !gone;
    }

    private synchronized boolean end(boolean evenIfClaimed) {
        if (gone || claimed && !evenIfClaimed) {
            return false;
        }
        gone = true;
        return true;
    }

    /** What a socket brings along when it takes a line. */
    public record Attachment(boolean resumed, long inboxHeard, Map<String, Optional<Position>> topics, Map<String, NotJoined> refused, String limits) {
    }

    /** Any thread: the socket carries this line from now on; an older one is closed. */
    public void attach(LineConnection arriving, Attachment attachment) {
        loop.execute(() -> carry(arriving, attachment));
    }

    private void carry(LineConnection arriving, Attachment attachment) {
        if (!unclaim()) {
            farewell(arriving, CloseCode.INTERNAL, "the line ended meanwhile", OptionalLong.empty());
            return;
        }
        if (connection != null) {
            farewell(connection, CloseCode.REPLACED, "a newer socket took the line", OptionalLong.empty());
        }
        connection = arriving;
        loop.add(this);
        long inboxAt = inbox.resume(attachment.inboxHeard());
        Map<String, Joined> joined = cursors.joinJust(attachment.topics());
        if (!plain) {
            greeting = Optional.of(FrameWriter.welcome(new FrameWriter.Welcome(id, key, attachment.resumed(), inbox.lastRequest(), inboxAt, user,
                limits.clientPing().toMillis(), attachment.limits(), joined, attachment.refused())));
        } else {
            inbox.readBy(arriving);
        }
        lines.attached(this);
        makeReady();
    }

    /** Any thread: joins a topic and tells the browser from where on it will hear it. */
    public void join(String topic, Optional<Position> at, Optional<String> from, OptionalLong re) {
        loop.execute(() -> {
            if (isGone()) {
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
    public void pong() {
        loop.execute(() -> {
            pongDue = true;
            makeReady();
        });
    }

    /** There is something to send for this cursor. */
    void pending(Cursor cursor) {
        cursors.pending(cursor);
        makeReady();
    }

    private void makeReady() {
        if (!ready && connection != null) {
            ready = true;
            loop.ready(this);
        }
    }

    /** Another thread has left word: a send has ended that held up another, or has failed; credit has come; or the inbox has more than one message could take. */
    void answerCall() {
        called.set(false);
        if (connection != null && connection.hasFailed()) {
            drop(connection, CloseCode.NO_SIGN_OF_LIFE, "a send failed");
        }
        makeReady();
    }

    /** Sends what is new, as far as the socket is free and the reader's credit goes. */
    void pass(long now) {
        ready = false;
        if (connection == null) {
            return;
        }
        if (!hasNews()) {
            connection.fullSince = LineConnection.NEVER;
            return;
        }
        if (!connection.permit.take()) {
            return;
        }
        SendWindow window = connection.window;
        if (window.isFull() && window.await()) {
            connection.fullSince = connection.fullSince == LineConnection.NEVER ? now : connection.fullSince;
            pingOrGive(now);
            return;
        }
        connection.fullSince = LineConnection.NEVER;
        if (!send(connection, this::fill, now)) {
            loop.stats.slowCloses.increment();
            hangUp(CloseCode.TOO_SLOW, "what you had not read is gone", OptionalLong.empty());
        } else if (hasNews()) {
            makeReady();
        }
    }

    private boolean hasNews() {
        return greeting.isPresent() || pingDue || pongDue || cursors.hasNews() || inbox.hasNews();
    }

    /** Moves the cursors; false if something is gone that cannot be told as a gap. */
    private boolean fill(WriteBatch batch) {
        if (greeting.isPresent()) {
            batch.add(greeting.get());
            greeting = Optional.empty();
            inbox.readBy(connection);
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
        return inbox.fill(batch, connection) && (inbox.hasNews() || cursors.fill(batch));
    }

    /** Our turn: a plain client acknowledges nothing, but its WebSocket pong says that it has read what came before the ping. */
    private void pingOrGive(long now) {
        if (plain && !connection.isPinged()) {
            connection.ping(now);
        } else {
            connection.permit.give();
        }
    }

    /** Looks at the deadlines. */
    void tick(long now) {
        if (connection == null) {
            if (now - heldSince > limits.hold().toNanos()) {
                forget(false);
            }
            return;
        }
        if (isOver(now, connection.sendingSince(), limits.sendDeadline().toNanos()) || isOver(now, connection.fullSince, limits.sendDeadline().toNanos())) {
            loop.stats.slowCloses.increment();
            hangUp(CloseCode.TOO_SLOW, "you did not read what was sent", OptionalLong.empty());
        } else if (now - connection.heardAt() > limits.silence().toNanos()) {
            hangUp(CloseCode.NO_SIGN_OF_LIFE, "nothing was heard of you", OptionalLong.empty());
        } else if (now - tokenExpiresAt > 0 && tokenExpiresAt != Long.MAX_VALUE) {
            hangUp(CloseCode.TOKEN_EXPIRED, "your token has expired", OptionalLong.empty());
        } else if (plain && isQuiet(now) && connection.permit.take()) {
            pingOrGive(now);
        } else if (!plain && now - connection.sentAt() > limits.keepAlive().toNanos() && !connection.isSending()) {
            pingDue = true;
            makeReady();
        }
    }

    /** A plain client that only listens never says that it is alive: it has to be asked, however much it is sent. */
    private boolean isQuiet(long now) {
        return Math.max(now - connection.sentAt(), now - connection.heardAt()) > limits.keepAlive().toNanos();
    }

    private static boolean isOver(long now, long since, long deadlineNanos) {
        return since != LineConnection.NEVER && now - since > deadlineNanos;
    }

    /** Any thread: the container says that this socket is closed. */
    public void closed(LineConnection closed, boolean forGood) {
        loop.execute(() -> {
            if (connection == closed) {
                connection = null;
                letGo(!forGood);
            }
        });
    }

    /** Any thread: lets go of a socket without closing it, for another line to carry. {@code then} runs when nothing is under way on it any more. */
    public void handOver(LineConnection leaving, Runnable then) {
        loop.execute(() -> {
            if (connection == leaving) {
                leaving.permit.end(() -> handedOver(leaving, then));
            } else {
                then.run();
            }
        });
    }

    private void handedOver(LineConnection leaving, Runnable then) {
        if (connection == leaving) {
            connection = null;
            letGo(false);
        }
        then.run();
    }

    private void drop(LineConnection dropped, CloseCode code, String reason) {
        connection = null;
        loop.aside(() -> dropped.socket.close(code, reason));
        letGo(true);
    }

    /** Any thread: ends the line's socket for a reason that the client is told. */
    public void close(CloseCode code, String reason) {
        loop.execute(() -> hangUp(code, reason, OptionalLong.empty()));
    }

    void hangUp(CloseCode code, String reason, OptionalLong afterMillis) {
        if (connection == null) {
            return;
        }
        LineConnection leaving = connection;
        connection = null;
        // First, so that whoever has heard the goodbye and comes back finds the line held or gone, and not about to be.
        letGo(code.comesBack());
        farewell(leaving, code, reason, afterMillis);
    }

    private void farewell(LineConnection leaving, CloseCode code, String reason, OptionalLong afterMillis) {
        LOG.log(System.Logger.Level.DEBUG, "line {0} closes its socket: {1}, {2}", id, code, reason);
        GracefulClose closing = new GracefulClose(leaving.socket, code, reason, loop::aside, loop.now() + limits.sendDeadline().toNanos());
        if (plain || leaving.isSending() || leaving.window.isFull()) {
            closing.close();
        } else {
            loop.farewell(closing);
            leaving.permit.end(() -> {
                // What was told just before, such as what is wrong with a frame, is heard with it or perhaps never.
                WriteBatch lastWords = batch(leaving);
                inbox.fill(lastWords, leaving);
                lastWords.add(FrameWriter.bye(code, afterMillis, reason));
                closing.say(lastWords.parcel().text());
            });
        }
    }

    /** No socket carries the line any more. */
    private void letGo(boolean mayComeBack) {
        greeting = Optional.empty();
        pingDue = false;
        pongDue = false;
        if (plain || !mayComeBack) {
            forget(true);
        } else {
            heldSince = loop.now();
            if (!isClaimed()) {
                lines.held(this);
            }
        }
    }

    /** Any thread: the browser will not come back. */
    public void bye() {
        loop.execute(() -> hangUp(CloseCode.NORMAL, "goodbye", OptionalLong.empty()));
    }

    /** Ends a line that no socket carries; leaves it alone if a socket is about to. */
    void forget(boolean evenIfClaimed) {
        if (connection == null && end(evenIfClaimed)) {
            cursors.leaveAll();
            loop.remove(this);
            lines.gone(this);
        }
    }
}
