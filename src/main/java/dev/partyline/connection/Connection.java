package dev.partyline.connection;

import dev.partyline.line.AddressShare;
import dev.partyline.line.Line;
import dev.partyline.line.LineRates;
import dev.partyline.line.RateLimiter;
import dev.partyline.line.Socket;
import dev.partyline.stats.Counter;
import dev.partyline.stats.Limit;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One client's socket, from its first message to its close: joins the parts of messages, applies the rate limits of its line, has the client admitted and
 * dispatches its frames. Its states are those of {@link ConnectionState}.
 *
 * <p>Frames about which the application is asked, and may block, wait for a thread of a pool, and so do all frames behind them, but for acknowledgements: the threads of the container
 * never wait for the application, and the order of the frames is kept.
 *
 * <p>The container calls for one message at a time, by any of its threads; frames that wait are executed by the pool, one at a time, too. Pongs and closes may come from any thread,
 * and {@link #checkHelloTimeout} from the sweeper's.
 */
public final class Connection implements FrameReader.Listener {

    private static final System.Logger LOG = System.getLogger(Connection.class.getName());
    private static final int MAX_BAD_FRAMES = 3;
    /** Of a client that has no line yet. No client has a reason to send any. */
    private static final int MAX_EARLY_PINGS = 100;
    /** So many messages of the largest size may wait for the application. */
    private static final int MAX_WAITING_MESSAGES = 4;
    /** How often it is reported that a client is active. The shortest session timeout that web.xml can set is a minute. */
    private static final long ACTIVE_EVERY = Duration.ofSeconds(15).toNanos();

    private final ServerContext context;
    private final Socket socket;
    private final HandshakeInfo handshake;
    private final PlainHandler plain;
    private final ClientAdmission client;
    private final long openedAt;
    /** The key of the address whose sockets this one counts towards; empty if it does not count, or does no more. */
    private final AtomicReference<Optional<String>> countedFor = new AtomicReference<>(Optional.empty());
    private final MessageParts parts;
    /** What waits of the message that is being read. Belongs to the thread that reads. */
    private final List<Runnable> waiting = new ArrayList<>(0);
    /** The length of all messages of which something waits. */
    private final AtomicLong waitingChars = new AtomicLong();
    /** Whether {@code $hello} was read: what follows are frames of a line, even if it waits. Belongs to the thread that reads. */
    private boolean helloRead;
    /** When {@code $hello} was read. Written by the thread that reads. */
    private volatile long admittingSince;
    private int badFrames;
    /** Empty without a login of the container, and after the end of this connection. */
    private final AtomicReference<Optional<Logins.Login>> login = new AtomicReference<>(Optional.empty());
    private volatile long activeAt;
    /** Parts of messages, and pongs. Containers deliver one at a time. */
    private volatile long receivedParts;

    public Connection(ServerContext context, Socket socket, HandshakeInfo handshake) {
        this.context = context;
        this.socket = socket;
        this.handshake = handshake;
        this.plain = new PlainHandler(context, handshake);
        this.client = new ClientAdmission(context, socket, new HelloHandler(context, handshake), plain);
        this.parts = new MessageParts(context.limits.message().chars(), context.lines.inboundMemory(), this::memoryOwner);
        this.openedAt = context.nanoTime.getAsLong();
        this.activeAt = openedAt - ACTIVE_EVERY;
    }

    public void onOpen() {
        Optional<String> address = handshake.address().map(AddressShare::of);
        if (address.isPresent() && !context.acquireSocket(address.get())) {
            reject(CloseCode.OVERLOADED, "too many connections from your address");
            return;
        }
        countedFor.set(address);
        context.awaitHello(this);
        handshake.session().ifPresent(session -> context.inSession.add(this));
        // Before the session is looked at, which may close this connection on another thread.
        handshake.userWithoutSession().ifPresent(user -> context.logins.add(user, this));
        handshake.login().ifPresent(this::onLogin);
        handshake.rejection().ifPresent(why -> reject(why.code(), why.reason()));
        // It has no token and no topics, so the application is not asked.
        handshake.hello().ifPresent(hello -> onFrame(hello, 0));
    }

    /** The line whose client comes back to this version of the application, of several ones, since its HTTP session belongs to this one. */
    Optional<Line> lineBoundToSession() {
        FrameHandler admitted = client.frames();
        return handshake.session().filter(LoginSession::isValid).flatMap(session -> Optional.ofNullable(admitted)).map(FrameHandler::line);
    }

    private void onLogin(LoginSession session) {
        login.set(Optional.of(context.logins.add(session, this)));
        if (!session.isValid()) {
            // It has ended since the handshake: no event will tell.
            endLogin();
        }
    }

    /** Whether the container has authenticated this user for the connection. */
    boolean isOfLogin(String user) {
        return handshake.user().filter(user::equals).isPresent();
    }

    /** The login with which the connection was made has ended. That of a token goes on. */
    void endLogin() {
        FrameHandler admitted = client.frames();
        if (client.state() != ConnectionState.CLOSED && (admitted == null || !admitted.line().facts().byToken())) {
            close(CloseCode.CHECK_LOGIN, "the login has ended");
        }
    }

    /** A tab has sent something. */
    private void onActive() {
        long now = now();
        if (now - activeAt >= ACTIVE_EVERY) {
            activeAt = now;
            context.onActive(client.frames().line(), login.get());
        }
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    public void onText(String part, boolean last) {
        receivedParts++;
        if (!hasRoomFor(part.length())) {
            return;
        }
        if (!last) {
            addPart(part);
            return;
        }
        String message = parts.end(part);
        onReceived(message.length());
        if (helloRead || client.state() == ConnectionState.LINE) {
            context.reader.read(message, this);
        } else {
            plain.read(message, client.state() != ConnectionState.PLAIN, this);
        }
        handOver(message.length());
    }

    private void addPart(String part) {
        if (!parts.add(part, now()) && client.state() != ConnectionState.CLOSED) {
            context.counters.hit(Limit.MEMORY, client.frames() != null ? client.frames().line() : memoryOwner());
            close(CloseCode.OVERLOADED, "too many incomplete messages of your user or address");
        }
        if (client.state() == ConnectionState.CLOSED) {
            parts.discard();
        }
    }

    /** In whose share of the memory this client's messages are. */
    private String memoryOwner() {
        return client.frames() != null ? client.frames().line().publisher().owner() : addressOwner().orElse("an unknown address");
    }

    private Optional<String> addressOwner() {
        return handshake.address().map(address -> "address " + AddressShare.of(address));
    }

    /** False if the message is too long with this part, which closes the connection; and of a connection that is closed. */
    private boolean hasRoomFor(int length) {
        if (client.state() != ConnectionState.CLOSED && !parts.hasRoomFor(length)) {
            close(CloseCode.TOO_BIG, "a message has more than " + context.limits.message().chars() + " characters or bytes");
        }
        return client.state() != ConnectionState.CLOSED;
    }

    private void onReceived(int length) {
        context.counters.increment(Counter.MESSAGES_IN);
        context.counters.add(Counter.CHARS_IN, length);
        if (client.frames() != null) {
            client.frames().lineConnection().onReceived(receivedParts);
        }
    }

    /** Executes a frame, or has it wait: for the application to be asked about it, or behind one that waits. */
    @Override
    public void onFrame(Frame frame, int length) {
        if (client.state() == ConnectionState.CLOSED || isReplaced()) {
            return;
        }
        if (frame instanceof Frame.Hello && client.state() != ConnectionState.PLAIN) {
            helloRead = true;
            admittingSince = context.nanoTime.getAsLong();
        }
        boolean answer = client.state() == ConnectionState.LINE && (frame instanceof Frame.Ack || frame instanceof Frame.Pong);
        if (!answer && (mustWait() || asksApplication(frame))) {
            waiting.add(() -> execute(frame, length));
        } else {
            execute(frame, length);
        }
    }

    /** Whether an earlier frame waits. Only the thread that reads adds one, so if there is none now, there is none until this one is executed. */
    private boolean mustWait() {
        return !waiting.isEmpty() || !context.waitingFrames.isIdle(this);
    }

    /** Whether the application is asked about this frame, and may block. For a message, the thread of its handler asks the policy. */
    private boolean asksApplication(Frame frame) {
        boolean policyBlocks = !context.authorizer.isNonBlocking();
        if (frame instanceof Frame.Hello hello) {
            boolean asks = hello.token().isPresent() && context.authorizer.verifiesTokens() || policyBlocks && !hello.topics().isEmpty();
            if (asks) {
                // Else it would be presumed to be a plain client while it waits.
                client.beginAdmission();
            }
            return asks;
        }
        return frame instanceof Frame.Token && context.authorizer.verifiesTokens()
            || policyBlocks && (frame instanceof Frame.Join || frame instanceof Frame.Publish);
    }

    /** Hands over what waits of a message. Its order is kept, and how much waits is bounded. */
    private void handOver(int chars) {
        if (waiting.isEmpty()) {
            return;
        }
        List<Runnable> frames = List.copyOf(waiting);
        waiting.clear();
        boolean fits = waitingChars.addAndGet(chars) <= (long) MAX_WAITING_MESSAGES * context.limits.message().chars();
        Object owner = client.frames() != null ? client.frames().line() : addressOwner().<Object>map(address -> address).orElse(this);
        if (!fits || !context.waitingFrames.offer(this, owner, () -> executeWaiting(frames, chars))) {
            close(CloseCode.OVERLOADED, "too many frames wait for the application");
        }
    }

    private void executeWaiting(List<Runnable> frames, int chars) {
        try {
            frames.forEach(Runnable::run);
        } catch (Authorizer.TimeoutException e) {
            close(CloseCode.OVERLOADED, e.getMessage());
        } catch (RuntimeException | Error e) {
            try {
                LOG.log(System.Logger.Level.ERROR, "a message could not be processed", e);
            } finally {
                fail();
            }
        } finally {
            waitingChars.addAndGet(-chars);
        }
    }

    /** Dispatches a frame by its class, and is the only method that does. */
    private void execute(Frame frame, int length) {
        if (client.state() == ConnectionState.CLOSED || isReplaced()) {
            return;
        }
        if (frame instanceof Frame.Hello hello) {
            onHello(hello, length);
        } else if (client.state() != ConnectionState.LINE) {
            onPlainFrame(frame, length);
        } else if (frame instanceof Frame.Message message) {
            if (isWithinRate(frame, rates().onMessage(length, now()))) {
                onActive();
                client.frames().onMessage(message);
            }
        } else if (frame instanceof Frame.Ack || frame instanceof Frame.Pong) {
            onAcknowledgement(frame, length);
        } else if (frame instanceof Frame.Publish publish) {
            if (isWithinRate(frame, rates().onMessage(length, now()))) {
                onActive();
                client.frames().onPublish(publish);
            }
        } else if (frame instanceof Frame.Answer answer) {
            if (isWithinRate(frame, rates().onMessage(length, now()))) {
                client.frames().onAnswer(answer);
            }
        } else if (isWithinRate(frame, rates().onControlFrame(length, now()))) {
            if (frame instanceof Frame.Bye) {
                client.transition(ConnectionState.CLOSED);
            }
            client.frames().onControlFrame(frame);
        }
    }

    /** Whether a newer connection has resumed the line: what this client still sends is ignored. */
    private boolean isReplaced() {
        FrameHandler admitted = client.frames();
        return admitted != null && admitted.lineConnection().isReplaced();
    }

    private void onAcknowledgement(Frame frame, int length) {
        if (rates().onAnswer(length, client.frames().lineConnection().sentMessages(), now()) == RateLimiter.Decision.FLOOD) {
            closeForRate();
        } else if (frame instanceof Frame.Ack ack) {
            client.frames().onAck(ack);
        }
    }

    /** Blank lines say nothing and cost reading all the same. */
    @Override
    public void onBlankLines(int length) {
        if (client.state() == ConnectionState.LINE && !isReplaced() && rates().onOtherChars(length, now()) == RateLimiter.Decision.FLOOD) {
            closeForRate();
        }
    }

    private void onPlainFrame(Frame frame, int length) {
        if (!ensureAdmitted()) {
            return;
        }
        client.transition(ConnectionState.PLAIN);
        if (!(frame instanceof Frame.Message message)) {
            onBadFrame("frames of the line itself come after $hello");
        } else if (isWithinRate(frame, rates().onMessage(length, now()))) {
            onActive();
            client.frames().onMessage(message);
        }
    }

    private LineRates rates() {
        return client.frames().line().rates();
    }

    private long now() {
        return context.nanoTime.getAsLong();
    }

    private boolean isWithinRate(Frame frame, RateLimiter.Decision decision) {
        return switch (decision) {
            case ALLOWED -> true;
            case REJECTED -> {
                context.counters.increment(Counter.OVER_RATE);
                context.counters.hit(rateExceeded(), client.frames().line());
                client.frames().sendError(tabOf(frame), frame.id(), ErrorCode.RATE_LIMITED, "more than " + rates().limits().perSecond() + " messages or "
                    + rates().limits().charsPerSecond() + " characters a second");
                yield false;
            }
            case FLOOD -> {
                closeForRate();
                yield false;
            }
        };
    }

    private void closeForRate() {
        context.counters.hit(rateExceeded(), client.frames().line());
        close(CloseCode.RATE, "far more than " + rates().limits().perSecond() + " messages or " + rates().limits().charsPerSecond() + " characters a second");
    }

    private Limit rateExceeded() {
        return rates().charsLeft(now()) < 0 ? Limit.RATE_CHARS : Limit.RATE;
    }

    private static Optional<String> tabOf(Frame frame) {
        return frame instanceof Frame.Message message ? Optional.of(message.from())
            : frame instanceof Frame.Publish publish ? Optional.of(publish.from())
            : frame instanceof Frame.Answer answer ? Optional.of(answer.from())
            : Optional.empty();
    }

    private void onHello(Frame.Hello hello, int length) {
        if (client.state() == ConnectionState.LINE || client.state() == ConnectionState.PLAIN) {
            onBadFrame("$hello comes first and once");
            return;
        }
        try {
            client.admit(hello);
            context.stopAwaitingHello(this);
            // There is no line if the socket was closed meanwhile. Who resumes a line again and again is over its rate at some time, too.
            if (client.frames() != null && rates().onControlFrame(length, now()) == RateLimiter.Decision.FLOOD) {
                closeForRate();
            }
        } catch (ConnectionRejectedException e) {
            close(e.code(), e.getMessage());
        }
    }

    /** Whether the client has a line. If its first message is not {@code $hello}, it gets one as a plain client. */
    private boolean ensureAdmitted() {
        if (client.state() == ConnectionState.AWAITING_FIRST_FRAME) {
            presumePlain();
        }
        return client.state().isAdmitted();
    }

    private void presumePlain() {
        try {
            client.presumePlain();
            if (client.state().isAdmitted()) {
                context.stopAwaitingHello(this);
            }
        } catch (ConnectionRejectedException e) {
            reject(e.code(), e.getMessage());
        }
    }

    /** Called once a second, or more often, until the client is admitted. */
    void checkHelloTimeout(long now) {
        long idle = now - openedAt;
        if (socket.traffic().isPresent() && socket.traffic().get().framesReceived() - receivedParts > MAX_EARLY_PINGS) {
            reject(CloseCode.RATE, "too many pings");
        } else if (client.state() == ConnectionState.ADMITTING) {
            if (now - admittingSince > context.limits.admission().helloWithin().toNanos()) {
                reject(CloseCode.OVERLOADED, "the application did not answer in time");
            }
        } else if (plain.isAllowed() && idle > context.limits.admission().plainAfter().toNanos()) {
            presumePlain();
        } else if (idle > context.limits.admission().helloWithin().toNanos() && !client.state().isAdmitted()) {
            reject(CloseCode.NO_HELLO, "hello timeout");
        }
    }

    /** A part of a binary message. No frame is binary: only the length counts, and the message is one malformed frame. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    public void onBinary(int bytes, boolean last) {
        receivedParts++;
        if (!hasRoomFor(bytes)) {
            return;
        }
        parts.addBinary(bytes, now());
        if (last) {
            int length = parts.endBinary();
            onReceived(length);
            if (mustWait()) {
                waiting.add(this::executeBinary);
            } else {
                executeBinary();
            }
            handOver(length);
        }
    }

    private void executeBinary() {
        if (ensureAdmitted()) {
            onBadFrame("a frame is text, and this message is binary");
        }
    }

    @Override
    public void onBadFrame(BadFrameException malformed) {
        if (mustWait()) {
            waiting.add(() -> executeBadFrame(malformed));
        } else {
            executeBadFrame(malformed);
        }
    }

    private void executeBadFrame(BadFrameException malformed) {
        if (!isReplaced() && ensureAdmitted()) {
            onBadFrame(malformed.from(), malformed.id(), malformed.getMessage());
        }
    }

    private void onBadFrame(String text) {
        onBadFrame(Optional.empty(), OptionalLong.empty(), text);
    }

    private void onBadFrame(Optional<String> from, OptionalLong id, String text) {
        context.counters.increment(Counter.FAULTS);
        if (++badFrames >= MAX_BAD_FRAMES) {
            close(CloseCode.BAD_FRAME, text);
        } else {
            client.frames().sendError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    /** Closes the line's connection, or rejects a client that is not admitted yet. */
    private void close(CloseCode code, String reason) {
        if (client.frames() == null) {
            reject(code, reason);
        } else {
            client.transition(ConnectionState.CLOSED);
            client.frames().close(code, reason);
        }
    }

    private void reject(CloseCode code, String reason) {
        client.transition(ConnectionState.CLOSED);
        context.counters.increment(Counter.REFUSALS);
        context.stopAwaitingHello(this);
        LOG.log(System.Logger.Level.DEBUG, "connection rejected: {0}, {1}", code, reason);
        context.lines.runBlocking(() -> socket.close(code, reason));
    }

    /** An internal failure. The line is held, and the client may resume it. */
    public void fail() {
        close(CloseCode.INTERNAL, "internal error");
    }

    /** The server stops. A client that is admitted is closed with its line. */
    void shutDown() {
        if (!client.state().isAdmitted()) {
            reject(CloseCode.SHUTTING_DOWN, "the server is shutting down");
        }
    }

    /** A WebSocket pong. One that answers no ping is a frame like others. While a message remains incomplete for too long, pongs do not keep the connection open. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    public void onPong(ByteBuffer payload) {
        if (client.frames() == null || client.state() == ConnectionState.CLOSED || isReplaced()) {
            return;
        }
        receivedParts++;
        if (!parts.isOlderThan(context.limits.line().timeouts().silence(), now())) {
            client.frames().lineConnection().onReceived(receivedParts);
        }
        if (!client.frames().lineConnection().onPong(payload) && rates().onControlFrame(payload.remaining(), now()) == RateLimiter.Decision.FLOOD) {
            closeForRate();
        }
    }

    /** The socket is closed, by the client, the server or the network. */
    public void onClose(int code) {
        parts.discard();
        boolean sending = client.frames() != null && client.frames().lineConnection().isSending();
        countedFor.getAndSet(Optional.empty()).ifPresent(address -> context.releaseSocket(address, sending));
        context.inSession.remove(this);
        login.getAndSet(Optional.empty()).ifPresent(known -> context.logins.remove(known, this));
        handshake.userWithoutSession().ifPresent(user -> context.logins.remove(user, this));
        // What the client has sent before counts: it may have published something, and left.
        FrameHandler known = client.frames();
        if (known == null || context.waitingFrames.isIdle(this) || !context.waitingFrames.offer(this, known.line(), () -> executeClose(code))) {
            executeClose(code);
        }
    }

    private void executeClose(int code) {
        client.transition(ConnectionState.CLOSED);
        context.stopAwaitingHello(this);
        boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
        FrameHandler admitted = client.frames();
        if (admitted != null) {
            admitted.line().onSocketClosed(admitted.lineConnection(), forGood);
        }
    }
}
