package dev.partyline.endpoint;

import dev.partyline.line.Carrier;
import dev.partyline.line.Line;
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
final class Conversation implements FrameReader.Listener {

    private static final System.Logger LOG = System.getLogger(Conversation.class.getName());
    private static final int FAULTS = 3;
    private static final int OWN_BURSTS = 4;

    private final Exchange exchange;
    private final Socket socket;
    private final Visitor visitor;
    private final Reception reception;
    private final long openedAt;
    /** For messages and publishes, as the welcome tells it; the worker paces its tabs by it. */
    private final RateLimit rate;
    /** For the line's own frames, of which a worker with many tabs and topics has many to send at once. */
    private final RateLimit ownRate;
    private final StringBuilder parts = new StringBuilder();
    private int binaryBytes;
    private int faults;

    /** Whether the client has said anything but {@code $hello}. */
    private boolean spoken;
    /** Whether it has said {@code $hello}, so that nobody else decides any more. Guarded by this. */
    private boolean greeted;

    /** Null until the client is let in. */
    private volatile Service service;
    private volatile boolean over;

    Conversation(Exchange exchange, Socket socket, Visitor visitor) {
        this.exchange = exchange;
        this.socket = socket;
        this.visitor = visitor;
        this.openedAt = exchange.nanoTime.getAsLong();
        this.reception = new Reception(exchange, visitor);
        this.rate = new RateLimit(exchange.bounds.rate(), exchange.bounds.burst(), openedAt);
        this.ownRate = new RateLimit(exchange.bounds.rate(), OWN_BURSTS * exchange.bounds.burst(), openedAt);
    }

    void opened() {
        exchange.silent(this);
        visitor.refusal().ifPresent(code -> refuse(code, "this page's origin may not connect"));
    }

    /** A part of a text message. Counted here, since what containers do with large messages differs from one to the next. */
    void text(String part, boolean last) {
        if (over) {
            return;
        }
        if (parts.length() + part.length() > exchange.bounds.messageChars()) {
            end(CloseCode.TOO_BIG, "a message has more than " + exchange.bounds.messageChars() + " characters");
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
        exchange.intake.message(message.length());
        Optional<Service> known = service();
        known.ifPresent(serving -> serving.carrier().heard());
        if (known.filter(serving -> !serving.line().isPlain()).isPresent() || !spoken && beginsWithHello(message)) {
            exchange.reader.read(message, this);
        } else {
            exchange.reader.readOne(message, this);
        }
    }

    private static boolean beginsWithHello(String message) {
        int hello = message.indexOf("\"$hello\"");
        int end = message.indexOf('\n');
        return hello >= 0 && (end < 0 || hello < end);
    }

    /** What serves this client, once it is let in. */
    private Optional<Service> service() {
        return Optional.ofNullable(service);
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
        if (service.line().isPlain() && !(frame instanceof Frame.Message)) {
            bad(Optional.empty(), OptionalLong.empty(), "frames of the line itself come after $hello");
        } else if (frame instanceof Frame.Ack || frame instanceof Frame.Pong || isWithinRate(frame)) {
            over |= frame instanceof Frame.Bye;
            service.serve(frame);
        }
    }

    private boolean isWithinRate(Frame frame) {
        RateLimit limit = frame instanceof Frame.Message || frame instanceof Frame.Publish ? rate : ownRate;
        return switch (limit.take(exchange.nanoTime.getAsLong())) {
            case ALLOWED -> true;
            case REFUSED -> {
                exchange.intake.overRate();
                Optional<String> from = frame instanceof Frame.Message message ? Optional.of(message.from())
                    : frame instanceof Frame.Publish publish ? Optional.of(publish.from())
                    : Optional.empty();
                service.tellError(from, idOf(frame), ErrorCode.RATE_LIMITED, "more than " + exchange.bounds.rate() + " messages a second");
                yield false;
            }
            case FLOOD -> {
                end(CloseCode.RATE, "far more than " + exchange.bounds.rate() + " messages a second");
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
        Optional<Service> before;
        synchronized (this) {
            greeted = true;
            before = service();
        }
        if (before.isPresent() && (spoken || !before.get().line().isPlain())) {
            bad(Optional.empty(), OptionalLong.empty(), "$hello comes first and once");
            return;
        }
        try {
            Reception.Admission admission = reception.admit(hello);
            carry(admission, before);
            admission.expires().ifPresent(service::tokenExpires);
            if (!admission.allTabsOpen()) {
                service.tellError(Optional.empty(), OptionalLong.empty(), ErrorCode.TOO_MANY, "not all tabs could be opened: a line may have "
                    + exchange.bounds.tabs() + ", and none that is another line's");
            }
        } catch (Refusal e) {
            end(e.code(), e.getMessage());
        }
    }

    /** @param before what served this client while it was taken for a plain one, since its {@code $hello} came late */
    private void carry(Reception.Admission admission, Optional<Service> before) {
        Line line = admission.line();
        Carrier carrier = line.carrier(socket, admission.binary());
        service = new Service(exchange, reception, line, carrier);
        exchange.spoke(this);
        Runnable attach = () -> line.attach(carrier, admission.arrival());
        before.ifPresentOrElse(old -> old.line().handOver(old.carrier(), attach), attach);
    }

    /** Serves this client in the post's shapes; false if it is not served at all. */
    private synchronized boolean becomePlain() {
        if (over || greeted || service != null) {
            return !over && service != null;
        }
        try {
            carry(reception.admitPlain(), Optional.empty());
            return true;
        } catch (Refusal e) {
            refuse(e.code(), e.getMessage());
            return false;
        }
    }

    /** Called now and then for as long as no frame has come. */
    void stillSilent(long now) {
        long silence = now - openedAt;
        if (reception.mayBePlain() && silence > exchange.bounds.plainAfter().toNanos()) {
            becomePlain();
        } else if (silence > exchange.bounds.helloWithin().toNanos()) {
            refuse(CloseCode.NO_HELLO, "no $hello came in time");
        }
    }

    /** A part of a binary message, of which only the length is of interest: all of it is one fault. */
    void binary(int bytes, boolean last) {
        if (over) {
            return;
        }
        binaryBytes += bytes;
        if (binaryBytes > exchange.bounds.messageChars()) {
            end(CloseCode.TOO_BIG, "a message has more than " + exchange.bounds.messageChars() + " bytes");
        } else if (last) {
            exchange.intake.message(binaryBytes);
            binaryBytes = 0;
            if (isServed()) {
                service.carrier().heard();
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
        exchange.intake.fault();
        if (++faults >= FAULTS) {
            end(CloseCode.BAD_FRAME, text);
        } else {
            service.tellError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    /** Ends what has a line, or refuses what has none. */
    private void end(CloseCode code, String reason) {
        Optional<Service> known = service();
        if (known.isPresent()) {
            over = true;
            known.get().line().close(code, reason);
        } else {
            refuse(code, reason);
        }
    }

    private void refuse(CloseCode code, String reason) {
        over = true;
        exchange.intake.refusal();
        exchange.spoke(this);
        LOG.log(System.Logger.Level.DEBUG, "refused a socket: {0}, {1}", code, reason);
        exchange.lines.aside(() -> socket.close(code, reason));
    }

    /** Our own fault. The client comes back and finds its line. */
    void failed() {
        end(CloseCode.INTERNAL, "internal error");
    }

    void shutDown() {
        refuse(CloseCode.SHUTTING_DOWN, "the server is shutting down");
    }

    /** A WebSocket pong, which any client's network sends by itself, in turn with what it reads. */
    void pong() {
        service().ifPresent(serving -> serving.carrier().ponged());
    }

    /** The container says that the socket is closed, by whomever. */
    void closed(int code) {
        over = true;
        exchange.spoke(this);
        boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
        service().ifPresent(serving -> serving.line().closed(serving.carrier(), forGood));
    }
}
