package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicRegistry;
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
final class HelloHandler {

    private static final System.Logger LOG = System.getLogger(HelloHandler.class.getName());
    private static final int PROTOCOL_VERSION = 1;

    private final ServerContext context;
    private final HandshakeInfo handshake;
    /** Where a plain client begins to hear what everyone hears: not where it first speaks. */
    private final Optional<Position> broadcastPosition;

    /**
     * A client that is let in.
     *
     * @param line        what its socket is to carry
     * @param attachment     what it brings along
     * @param expires     when its token must be renewed
     * @param allTabsOpen whether each tab that it named is now on the line
     * @param binary      whether it reads binary messages too
     */
    record Admission(Line line, Line.Attachment attachment, Optional<Instant> expires, boolean allTabsOpen, boolean binary) {
    }

    HelloHandler(ServerContext context, HandshakeInfo handshake) {
        this.context = context;
        this.handshake = handshake;
        this.broadcastPosition = context.topics.get(TopicRegistry.EVERYONE).map(Topic::end);
    }

    /** Lets in a client that knows lines: on the line it wants back, or on a new one. */
    Admission admit(Frame.Hello hello) throws ConnectionRejectedException {
        if (hello.version() != PROTOCOL_VERSION) {
            throw new ConnectionRejectedException(CloseCode.VERSION, "this server speaks version " + PROTOCOL_VERSION);
        }
        Optional<Identity> identity = hello.token().flatMap(this::verify);
        if (hello.token().isPresent() && context.verifier().isPresent() && identity.isEmpty()) {
            throw new ConnectionRejectedException(CloseCode.NOT_AUTHENTICATED, "the token is not good");
        }
        Optional<String> user = identity.map(Identity::user).or(handshake::user);
        if (user.isEmpty() && context.limits.userRequired()) {
            throw new ConnectionRejectedException(CloseCode.NOT_AUTHENTICATED, "this needs a user");
        }
        Optional<Line> resumed = hello.resume().flatMap(resume -> context.lines.resume(resume, user));
        Line line = resumed.isPresent() ? resumed.get() : open(false, user);
        boolean allTabsOpen = openTabs(line, hello);
        long inbox = resumed.flatMap(known -> hello.resume()).map(Frame.Resume::inbox).orElse(0L);
        return new Admission(line, attachment(line, hello, resumed.isPresent(), inbox), identity.flatMap(Identity::expires), allTabsOpen, hello.binary());
    }

    private Line open(boolean plain, Optional<String> user) throws ConnectionRejectedException {
        LineRegistry.Opening opening = context.lines.open(plain, user, handshake.address());
        return opening.line().orElseThrow(() -> new ConnectionRejectedException(opening.rejection(),
            opening.rejection() == CloseCode.OVERLOADED ? "there are too many lines on this server" : "you have too many lines"));
    }

    private boolean openTabs(Line line, Frame.Hello hello) {
        context.lines.retainTabs(line, hello.tabs());
        boolean all = true;
        for (String tab : hello.tabs()) {
            LineRegistry.TabOpening opening = context.lines.takeOverTab(line, tab);
            all &= opening == LineRegistry.TabOpening.OPENED || opening == LineRegistry.TabOpening.KNOWN;
        }
        return all;
    }

    private Line.Attachment attachment(Line line, Frame.Hello hello, boolean resumed, long inbox) {
        Map<String, Optional<Position>> topics = new LinkedHashMap<>();
        Map<String, NotJoined> rejected = new LinkedHashMap<>();
        int open = 0;
        for (Map.Entry<String, Optional<Position>> wanted : hello.topics().entrySet()) {
            String topic = wanted.getKey();
            if (isImplicitTopic(line, topic)) {
                topics.put(topic, resolvePosition(topic, wanted.getValue()));
            } else if (!Names.isOpen(topic) || !isAllowed(policy -> policy.mayJoin(new Caller(line.id(), Optional.empty(), line.user()), topic))) {
                rejected.put(topic, NotJoined.forbidden());
            } else if (++open > context.limits.topics()) {
                rejected.put(topic, NotJoined.tooMany(context.limits.topics()));
            } else {
                topics.put(topic, resolvePosition(topic, wanted.getValue()));
            }
        }
        return new Line.Attachment(resumed, inbox, topics, rejected, context.limits.toJson());
    }

    /** Whether the line is in this topic by itself. Such a one is named in a {@code $hello} for its position alone, and does not count. */
    private static boolean isImplicitTopic(Line line, String topic) {
        return topic.equals(TopicRegistry.EVERYONE) || line.user().map(TopicRegistry::ofUser).filter(topic::equals).isPresent();
    }

    /** "From now on" is where the topic ends as the frame is read: what the same client publishes next, it must hear. */
    Optional<Position> resolvePosition(String topic, Optional<Position> wanted) {
        return wanted.or(() -> context.topics.get(topic).map(Topic::end));
    }

    /** Lets in a client that is served in the post's shapes. */
    Admission admitPlain() throws ConnectionRejectedException {
        if (!mayBePlain()) {
            throw new ConnectionRejectedException(context.limits.plainClients() ? CloseCode.NOT_AUTHENTICATED : CloseCode.NO_HELLO, "the first frame must be $hello");
        }
        Line.Attachment attachment = new Line.Attachment(false, 0, Map.of(TopicRegistry.EVERYONE, broadcastPosition), Map.of(), "");
        return new Admission(open(true, handshake.user()), attachment, Optional.empty(), true, false);
    }

    /** A client that can only bring its user along in a {@code $hello} has to say one. */
    boolean mayBePlain() {
        return context.limits.plainClients() && (handshake.user().isPresent() || !context.limits.userRequired());
    }

    Optional<Identity> verify(String token) {
        try {
            return context.verifier().flatMap(verifier -> verifier.verify(token));
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the token verifier failed, and the token is taken for no good", e);
            return Optional.empty();
        }
    }

    boolean isAllowed(Predicate<AccessPolicy> question) {
        try {
            return question.test(context.policy());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the access policy failed, and the answer is no", e);
            return false;
        }
    }
}
