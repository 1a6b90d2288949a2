package dev.partyline.endpoint;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.Carrier;
import dev.partyline.line.Line;
import dev.partyline.line.Lines;
import dev.partyline.line.Socket;
import dev.partyline.topic.Topic;
import dev.partyline.topic.Topics;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameReader;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * What is said on one socket, from its first frame to its last. It finds out which line the socket carries, and brings each frame where it belongs.
 *
 * <p>A container calls for one message at a time. The one thing that others do is to decide that a silent client is a plain one; that and a first frame exclude each other.
 */
final class Conversation implements FrameReader.Listener {

    private static final System.Logger LOG = System.getLogger(Conversation.class.getName());
    private static final int VERSION = 1;
    private static final int FAULTS = 3;
    private static final int OWN_BURSTS = 4;

    private final Exchange exchange;
    private final Socket socket;
    private final Visitor visitor;
    private final long openedAt;
    /** Where a plain client begins to hear what everyone hears: not where it first speaks. */
    private final Optional<Position> everyoneAt;
    /** For messages and publishes, as the welcome tells it; the worker paces its tabs by it. */
    private final RateLimit rate;
    /** For the line's own frames, of which a worker with many tabs and topics has many to send at once. */
    private final RateLimit ownRate;
    private final StringBuilder parts = new StringBuilder();
    private int faults;

    /** Guarded by this, as long as the line is not known. */
    private Line line;
    private Carrier carrier;
    private volatile boolean over;

    Conversation(Exchange exchange, Socket socket, Visitor visitor) {
        this.exchange = exchange;
        this.socket = socket;
        this.visitor = visitor;
        this.openedAt = exchange.nanoTime.getAsLong();
        this.everyoneAt = exchange.topics.get(Topics.EVERYONE).map(Topic::here);
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
        Optional<Line> known = line();
        carrier().ifPresent(Carrier::heard);
        boolean plain = known.map(Line::isPlain).orElseGet(() -> !beginsWithHello(message));
        if (plain) {
            exchange.reader.readOne(message, this);
        } else {
            exchange.reader.read(message, this);
        }
    }

    private static boolean beginsWithHello(String message) {
        int hello = message.indexOf("\"$hello\"");
        int end = message.indexOf('\n');
        return hello >= 0 && (end < 0 || hello < end);
    }

    private synchronized Optional<Line> line() {
        return Optional.ofNullable(line);
    }

    private synchronized Optional<Carrier> carrier() {
        return Optional.ofNullable(carrier);
    }

    @Override
    public void frame(Frame frame) {
        if (over) {
            return;
        }
        if (line().isEmpty()) {
            if (frame instanceof Frame.Hello hello) {
                hello(hello);
                return;
            }
            if (!becomePlain()) {
                return;
            }
        }
        if (line.isPlain() && !(frame instanceof Frame.Message)) {
            bad(Optional.empty(), OptionalLong.empty(), "frames of the line itself come after $hello");
        } else if (!(frame instanceof Frame.Ack || frame instanceof Frame.Pong) && !isWithinRate(frame)) {
            return;
        } else {
            route(frame);
        }
    }

    /** The one place that knows every kind of frame. */
    private void route(Frame frame) {
        if (frame instanceof Frame.Message message) {
            message(message);
        } else if (frame instanceof Frame.Ack ack) {
            line.heardInbox(ack.inbox());
            carrier.acked(ack.chars());
        } else if (frame instanceof Frame.Publish publish) {
            publish(publish);
        } else if (frame instanceof Frame.Join join) {
            join(join);
        } else if (frame instanceof Frame.Leave leave) {
            if (isNew(leave.from(), leave.id())) {
                line.leave(leave.topic(), leave.from(), leave.id());
            }
        } else if (frame instanceof Frame.Tab tab) {
            tab(tab);
        } else if (frame instanceof Frame.Ping) {
            line.pong();
        } else if (frame instanceof Frame.Token token) {
            token(token.token());
        } else if (frame instanceof Frame.Bye) {
            over = true;
            line.bye();
        } else if (frame instanceof Frame.Hello) {
            bad(Optional.empty(), OptionalLong.empty(), "$hello comes first and once");
        }
        // A Pong has done its work by being heard.
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
                tellError(from, idOf(frame), ErrorCode.RATE_LIMITED, "more than " + exchange.bounds.rate() + " messages a second");
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
        if (hello.version() != VERSION) {
            refuse(CloseCode.VERSION, "this server speaks version " + VERSION);
            return;
        }
        Optional<Identity> identity = hello.token().flatMap(this::verify);
        if (hello.token().isPresent() && exchange.verifier().isPresent() && identity.isEmpty()) {
            refuse(CloseCode.NOT_AUTHENTICATED, "the token is not good");
            return;
        }
        Optional<String> user = identity.map(Identity::user).or(visitor::user);
        if (user.isEmpty() && exchange.bounds.userRequired()) {
            refuse(CloseCode.NOT_AUTHENTICATED, "this needs a user");
            return;
        }
        Optional<Line> resumed = hello.resume().flatMap(resume -> exchange.lines.resume(resume, user));
        Optional<Line> mine = resumed.isPresent() ? resumed : openLine(false, user);
        if (mine.isPresent()) {
            take(mine.get(), hello, resumed.isPresent());
            identity.flatMap(Identity::expires).ifPresent(this::tokenExpires);
        }
    }

    private Optional<Line> openLine(boolean plain, Optional<String> user) {
        Lines.Opening opening = exchange.lines.open(plain, user, visitor.address());
        if (opening.line().isEmpty()) {
            refuse(opening.refusal(), opening.refusal() == CloseCode.OVERLOADED ? "there are too many lines on this server" : "you have too many lines");
        }
        return opening.line();
    }

    private void take(Line mine, Frame.Hello hello, boolean resumed) {
        exchange.lines.keepTabs(mine, hello.tabs());
        boolean allOpen = true;
        for (String tab : hello.tabs()) {
            Lines.Announced announced = exchange.lines.openTab(mine, tab);
            allOpen &= announced == Lines.Announced.OPENED || announced == Lines.Announced.KNOWN;
        }
        Map<String, Optional<Position>> topics = new LinkedHashMap<>();
        Map<String, ErrorCode> refused = new LinkedHashMap<>();
        hello.topics().forEach((topic, at) -> {
            Optional<ErrorCode> refusal = refusal(mine, topic);
            if (refusal.isEmpty() && topics.size() >= exchange.bounds.topics()) {
                refusal = Optional.of(ErrorCode.TOO_MANY);
            }
            refusal.ifPresentOrElse(code -> refused.put(topic, code), () -> topics.put(topic, startOf(topic, at)));
        });
        long inbox = hello.resume().filter(resume -> resumed).map(Frame.Resume::inbox).orElse(0L);
        carry(mine, new Line.Arrival(resumed, inbox, topics, refused, exchange.bounds.json()));
        if (!allOpen) {
            tellError(Optional.empty(), OptionalLong.empty(), ErrorCode.TOO_MANY, "not all tabs could be opened: a line may have "
                + exchange.bounds.tabs() + ", and none that is another line's");
        }
    }

    /** Why a topic named in {@code $hello} is not joined. The line's own topics are named there as they were told. */
    private Optional<ErrorCode> refusal(Line mine, String topic) {
        if (topic.equals(Topics.EVERYONE) || mine.user().map(Topics::ofUser).filter(topic::equals).isPresent()) {
            return Optional.empty();
        }
        return Names.isOpen(topic) && isAllowed(policy -> policy.mayJoin(caller(mine, Optional.empty()), topic))
            ? Optional.empty() : Optional.of(ErrorCode.FORBIDDEN);
    }

    private void carry(Line mine, Line.Arrival arrival) {
        synchronized (this) {
            line = mine;
            carrier = mine.carrier(socket);
        }
        exchange.spoke(this);
        mine.attach(carrier, arrival);
    }

    /** Serves this client in the post's shapes; false if it is not served at all. */
    private boolean becomePlain() {
        synchronized (this) {
            if (line != null) {
                return line.isPlain();
            }
            if (over) {
                return false;
            }
            if (!mayBePlain()) {
                refuse(exchange.bounds.plainClients() ? CloseCode.NOT_AUTHENTICATED : CloseCode.NO_HELLO, "the first frame must be $hello");
                return false;
            }
            Optional<Line> mine = openLine(true, visitor.user());
            mine.ifPresent(opened -> carry(opened, new Line.Arrival(false, 0, Map.of(Topics.EVERYONE, everyoneAt), Map.of(), "")));
            return mine.isPresent();
        }
    }

    /** A client that can only bring its user along in a {@code $hello} has to say one. */
    private boolean mayBePlain() {
        return exchange.bounds.plainClients() && (visitor.user().isPresent() || !exchange.bounds.userRequired());
    }

    /** Called now and then for as long as no frame has come. */
    void stillSilent(long now) {
        long silence = now - openedAt;
        if (mayBePlain() && silence > exchange.bounds.plainAfter().toNanos()) {
            becomePlain();
        } else if (silence > exchange.bounds.helloWithin().toNanos()) {
            refuse(CloseCode.NO_HELLO, "no $hello came in time");
        }
    }

    private void message(Frame.Message message) {
        Optional<String> from = Optional.of(message.from());
        Lines.Announced announced = exchange.lines.openTab(line, message.from());
        // Plain pages choose their own tab ids, the post's example always the same one. Their answers stay on their own socket.
        boolean strict = !line.isPlain() && message.envelope().isEmpty();
        if (strict && announced == Lines.Announced.TAKEN) {
            tellError(from, message.id(), ErrorCode.FORBIDDEN, "this tab is on another line");
        } else if (strict && announced == Lines.Announced.TOO_MANY) {
            tellError(from, message.id(), ErrorCode.TOO_MANY, "a line may have " + exchange.bounds.tabs() + " tabs");
        } else if (isNew(from, message.id())) {
            boolean allowed = message.type().isEmpty() || isAllowed(policy -> policy.maySend(caller(line, from), message.type().get()));
            if (allowed) {
                exchange.dispatcher.dispatch(line, message);
            } else {
                exchange.dispatcher.refuse(line, message, ErrorCode.FORBIDDEN, "you may not send this type");
            }
        }
    }

    /** False for a request that was taken before, which is answered as it was then. */
    private boolean isNew(Optional<String> from, OptionalLong id) {
        if (id.isEmpty() || line.isPlain() || line.take(id.getAsLong())) {
            return true;
        }
        if (!exchange.dispatcher.isRunning(line, id.getAsLong()) && !line.repeatReply(from, id.getAsLong())) {
            tellError(from, id, ErrorCode.DUPLICATE, "this id was answered, and its reply acknowledged");
        }
        return false;
    }

    private void join(Frame.Join join) {
        if (!isNew(join.from(), join.id())) {
            return;
        }
        if (isAllowed(policy -> policy.mayJoin(caller(line, join.from()), join.topic()))) {
            line.join(join.topic(), startOf(join.topic(), join.at()), join.from(), join.id());
        } else {
            tellError(join.from(), join.id(), ErrorCode.FORBIDDEN, "you may not join this topic");
        }
    }

    /** "From now on" is where the topic ends as the frame is read: what the same client publishes next, it must hear. */
    private Optional<Position> startOf(String topic, Optional<Position> wanted) {
        return wanted.or(() -> exchange.topics.get(topic).map(Topic::here));
    }

    private void publish(Frame.Publish publish) {
        Optional<String> from = Optional.of(publish.from());
        if (exchange.lines.openTab(line, publish.from()) == Lines.Announced.TAKEN) {
            tellError(from, publish.id(), ErrorCode.FORBIDDEN, "this tab is on another line");
            return;
        }
        if (!isNew(from, publish.id())) {
            return;
        }
        if (!isAllowed(policy -> policy.mayPublish(caller(line, from), publish.topic()))) {
            tellError(from, publish.id(), ErrorCode.FORBIDDEN, "you may not publish to this topic");
            return;
        }
        Optional<Topic> topic = exchange.topics.get(publish.topic());
        if (topic.isEmpty()) {
            tellError(from, publish.id(), ErrorCode.OVERLOADED, "there are too many topics on this server");
            return;
        }
        String members = FrameWriter.members(Optional.empty(), from, publish.value());
        long now = exchange.nanoTime.getAsLong();
        Position at = publish.key().isPresent() ? topic.get().publishOnce(publish.key().get(), members, now) : topic.get().publish(members, now);
        if (publish.id().isPresent()) {
            line.tell(FrameWriter.reply(from, publish.id().getAsLong(), Optional.of("{\"at\":" + FrameWriter.position(at) + "}")));
        }
    }

    private void tab(Frame.Tab tab) {
        Optional<String> from = Optional.of(tab.from());
        switch (tab.state()) {
            case OPEN -> {
                Lines.Announced announced = exchange.lines.openTab(line, tab.from());
                if (announced == Lines.Announced.TAKEN) {
                    tellError(from, OptionalLong.empty(), ErrorCode.FORBIDDEN, "this tab is on another line");
                } else if (announced == Lines.Announced.TOO_MANY) {
                    tellError(from, OptionalLong.empty(), ErrorCode.TOO_MANY, "a line may have " + exchange.bounds.tabs() + " tabs");
                }
            }
            case GONE -> exchange.lines.closeTab(line, tab.from());
            case HIDDEN -> tellListeners(from, LineListener::tabHidden);
            case VISIBLE -> tellListeners(from, LineListener::tabVisible);
        }
    }

    private void tellListeners(Optional<String> tab, BiConsumer<LineListener, Caller> news) {
        if (line.tabs().contains(tab.orElseThrow())) {
            Caller caller = caller(line, tab);
            exchange.dispatcher.tell(line, listener -> news.accept(listener, caller));
        }
    }

    private void token(String token) {
        Optional<Identity> identity = verify(token);
        if (identity.isEmpty()) {
            end(CloseCode.NOT_AUTHENTICATED, "the token is not good");
        } else if (!line.user().equals(identity.map(Identity::user))) {
            end(CloseCode.FORBIDDEN, "the token is another user's");
        } else {
            identity.get().expires().ifPresentOrElse(this::tokenExpires, () -> line.tokenVerified(Long.MAX_VALUE));
        }
    }

    private Optional<Identity> verify(String token) {
        try {
            return exchange.verifier().flatMap(verifier -> verifier.verify(token));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the token verifier failed, and the token is taken for no good", e);
            return Optional.empty();
        }
    }

    private void tokenExpires(Instant at) {
        line.tokenVerified(exchange.nanoTime.getAsLong() + Duration.between(Instant.now(), at).toNanos());
    }

    private boolean isAllowed(Predicate<AccessPolicy> question) {
        try {
            return question.test(exchange.policy());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the access policy failed, and the answer is no", e);
            return false;
        }
    }

    private static Caller caller(Line line, Optional<String> tab) {
        return new Caller(line.id(), tab, line.user());
    }

    @Override
    public void bad(BadFrameException fault) {
        if (!over && (line().isPresent() || becomePlain())) {
            bad(fault.from(), fault.id(), fault.getMessage());
        }
    }

    private void bad(Optional<String> from, OptionalLong id, String text) {
        exchange.intake.fault();
        if (++faults >= FAULTS) {
            end(CloseCode.BAD_FRAME, text);
        } else {
            tellError(from, id, ErrorCode.BAD_FRAME, text);
        }
    }

    private void tellError(Optional<String> from, OptionalLong id, ErrorCode code, String text) {
        line.tell(FrameWriter.error(from, id, code, text));
    }

    /** Ends what has a line, or refuses what has none. */
    private void end(CloseCode code, String reason) {
        Optional<Line> known = line();
        if (known.isPresent()) {
            over = true;
            known.get().close(code, reason);
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
        carrier().ifPresent(Carrier::ponged);
    }

    /** The container says that the socket is closed, by whomever. */
    void closed(int code) {
        over = true;
        exchange.spoke(this);
        Optional<Carrier> mine = carrier();
        if (mine.isPresent()) {
            boolean forGood = code == CloseCode.NORMAL.number() || code >= CloseCode.BAD_FRAME.number();
            line.closed(mine.get(), forGood);
        }
    }
}
