package dev.partyline.endpoint;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.line.LineRegistry;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.FrameReader;
import dev.partyline.wire.JsonLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What every conversation has in common: the node's lines and topics, what the application said, and the bounds.
 *
 * <p>A container makes endpoints by itself and tells them nothing of the application they belong to, so the one exchange of this class loader, and so of this WAR, is
 * known here.
 */
public final class ServerContext {

    private static volatile ServerContext current;

    final FrameReader reader;
    final LineRegistry lines;
    final TopicRegistry topics;
    final Dispatcher dispatcher;
    final ConnectionLimits limits;
    final LongSupplier nanoTime;
    final ScheduledExecutorService clock;
    final InboundStats inbound = new InboundStats();
    private final Supplier<AccessPolicy> policy;
    private final Supplier<Optional<TokenVerifier>> verifier;
    private final Set<Connection> silent = ConcurrentHashMap.newKeySet();

    /**
     * The bounds of one conversation.
     *
     * @param messageChars longest WebSocket message of a client
     * @param rate         messages a second
     * @param burst        messages at once
     * @param tabs         most tabs on a line, as told in the welcome
     * @param topics       most topics of a line
     * @param windowChars  most characters unacknowledged
     * @param ackChars     after how many characters a client should acknowledge
     * @param ackMessages  after how many WebSocket messages a client should acknowledge
     * @param json         how much JSON a frame may be
     * @param nameChars    longest type or topic
     * @param plainClients whether clients are served that say no {@code $hello}
     * @param plainAfter   how long a client may say nothing before it is taken for a plain one
     * @param helloWithin  how long a client may say nothing where plain ones are not served
     * @param userRequired whether a line needs a user
     * @param origins      origins that may connect besides the server's own
     * @param sendWithin   how long a send may take
     */
    public record ConnectionLimits(int messageChars, int rate, int burst, int tabs, int topics, int windowChars, int ackChars, int ackMessages, JsonLimits json, int nameChars,
                         boolean plainClients, Duration plainAfter, Duration helloWithin, boolean userRequired, Set<String> origins,
                         Duration sendWithin) {

        /** As the welcome tells them. */
        String told() {
            return "{\"message\":" + messageChars + ",\"window\":" + windowChars + ",\"ack\":" + ackChars + ",\"ackMessages\":" + ackMessages
                + ",\"rate\":" + rate + ",\"burst\":" + burst + ",\"tabs\":" + tabs + ",\"topics\":" + topics
                + ",\"depth\":" + json.depth() + ",\"number\":" + json.numberChars() + ",\"members\":" + json.members() + ",\"name\":" + nameChars + "}";
        }
    }

    public ServerContext(FrameReader reader, LineRegistry lines, TopicRegistry topics, Dispatcher dispatcher, ConnectionLimits limits, LongSupplier nanoTime,
                    ScheduledExecutorService clock, Supplier<AccessPolicy> policy, Supplier<Optional<TokenVerifier>> verifier) {
        this.reader = reader;
        this.lines = lines;
        this.topics = topics;
        this.dispatcher = dispatcher;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.policy = policy;
        this.verifier = verifier;
    }

    /** @throws IllegalStateException if this class loader has one already: two applications that share Partyline's classes need a copy each */
    public void open() {
        synchronized (ServerContext.class) {
            if (current != null) {
                throw new IllegalStateException("another application of this class loader runs Partyline: put Partyline's jar into each WAR, not where they share it");
            }
            current = this;
        }
    }

    public void close() {
        synchronized (ServerContext.class) {
            if (current == this) {
                current = null;
            }
        }
        List.copyOf(silent).forEach(Connection::shutDown);
    }

    /** What clients have sent. */
    public InboundStats intake() {
        return inbound;
    }

    static Optional<ServerContext> current() {
        return Optional.ofNullable(current);
    }

    AccessPolicy policy() {
        return policy.get();
    }

    Optional<TokenVerifier> verifier() {
        return verifier.get();
    }

    void silent(Connection connection) {
        silent.add(connection);
    }

    void spoke(Connection connection) {
        silent.remove(connection);
    }

    /** Decides about clients that have said nothing yet. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        silent.forEach(connection -> connection.stillSilent(now));
    }
}
