package dev.partyline.connection;

import dev.partyline.handler.Caller;
import dev.partyline.handler.Callers;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.Closing;
import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import dev.partyline.stats.Limit;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Admits a client by its {@code $hello}: authenticates it, and resumes its line or opens a new one.
 *
 * <p>It may block for as long as the application's verifier and policy do, so it is called by a thread for that, unless neither is asked.
 */
final class HelloHandler {

    private static final int PROTOCOL_VERSION = 1;

    private final ServerContext context;
    private final HandshakeInfo handshake;

    HelloHandler(ServerContext context, HandshakeInfo handshake) {
        this.context = context;
        this.handshake = handshake;
    }

    /** The line of the result is reserved for this client: a socket must be attached to it. */
    Admission admit(Frame.Hello hello) throws ConnectionRejectedException {
        if (hello.version() != PROTOCOL_VERSION) {
            throw new ConnectionRejectedException(CloseCode.VERSION, "this server speaks version " + PROTOCOL_VERSION);
        }
        Optional<Closing> closing = hello.resume().flatMap(context.lines::takeClosing);
        if (closing.isPresent()) {
            throw new ConnectionRejectedException(closing.get().code(), closing.get().reason());
        }
        Optional<Identity> identity = hello.token().flatMap(context.authorizer::verify);
        if (hello.token().isPresent() && context.authorizer.verifiesTokens() && identity.isEmpty()) {
            throw new ConnectionRejectedException(CloseCode.NOT_AUTHENTICATED, "invalid token");
        }
        CallerFacts facts = identity.map(known -> handshake.facts().withToken(known.user(), known.roles())).orElse(handshake.facts());
        Optional<String> user = facts.user();
        if (user.isEmpty() && hello.resume().filter(context.lines::endLogin).isPresent()) {
            // A token that is no longer valid is rejected above: the client may get another one and resume the line.
            throw new ConnectionRejectedException(CloseCode.LOGIN_ENDED, "the login has ended");
        }
        if (user.isEmpty() && context.limits.admission().userRequired()) {
            throw new ConnectionRejectedException(CloseCode.NOT_AUTHENTICATED, "authentication required");
        }
        Optional<Line> resumed = hello.resume().flatMap(resume -> context.lines.resume(resume, facts));
        Line line = resumed.isPresent() ? resumed.get() : context.openLine(false, facts, handshake.address());
        // Before the connection is attached, or the event loop might close it because of the token before. Also if this one has none.
        line.setTokenExpiry(context.expiryOf(identity));
        boolean allTabsOpen = openTabs(line, hello);
        long inbox = resumed.flatMap(known -> hello.resume()).map(Frame.Resume::inbox).orElse(0L);
        int policyVersion = line.policyVersion();
        return new Admission(line, attachment(line, hello, resumed.isPresent(), inbox), allTabsOpen, hello.binary(), policyVersion);
    }

    private boolean openTabs(Line line, Frame.Hello hello) {
        context.lines.retainTabs(line, hello.tabs());
        boolean all = true;
        for (String tab : hello.tabs()) {
            LineRegistry.TabOpening opening = context.lines.openTab(line, tab, hello.proven().contains(tab));
            all &= opening == LineRegistry.TabOpening.OPENED || opening == LineRegistry.TabOpening.KNOWN;
        }
        return all;
    }

    private Line.Attachment attachment(Line line, Frame.Hello hello, boolean resumed, long inbox) {
        Map<String, Optional<Position>> topics = new LinkedHashMap<>();
        Map<String, NotJoined> rejected = new LinkedHashMap<>();
        Caller caller = Callers.of(line, Optional.empty());
        int joined = 0;
        for (Map.Entry<String, Optional<Position>> wanted : hello.topics().entrySet()) {
            String topic = wanted.getKey();
            if (isImplicitTopic(line, topic)) {
                topics.put(topic, context.positionOf(topic, wanted.getValue()));
            } else if (!Names.isOpen(topic) || !context.authorizer.mayJoin(caller, topic)) {
                rejected.put(topic, NotJoined.forbidden());
            } else if (++joined > context.limits.line().quotas().topics()) {
                context.counters.hit(Limit.TOPICS, line);
                rejected.put(topic, NotJoined.tooMany(context.limits.line().quotas().topics()));
            } else {
                topics.put(topic, context.positionOf(topic, wanted.getValue()));
            }
        }
        return new Line.Attachment(resumed, inbox, topics, rejected, context.limits.toJson(line.rates(), context.nanoTime.getAsLong()));
    }

    /**
     * Whether every line, or every line of this user, is in this topic. A {@code $hello} names such a topic for its position only, so it does not
     * count towards the limit.
     */
    private static boolean isImplicitTopic(Line line, String topic) {
        return topic.equals(TopicRegistry.EVERYONE) || line.user().map(TopicRegistry::ofUser).filter(topic::equals).isPresent();
    }
}
