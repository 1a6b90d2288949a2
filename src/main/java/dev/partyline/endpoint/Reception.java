package dev.partyline.endpoint;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.Line;
import dev.partyline.line.Lines;
import dev.partyline.topic.Topic;
import dev.partyline.topic.Topics;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Lets one client in, or not: finds out who it is, and which line its socket is to carry. Also asks the application's policy and verifier, whose failures mean no.
 */
final class Reception {

    private static final System.Logger LOG = System.getLogger(Reception.class.getName());
    private static final int VERSION = 1;

    private final Exchange exchange;
    private final Visitor visitor;
    /** Where a plain client begins to hear what everyone hears: not where it first speaks. */
    private final Optional<Position> everyoneAt;

    /**
     * A client that is let in.
     *
     * @param line        what its socket is to carry
     * @param arrival     what it brings along
     * @param expires     when its token must be renewed
     * @param allTabsOpen whether each tab that it named is now on the line
     * @param binary      whether it reads binary messages too
     */
    record Admission(Line line, Line.Arrival arrival, Optional<Instant> expires, boolean allTabsOpen, boolean binary) {
    }

    Reception(Exchange exchange, Visitor visitor) {
        this.exchange = exchange;
        this.visitor = visitor;
        this.everyoneAt = exchange.topics.get(Topics.EVERYONE).map(Topic::here);
    }

    /** Lets in a client that knows lines: on the line it wants back, or on a new one. */
    Admission admit(Frame.Hello hello) throws Refusal {
        if (hello.version() != VERSION) {
            throw new Refusal(CloseCode.VERSION, "this server speaks version " + VERSION);
        }
        Optional<Identity> identity = hello.token().flatMap(this::verify);
        if (hello.token().isPresent() && exchange.verifier().isPresent() && identity.isEmpty()) {
            throw new Refusal(CloseCode.NOT_AUTHENTICATED, "the token is not good");
        }
        Optional<String> user = identity.map(Identity::user).or(visitor::user);
        if (user.isEmpty() && exchange.bounds.userRequired()) {
            throw new Refusal(CloseCode.NOT_AUTHENTICATED, "this needs a user");
        }
        Optional<Line> resumed = hello.resume().flatMap(resume -> exchange.lines.resume(resume, user));
        Line line = resumed.isPresent() ? resumed.get() : open(false, user);
        boolean allTabsOpen = openTabs(line, hello);
        long inbox = resumed.flatMap(known -> hello.resume()).map(Frame.Resume::inbox).orElse(0L);
        return new Admission(line, arrival(line, hello, resumed.isPresent(), inbox), identity.flatMap(Identity::expires), allTabsOpen, hello.binary());
    }

    private Line open(boolean plain, Optional<String> user) throws Refusal {
        Lines.Opening opening = exchange.lines.open(plain, user, visitor.address());
        return opening.line().orElseThrow(() -> new Refusal(opening.refusal(),
            opening.refusal() == CloseCode.OVERLOADED ? "there are too many lines on this server" : "you have too many lines"));
    }

    private boolean openTabs(Line line, Frame.Hello hello) {
        exchange.lines.keepTabs(line, hello.tabs());
        boolean all = true;
        for (String tab : hello.tabs()) {
            Lines.Announced announced = exchange.lines.claimTab(line, tab);
            all &= announced == Lines.Announced.OPENED || announced == Lines.Announced.KNOWN;
        }
        return all;
    }

    private Line.Arrival arrival(Line line, Frame.Hello hello, boolean resumed, long inbox) {
        Map<String, Optional<Position>> topics = new LinkedHashMap<>();
        Map<String, NotJoined> refused = new LinkedHashMap<>();
        int open = 0;
        for (Map.Entry<String, Optional<Position>> wanted : hello.topics().entrySet()) {
            String topic = wanted.getKey();
            if (isOwn(line, topic)) {
                topics.put(topic, startOf(topic, wanted.getValue()));
            } else if (!Names.isOpen(topic) || !isAllowed(policy -> policy.mayJoin(new Caller(line.id(), Optional.empty(), line.user()), topic))) {
                refused.put(topic, NotJoined.forbidden());
            } else if (++open > exchange.bounds.topics()) {
                refused.put(topic, NotJoined.tooMany(exchange.bounds.topics()));
            } else {
                topics.put(topic, startOf(topic, wanted.getValue()));
            }
        }
        return new Line.Arrival(resumed, inbox, topics, refused, exchange.bounds.told());
    }

    /** Whether the line is in this topic by itself. Such a one is named in a {@code $hello} for its position alone, and does not count. */
    private static boolean isOwn(Line line, String topic) {
        return topic.equals(Topics.EVERYONE) || line.user().map(Topics::ofUser).filter(topic::equals).isPresent();
    }

    /** "From now on" is where the topic ends as the frame is read: what the same client publishes next, it must hear. */
    Optional<Position> startOf(String topic, Optional<Position> wanted) {
        return wanted.or(() -> exchange.topics.get(topic).map(Topic::here));
    }

    /** Lets in a client that is served in the post's shapes. */
    Admission admitPlain() throws Refusal {
        if (!mayBePlain()) {
            throw new Refusal(exchange.bounds.plainClients() ? CloseCode.NOT_AUTHENTICATED : CloseCode.NO_HELLO, "the first frame must be $hello");
        }
        Line.Arrival arrival = new Line.Arrival(false, 0, Map.of(Topics.EVERYONE, everyoneAt), Map.of(), "");
        return new Admission(open(true, visitor.user()), arrival, Optional.empty(), true, false);
    }

    /** A client that can only bring its user along in a {@code $hello} has to say one. */
    boolean mayBePlain() {
        return exchange.bounds.plainClients() && (visitor.user().isPresent() || !exchange.bounds.userRequired());
    }

    Optional<Identity> verify(String token) {
        try {
            return exchange.verifier().flatMap(verifier -> verifier.verify(token));
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the token verifier failed, and the token is taken for no good", e);
            return Optional.empty();
        }
    }

    boolean isAllowed(Predicate<AccessPolicy> question) {
        try {
            return question.test(exchange.policy());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the access policy failed, and the answer is no", e);
            return false;
        }
    }
}
