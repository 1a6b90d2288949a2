package dev.partyline.connection;

import dev.partyline.line.Line;
import dev.partyline.line.LineConnection;
import dev.partyline.line.Socket;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameReader;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is said on one socket, from its first frame to its last. It finds out which line the socket carries, and brings each frame where it belongs.
 *
 * <p>A container calls for one message at a time. The one thing that others do is to decide that a silent client is a plain one; that and a first frame exclude each other.
 */
public final class Connection implements FrameReader.Listener {

    private static final System.Logger LOG = System.getLogger(Connection.class.getName());
    private static final int MAX_BAD_FRAMES = 3;
    private static final int CONTROL_BURST_FACTOR = 4;

    private final ServerContext context;
    private final Socket socket;
    private final HandshakeInfo handshake;
    private final HelloHandler helloHandler;
    private final long openedAt;
    /** For messages and publishes, as the welcome tells it; the worker paces its tabs by it. */
    private final RateLimiter rate;
    /** For the line's own frames, of which a worker with many tabs and topics has many to send at once. */
    private final RateLimiter controlRate;
    private final StringBuilder buffer = new StringBuilder();
    private int binaryBytes;
    private int badFrames;

    /** Whether the client has said anything but {@code $hello}. */
    private boolean sentFrame;
    /** Whether it has said {@code $hello}, so that nobody else decides any more. Guarded by this. */
    private boolean sentHello;

    /** Null until the client is let in. */
    private volatile FrameHandler frameHandler;
    private volatile boolean closed;

    public Connection(ServerContext context, Socket socket, HandshakeInfo handshake) {
        this.context = context;
        this.socket = socket;
        this.handshake = handshake;
        this.openedAt = context.nanoTime.getAsLong();
        this.helloHandler = new HelloHandler(context, handshake);
        this.rate = new RateLimiter(context.limits.rate(), context.limits.burst(), openedAt);
        this.controlRate = new RateLimiter(context.limits.rate(), CONTROL_BURST_FACTOR * context.limits.burst(), openedAt);
    }

    public void onOpen() {
        context.awaitHello(this);
        handshake.rejection().ifPresent(code -> reject(code, "this page's origin may not connect"));
    }

    /** A part of a text message. Counted here, since what containers do with large messages differs from one to the next. */
    public void onText(String part, boolean last) {
        if (closed) {
            return;
        }
        if (buffer.length() + part.length() > context.limits.messageChars()) {
            close(CloseCode.TOO_BIG, "a message has more than " + context.limits.messageChars() + " characters");
            return;
        }
        if (!last) {
            buffer.append(part);
            return;
        }
        String message = buffer.isEmpty() ? part : buffer.append(part).toString();
        buffer.setLength(0);
        onMessage(message);
    }

    private void onMessage(String message) {
        context.inboundStats.onMessage(message.length());
        Optional<FrameHandler> admitted = admitted();
        admitted.ifPresent(served -> served.lineConnection().onReceived());
        if (admitted.filter(served -> !served.line().isPlain()).isPresent() || !sentFrame && beginsWithHello(message)) {
            context.reader.read(message, this);
        } else {
            context.reader.readOne(message, this);
        }
    }

    private static boolean beginsWithHello(String message) {
        int hello = message.indexOf("\"$hello\"");
        int end = message.indexOf('\n');
        return hello >= 0 && (end < 0 || hello < end);
    }

    /** What serves this client, once it is let in. */
    private Optional<FrameHandler> admitted() {
        return Optional.ofNullable(frameHandler);
    }

    @Override
    public void onFrame(Frame frame) {
        if (closed) {
            return;
        }
        if (frame instanceof Frame.Hello hello) {
            hello(hello);
        } else if (ensureAdmitted()) {
            sentFrame = true;
            handle(frame);
        }
    }

    private void handle(Frame frame) {
        if (frameHandler.line().isPlain() && !(frame instanceof Frame.Message)) {
            badFrame(Optional.empty(), OptionalLong.empty(), "frames of the line itself come after $hello");
        } else if (frame instanceof Frame.Ack || frame instanceof Frame.Pong || checkRate(frame)) {
            closed |= frame instanceof Frame.Bye;
            frameHandler.handle(frame);
        }
    }

    private boolean checkRate(Frame frame) {
        RateLimiter limiter = frame instanceof Frame.Message || frame instanceof Frame.Publish ? rate : controlRate;
        return switch (limiter.tryAcquire(context.nanoTime.getAsLong())) {
            case ALLOWED -> true;
            case REJECTED -> {
                context.inboundStats.onOverRate();
                Optional<String> from = frame instanceof Frame.Message message ? Optional.of(message.from())
                    : frame instanceof Frame.Publish publish ? Optional.of(publish.from())
                    : Optional.empty();
                frameHandler.sendError(from, idOf(frame), ErrorCode.RATE_LIMITED, "more than " + context.limits.rate() + " messages a second");
                yield false;
            }
            case FLOOD -> {
                close(CloseCode.RATE, "far more than " + context.limits.rate() + " messages a second");
                yield false;
            }
        };
    }

    private static OptionalLong idOf(Frame frame) {
        return frame instanceof Frame.Message message ? message.id()
            : frame instanceof Frame.Publish publish ? publish.id()
            : frame instanceof Frame.Join join ? join.id()
            : frame instanceof Frame.Leave leave ? leave.id()
            : OptionalLong.empty();
    }

    private void hello(Frame.Hello hello) {
        Optional<FrameHandler> before;
        synchronized (this) {
            sentHello = true;
            before = admitted();
        }
        if (before.isPresent() && (sentFrame || !before.get().line().isPlain())) {
            badFrame(Optional.empty(), OptionalLong.empty(), "$hello comes first and once");
            return;
        }
        try {
            HelloHandler.Admission admission = helloHandler.admit(hello);
            attach(admission, before);
            admission.expires().ifPresent(frameHandler::setTokenExpiry);
            if (!admission.allTabsOpen()) {
                frameHandler.sendError(Optional.empty(), OptionalLong.empty(), ErrorCode.TOO_MANY, "not all tabs could be opened: a line may have "
                    + context.limits.tabs() + ", and none that is another line's");
            }
        } catch (ConnectionRejectedException e) {
            close(e.code(), e.getMessage());
        }
    }

    /** @param before what served this client while it was taken for a plain one, since its {@code $hello} came late */
    private void attach(HelloHandler.Admission admission, Optional<FrameHandler> before) {
        Line line = admission.line();
        LineConnection lineConnection = line.newConnection(socket, admission.binary());
        frameHandler = new FrameHandler(context, helloHandler, line, lineConnection);
        context.stopAwaitingHello(this);
        Runnable attach = () -> line.attach(lineConnection, admission.attachment());
        before.ifPresentOrElse(old -> old.line().transfer(old.lineConnection(), attach), attach);
    }

    /** Serves this client in the post's shapes; false if it is not served at all. */
    private synchronized boolean admitAsPlain() {
        if (closed || sentHello || frameHandler != null) {
            return !closed && frameHandler != null;
        }
        try {
            attach(helloHandler.admitPlain(), Optional.empty());
            return true;
        } catch (ConnectionRejectedException e) {
            reject(e.code(), e.getMessage());
            return false;
        }
    }

    /** Called now and then for as long as no frame has come. */
    void checkHelloTimeout(long now) {
        long idle = now - openedAt;
        if (helloHandler.mayBePlain() && idle > context.limits.plainAfter().toNanos()) {
            admitAsPlain();
        } else if (idle > context.limits.helloWithin().toNanos()) {
            reject(CloseCode.NO_HELLO, "no $hello came in time");
        }
    }

    /** A part of a binary message, of which only the length is of interest: all of it is one fault. */
    public void onBinary(int bytes, boolean last) {
        if (closed) {
            return;
        }
        binaryBytes += bytes;
        if (binaryBytes > context.limits.messageChars()) {
            close(CloseCode.TOO_BIG, "a message has more than " + context.limits.messageChars() + " bytes");
        } else if (last) {
            context.inboundStats.onMessage(binaryBytes);
            binaryBytes = 0;
            if (ensureAdmitted()) {
                frameHandler.lineConnection().onReceived();
                badFrame(Optional.empty(), OptionalLong.empty(), "a frame is text, and this message is binary");
            }
        }
    }

    @Override
    public void onBadFrame(BadFrameException malformed) {
        if (ensureAdmitted()) {
            badFrame(malformed.from(), malformed.id(), malformed.getMessage());
        }
    }

    private boolean ensureAdmitted() {
        return !closed && (admitted().isPresent() || admitAsPlain());
    }

    private void badFrame(Optional<String> from, OptionalLong id, String text) {
        context.inboundStats.onFault();
        if (++badFrames >= MAX_BAD_FRAMES) {
            close(CloseCode.BAD_FRAME, text);
        } else {
            frameHandler.sendError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    /** Ends what has a line, or refuses what has none. */
    private void close(CloseCode code, String reason) {
        Optional<FrameHandler> admitted = admitted();
        if (admitted.isPresent()) {
            closed = true;
            admitted.get().line().close(code, reason);
        } else {
            reject(code, reason);
        }
    }

    private void reject(CloseCode code, String reason) {
        closed = true;
        context.inboundStats.onRefusal();
        context.stopAwaitingHello(this);
        LOG.log(System.Logger.Level.DEBUG, "refused a socket: {0}, {1}", code, reason);
        context.lines.runBlocking(() -> socket.close(code, reason));
    }

    /** Our own fault. The client comes back and finds its line. */
    public void fail() {
        close(CloseCode.INTERNAL, "internal error");
    }

    void shutDown() {
        reject(CloseCode.SHUTTING_DOWN, "the server is shutting down");
    }

    /** A WebSocket pong, which any client's network sends by itself, in turn with what it reads. */
    public void onPong() {
        admitted().ifPresent(served -> served.lineConnection().onPong());
    }

    /** The container says that the socket is closed, by whomever. */
    public void onClose(int code) {
        closed = true;
        context.stopAwaitingHello(this);
        boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
        admitted().ifPresent(served -> served.line().onSocketClosed(served.lineConnection(), forGood));
    }
}
