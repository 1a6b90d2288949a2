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
    private static final int FAULTS = 3;
    private static final int OWN_BURSTS = 4;

    private final ServerContext context;
    private final Socket socket;
    private final HandshakeInfo handshake;
    private final HelloHandler helloHandler;
    private final long openedAt;
    /** For messages and publishes, as the welcome tells it; the worker paces its tabs by it. */
    private final RateLimiter rate;
    /** For the line's own frames, of which a worker with many tabs and topics has many to send at once. */
    private final RateLimiter ownRate;
    private final StringBuilder parts = new StringBuilder();
    private int binaryBytes;
    private int faults;

    /** Whether the client has said anything but {@code $hello}. */
    private boolean spoken;
    /** Whether it has said {@code $hello}, so that nobody else decides any more. Guarded by this. */
    private boolean greeted;

    /** Null until the client is let in. */
    private volatile FrameHandler frameHandler;
    private volatile boolean over;

    public Connection(ServerContext context, Socket socket, HandshakeInfo handshake) {
        this.context = context;
        this.socket = socket;
        this.handshake = handshake;
        this.openedAt = context.nanoTime.getAsLong();
        this.helloHandler = new HelloHandler(context, handshake);
        this.rate = new RateLimiter(context.limits.rate(), context.limits.burst(), openedAt);
        this.ownRate = new RateLimiter(context.limits.rate(), OWN_BURSTS * context.limits.burst(), openedAt);
    }

    public void opened() {
        context.silent(this);
        handshake.refusal().ifPresent(code -> refuse(code, "this page's origin may not connect"));
    }

    /** A part of a text message. Counted here, since what containers do with large messages differs from one to the next. */
    public void text(String part, boolean last) {
        if (over) {
            return;
        }
        if (parts.length() + part.length() > context.limits.messageChars()) {
            end(CloseCode.TOO_BIG, "a message has more than " + context.limits.messageChars() + " characters");
            return;
        }
        if (!last) {
            parts.append(part);
            return;
        }
        String message = parts.isEmpty() ? part : parts.append(part).toString();
        parts.setLength(0);
        message(message);
    }

    private void message(String message) {
        context.inbound.message(message.length());
        Optional<FrameHandler> admitted = service();
        admitted.ifPresent(served -> served.lineConnection().heard());
        if (admitted.filter(served -> !served.line().isPlain()).isPresent() || !spoken && beginsWithHello(message)) {
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
    private Optional<FrameHandler> service() {
        return Optional.ofNullable(frameHandler);
    }

    @Override
    public void frame(Frame frame) {
        if (over) {
            return;
        }
        if (frame instanceof Frame.Hello hello) {
            hello(hello);
        } else if (isServed()) {
            spoken = true;
            serve(frame);
        }
    }

    private void serve(Frame frame) {
        if (frameHandler.line().isPlain() && !(frame instanceof Frame.Message)) {
            bad(Optional.empty(), OptionalLong.empty(), "frames of the line itself come after $hello");
        } else if (frame instanceof Frame.Ack || frame instanceof Frame.Pong || isWithinRate(frame)) {
            over |= frame instanceof Frame.Bye;
            frameHandler.serve(frame);
        }
    }

    private boolean isWithinRate(Frame frame) {
        RateLimiter limit = frame instanceof Frame.Message || frame instanceof Frame.Publish ? rate : ownRate;
        return switch (limit.take(context.nanoTime.getAsLong())) {
            case ALLOWED -> true;
            case REFUSED -> {
                context.inbound.overRate();
                Optional<String> from = frame instanceof Frame.Message message ? Optional.of(message.from())
                    : frame instanceof Frame.Publish publish ? Optional.of(publish.from())
                    : Optional.empty();
                frameHandler.tellError(from, idOf(frame), ErrorCode.RATE_LIMITED, "more than " + context.limits.rate() + " messages a second");
                yield false;
            }
            case FLOOD -> {
                end(CloseCode.RATE, "far more than " + context.limits.rate() + " messages a second");
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
            greeted = true;
            before = service();
        }
        if (before.isPresent() && (spoken || !before.get().line().isPlain())) {
            bad(Optional.empty(), OptionalLong.empty(), "$hello comes first and once");
            return;
        }
        try {
            HelloHandler.Admission admission = helloHandler.admit(hello);
            carry(admission, before);
            admission.expires().ifPresent(frameHandler::tokenExpires);
            if (!admission.allTabsOpen()) {
                frameHandler.tellError(Optional.empty(), OptionalLong.empty(), ErrorCode.TOO_MANY, "not all tabs could be opened: a line may have "
                    + context.limits.tabs() + ", and none that is another line's");
            }
        } catch (ConnectionRejectedException e) {
            end(e.code(), e.getMessage());
        }
    }

    /** @param before what served this client while it was taken for a plain one, since its {@code $hello} came late */
    private void carry(HelloHandler.Admission admission, Optional<FrameHandler> before) {
        Line line = admission.line();
        LineConnection lineConnection = line.carrier(socket, admission.binary());
        frameHandler = new FrameHandler(context, helloHandler, line, lineConnection);
        context.spoke(this);
        Runnable attach = () -> line.attach(lineConnection, admission.attachment());
        before.ifPresentOrElse(old -> old.line().handOver(old.lineConnection(), attach), attach);
    }

    /** Serves this client in the post's shapes; false if it is not served at all. */
    private synchronized boolean becomePlain() {
        if (over || greeted || frameHandler != null) {
            return !over && frameHandler != null;
        }
        try {
            carry(helloHandler.admitPlain(), Optional.empty());
            return true;
        } catch (ConnectionRejectedException e) {
            refuse(e.code(), e.getMessage());
            return false;
        }
    }

    /** Called now and then for as long as no frame has come. */
    void stillSilent(long now) {
        long silence = now - openedAt;
        if (helloHandler.mayBePlain() && silence > context.limits.plainAfter().toNanos()) {
            becomePlain();
        } else if (silence > context.limits.helloWithin().toNanos()) {
            refuse(CloseCode.NO_HELLO, "no $hello came in time");
        }
    }

    /** A part of a binary message, of which only the length is of interest: all of it is one fault. */
    public void binary(int bytes, boolean last) {
        if (over) {
            return;
        }
        binaryBytes += bytes;
        if (binaryBytes > context.limits.messageChars()) {
            end(CloseCode.TOO_BIG, "a message has more than " + context.limits.messageChars() + " bytes");
        } else if (last) {
            context.inbound.message(binaryBytes);
            binaryBytes = 0;
            if (isServed()) {
                frameHandler.lineConnection().heard();
                bad(Optional.empty(), OptionalLong.empty(), "a frame is text, and this message is binary");
            }
        }
    }

    @Override
    public void bad(BadFrameException fault) {
        if (isServed()) {
            bad(fault.from(), fault.id(), fault.getMessage());
        }
    }

    private boolean isServed() {
        return !over && (service().isPresent() || becomePlain());
    }

    private void bad(Optional<String> from, OptionalLong id, String text) {
        context.inbound.fault();
        if (++faults >= FAULTS) {
            end(CloseCode.BAD_FRAME, text);
        } else {
            frameHandler.tellError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    /** Ends what has a line, or refuses what has none. */
    private void end(CloseCode code, String reason) {
        Optional<FrameHandler> admitted = service();
        if (admitted.isPresent()) {
            over = true;
            admitted.get().line().close(code, reason);
        } else {
            refuse(code, reason);
        }
    }

    private void refuse(CloseCode code, String reason) {
        over = true;
        context.inbound.refusal();
        context.spoke(this);
        LOG.log(System.Logger.Level.DEBUG, "refused a socket: {0}, {1}", code, reason);
        context.lines.aside(() -> socket.close(code, reason));
    }

    /** Our own fault. The client comes back and finds its line. */
    public void failed() {
        end(CloseCode.INTERNAL, "internal error");
    }

    void shutDown() {
        refuse(CloseCode.SHUTTING_DOWN, "the server is shutting down");
    }

    /** A WebSocket pong, which any client's network sends by itself, in turn with what it reads. */
    public void pong() {
        service().ifPresent(served -> served.lineConnection().ponged());
    }

    /** The container says that the socket is closed, by whomever. */
    public void closed(int code) {
        over = true;
        context.spoke(this);
        boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
        service().ifPresent(served -> served.line().closed(served.lineConnection(), forGood));
    }
}
