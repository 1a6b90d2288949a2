package dev.partyline.connection;

import dev.partyline.line.Line;
import dev.partyline.line.LineConnection;
import dev.partyline.line.Socket;
import dev.partyline.stats.Counter;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameReader;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One client's socket, from its first message to its close: joins the parts of messages, applies the rate limits, admits the client by its first
 * frame and passes every other frame on.
 *
 * <pre>
 *                            $hello                 admitted
 *   AWAITING_FIRST_FRAME ──────────────► ADMITTING ──────────► LINE
 *     │    │                                                    ▲
 *     │    │ silence, or a malformed message                    │ $hello
 *     │    └──────────────────────► PRESUMED_PLAIN ─────────────┘
 *     │ any other frame               │ any other frame
 *     └──────────────────► PLAIN ◄────┘
 *
 *   every state ──────────────► CLOSED     a rejection, a close by either side, or $bye
 * </pre>
 *
 * <p>Whatever a client sends after its connection is {@code CLOSED} is ignored.
 *
 * <p>The container calls for one message at a time, by any of its threads. Besides it, only the scheduler's thread decides: it presumes that a silent
 * client is a plain one, or rejects it. The monitor of this object makes that and a first frame exclude each other. Pongs and closes may come from
 * any thread.
 */
public final class Connection implements FrameReader.Listener {

    private static final System.Logger LOG = System.getLogger(Connection.class.getName());
    private static final int MAX_BAD_FRAMES = 3;
    private static final int CONTROL_BURST_FACTOR = 4;

    private enum State {
        AWAITING_FIRST_FRAME,
        /** The verifier and the policy are asked about a {@code $hello}, which may take long. */
        ADMITTING,
        /** Served as a plain client, which has not sent a valid frame: {@code $hello} is still accepted. */
        PRESUMED_PLAIN,
        PLAIN,
        LINE,
        CLOSED
    }

    private final ServerContext context;
    private final Socket socket;
    private final HandshakeInfo handshake;
    private final HelloHandler helloHandler;
    private final PlainHandler plain;
    private final long openedAt;
    /** For messages and publishes. {@code $welcome} announces it, and the worker applies it to its tabs. */
    private final RateLimiter rate;
    /** For all other frames: a worker with many tabs and topics sends many of them at once. */
    private final RateLimiter controlRate;
    private final MessageParts parts;
    private int badFrames;

    private volatile State state = State.AWAITING_FIRST_FRAME;
    /** Null until the client is admitted, and never again. */
    private volatile FrameHandler frames;

    public Connection(ServerContext context, Socket socket, HandshakeInfo handshake) {
        this.context = context;
        this.socket = socket;
        this.handshake = handshake;
        this.helloHandler = new HelloHandler(context, handshake);
        this.plain = new PlainHandler(context, handshake);
        this.parts = new MessageParts(context.limits.message().chars());
        this.openedAt = context.nanoTime.getAsLong();
        this.rate = new RateLimiter(context.limits.message().perSecond(), context.limits.message().burst(), openedAt);
        this.controlRate = new RateLimiter(context.limits.message().perSecond(), CONTROL_BURST_FACTOR * context.limits.message().burst(), openedAt);
    }

    /** The one place where the state changes. Nothing follows {@code CLOSED}. */
    private synchronized void transition(State next) {
        if (state != State.CLOSED) {
            state = next;
        }
    }

    public void onOpen() {
        context.awaitHello(this);
        handshake.rejection().ifPresent(code -> reject(code, "pages of this origin may not connect"));
    }

    public void onText(String part, boolean last) {
        if (!hasRoomFor(part.length())) {
            return;
        }
        if (!last) {
            parts.add(part);
            return;
        }
        String message = parts.end(part);
        onReceived(message.length());
        if (state == State.LINE) {
            context.reader.read(message, this);
        } else {
            plain.read(message, state != State.PLAIN, this);
        }
    }

    /** False if the message is too long with this part, which closes the connection; and of a connection that is closed. */
    private boolean hasRoomFor(int length) {
        if (state != State.CLOSED && !parts.hasRoomFor(length)) {
            close(CloseCode.TOO_BIG, "a message has more than " + context.limits.message().chars() + " characters or bytes");
        }
        return state != State.CLOSED;
    }

    private void onReceived(int length) {
        context.counters.increment(Counter.MESSAGES_IN);
        context.counters.add(Counter.CHARS_IN, length);
        if (frames != null) {
            frames.lineConnection().onReceived();
        }
    }

    /** Dispatches a frame by its class, and is the only method that does. */
    @Override
    public void onFrame(Frame frame) {
        if (state == State.CLOSED) {
            return;
        }
        if (frame instanceof Frame.Hello hello) {
            onHello(hello);
        } else if (state != State.LINE) {
            onPlainFrame(frame);
        } else if (frame instanceof Frame.Message message) {
            if (isWithinRate(rate, frame)) {
                frames.onMessage(message);
            }
        } else if (frame instanceof Frame.Ack ack) {
            frames.onAck(ack);
        } else if (frame instanceof Frame.Publish publish) {
            if (isWithinRate(rate, frame)) {
                frames.onPublish(publish);
            }
        } else if (!(frame instanceof Frame.Pong) && isWithinRate(controlRate, frame)) {
            if (frame instanceof Frame.Bye) {
                transition(State.CLOSED);
            }
            frames.onControlFrame(frame);
        }
    }

    private void onPlainFrame(Frame frame) {
        if (!ensureAdmitted()) {
            return;
        }
        transition(State.PLAIN);
        if (!(frame instanceof Frame.Message message)) {
            onBadFrame("frames of the line itself come after $hello");
        } else if (isWithinRate(rate, frame)) {
            plain.onMessage(message, frames);
        }
    }

    private boolean isWithinRate(RateLimiter limiter, Frame frame) {
        return switch (limiter.tryAcquire(context.nanoTime.getAsLong())) {
            case ALLOWED -> true;
            case REJECTED -> {
                context.counters.increment(Counter.OVER_RATE);
                frames.sendError(tabOf(frame), frame.id(), ErrorCode.RATE_LIMITED, "more than " + context.limits.message().perSecond() + " messages a second");
                yield false;
            }
            case FLOOD -> {
                close(CloseCode.RATE, "far more than " + context.limits.message().perSecond() + " messages a second");
                yield false;
            }
        };
    }

    private static Optional<String> tabOf(Frame frame) {
        return frame instanceof Frame.Message message ? Optional.of(message.from())
            : frame instanceof Frame.Publish publish ? Optional.of(publish.from())
            : Optional.empty();
    }

    private void onHello(Frame.Hello hello) {
        if (state == State.LINE || state == State.PLAIN) {
            onBadFrame("$hello comes first and once");
            return;
        }
        beginAdmission();
        try {
            Admission admission = helloHandler.admit(hello);
            attach(admission, State.LINE);
            frames.onAdmitted(admission);
        } catch (ConnectionRejectedException e) {
            close(e.code(), e.getMessage());
        }
    }

    /** From here on the scheduler's thread no longer decides about the client; if it is just doing so, this waits for the decision. */
    private synchronized void beginAdmission() {
        if (state == State.AWAITING_FIRST_FRAME) {
            transition(State.ADMITTING);
        }
    }

    /** A client that was presumed to be plain has a line already: its socket is transferred to the new one. */
    private void attach(Admission admission, State next) {
        FrameHandler before = frames;
        Line line = admission.line();
        LineConnection lineConnection = line.newConnection(socket, admission.binary());
        frames = new FrameHandler(context, line, lineConnection);
        transition(next);
        context.stopAwaitingHello(this);
        if (before == null) {
            line.attach(lineConnection, admission.attachment());
        } else {
            before.line().transfer(before.lineConnection(), () -> line.attach(lineConnection, admission.attachment()));
        }
    }

    /** Whether the client has a line. If it has sent anything but {@code $hello} as the first, it gets one as a plain client. */
    private boolean ensureAdmitted() {
        return switch (state) {
            case LINE, PLAIN, PRESUMED_PLAIN -> true;
            case CLOSED -> false;
            case AWAITING_FIRST_FRAME, ADMITTING -> presumePlain();
        };
    }

    private synchronized boolean presumePlain() {
        if (state == State.AWAITING_FIRST_FRAME) {
            try {
                attach(plain.admit(), State.PRESUMED_PLAIN);
            } catch (ConnectionRejectedException e) {
                reject(e.code(), e.getMessage());
            }
        }
        return state == State.PRESUMED_PLAIN;
    }

    /** Called by the scheduler's thread once a second, or more often, until the client is admitted. */
    void checkHelloTimeout(long now) {
        long idle = now - openedAt;
        if (plain.isAllowed() && idle > context.limits.admission().plainAfter().toNanos()) {
            presumePlain();
        } else if (idle > context.limits.admission().helloWithin().toNanos()) {
            reject(CloseCode.NO_HELLO, "hello timeout");
        }
    }

    /** A part of a binary message. No frame is binary: only the length counts, and the message is one malformed frame. */
    public void onBinary(int bytes, boolean last) {
        if (!hasRoomFor(bytes)) {
            return;
        }
        parts.addBinary(bytes);
        if (last) {
            onReceived(parts.endBinary());
            if (ensureAdmitted()) {
                onBadFrame("a frame is text, and this message is binary");
            }
        }
    }

    @Override
    public void onBadFrame(BadFrameException malformed) {
        if (ensureAdmitted()) {
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
            frames.sendError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    /** Closes the line's connection, or rejects a client that is not admitted yet. */
    private void close(CloseCode code, String reason) {
        if (frames == null) {
            reject(code, reason);
        } else {
            transition(State.CLOSED);
            frames.line().close(code, reason);
        }
    }

    private void reject(CloseCode code, String reason) {
        transition(State.CLOSED);
        context.counters.increment(Counter.REFUSALS);
        context.stopAwaitingHello(this);
        LOG.log(System.Logger.Level.DEBUG, "connection rejected: {0}, {1}", code, reason);
        context.lines.runBlocking(() -> socket.close(code, reason));
    }

    /** An internal failure. The line is held, and the client may resume it. */
    public void fail() {
        close(CloseCode.INTERNAL, "internal error");
    }

    void shutDown() {
        reject(CloseCode.SHUTTING_DOWN, "the server is shutting down");
    }

    /** A WebSocket pong: the client's network stack has read everything before the ping. */
    public void onPong() {
        if (frames != null) {
            frames.lineConnection().onPong();
        }
    }

    /** The socket is closed, by the client, the server or the network. */
    public void onClose(int code) {
        transition(State.CLOSED);
        context.stopAwaitingHello(this);
        boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
        FrameHandler admitted = frames;
        if (admitted != null) {
            admitted.line().onSocketClosed(admitted.lineConnection(), forGood);
        }
    }
}
