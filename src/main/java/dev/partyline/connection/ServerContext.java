package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.line.LineRegistry;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.FrameReader;
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
    final ScheduledExecutorService scheduler;
    final InboundStats inboundStats = new InboundStats();
    private final Supplier<AccessPolicy> policy;
    private final Supplier<Optional<TokenVerifier>> verifier;
    private final Set<Connection> awaitingHello = ConcurrentHashMap.newKeySet();

    public ServerContext(FrameReader reader, LineRegistry lines, TopicRegistry topics, Dispatcher dispatcher, ConnectionLimits limits, LongSupplier nanoTime,
                    ScheduledExecutorService scheduler, Supplier<AccessPolicy> policy, Supplier<Optional<TokenVerifier>> verifier) {
        this.reader = reader;
        this.lines = lines;
        this.topics = topics;
        this.dispatcher = dispatcher;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.scheduler = scheduler;
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
        List.copyOf(awaitingHello).forEach(Connection::shutDown);
    }

    /** What clients have sent. */
    public InboundStats intake() {
        return inboundStats;
    }

    public static Optional<ServerContext> current() {
        return Optional.ofNullable(current);
    }

    public ConnectionLimits limits() {
        return limits;
    }

    public LongSupplier nanoTime() {
        return nanoTime;
    }

    /** Runs what is due later. */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    AccessPolicy policy() {
        return policy.get();
    }

    Optional<TokenVerifier> verifier() {
        return verifier.get();
    }

    void awaitHello(Connection connection) {
        awaitingHello.add(connection);
    }

    void stopAwaitingHello(Connection connection) {
        awaitingHello.remove(connection);
    }

    /** Decides about clients that have said nothing yet. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        awaitingHello.forEach(connection -> connection.checkHelloTimeout(now));
    }
}
