package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.CallContext;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Callers;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.KeyedExecutor;
import dev.partyline.handler.Questions;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.line.AddressShare;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import dev.partyline.stats.Counters;
import dev.partyline.stats.KeyedCounter;
import dev.partyline.stats.Limit;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameReader;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What all connections of a node share: registries, dispatcher, authorizer, limits, clock and counters.
 *
 * <p>A container creates the endpoints and does not tell them their application. So {@link #current} is the context of this class loader, and thereby
 * of this application.
 *
 * <p>Any thread may call.
 */
public final class ServerContext {

    private static final System.Logger LOG = System.getLogger(ServerContext.class.getName());
    private static final int MAX_WAITING_MESSAGES = 256;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MAX_TOKEN_LIFETIME = Duration.ofDays(36_500);

    private static final long SWEEP_LOGINS_EVERY = Duration.ofSeconds(5).toNanos();

    private static volatile ServerContext current;

    final FrameReader reader;
    final LineRegistry lines;
    final TopicRegistry topics;
    final Dispatcher dispatcher;
    final Questions questions;
    final ClientLimits limits;
    final LongSupplier nanoTime;
    final ScheduledExecutorService scheduler;
    final Counters counters;
    final Authorizer authorizer;
    /** The frames of clients that wait for the application's verifier or policy, or for an earlier frame that does. */
    final KeyedExecutor<Connection> waitingFrames;
    final PolicyRecheck recheck;
    final Logins logins;
    /** Connections whose browser has an HTTP session. */
    final Set<Connection> inSession = ConcurrentHashMap.newKeySet();
    private final ApplicationPool authorizerPool;
    private final KeyedCounter socketsByAddress = new KeyedCounter();
    /** Sockets that are closed and still count. Read by the sweeper only. */
    private final Queue<ClosedInSend> closedInSend = new ConcurrentLinkedQueue<>();
    private final Set<Connection> awaitingHello = ConcurrentHashMap.newKeySet();
    /** Of the sweeper only. */
    private long loginsSweptAt;

    private record ClosedInSend(String addressShare, long countsUntil) {
    }

    public ServerContext(LineRegistry lines, TopicRegistry topics, Dispatcher dispatcher, Questions questions, ClientLimits limits, LongSupplier nanoTime,
                    Counters counters, ScheduledExecutorService scheduler, Supplier<AccessPolicy> policy, Supplier<Optional<TokenVerifier>> verifier) {
        this.reader = new FrameReader(limits.message().json(), limits.message().nameChars());
        this.lines = lines;
        this.topics = topics;
        this.dispatcher = dispatcher;
        this.questions = questions;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.counters = counters;
        this.scheduler = scheduler;
        this.authorizerPool = new ApplicationPool("partyline-authorizer", dispatcher.poolLimits(), Dispatcher::partyOf, dispatcher.context(), nanoTime, counters);
        this.waitingFrames = new KeyedExecutor<>(authorizerPool, MAX_WAITING_MESSAGES);
        this.authorizer = new Authorizer(policy, verifier, authorizerPool, nanoTime);
        this.recheck = new PolicyRecheck(authorizer, authorizerPool);
        this.logins = new Logins(limits.caller().keepsSession());
        this.loginsSweptAt = nanoTime.getAsLong();
    }

    /** @throws IllegalStateException if this class loader has an open context: each of two applications needs Partyline's classes for itself */
    public void open() {
        synchronized (ServerContext.class) {
            if (current != null) {
                throw new IllegalStateException("another application of this class loader runs Partyline:"
                    + " put Partyline's jar into each WAR, not where they share it");
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

    /** Ends the threads that ask the application about clients. */
    public void stop() throws InterruptedException {
        authorizerPool.stop(STOP_TIMEOUT);
    }

    /**
     * Has the clients of all lines connect anew, but for those that would come back here, since they have an HTTP session.
     *
     * @return how many stay
     */
    public int sendAway(String reason) {
        Set<Line> staying = inSession.stream().flatMap(connection -> connection.lineBoundToSession().stream()).filter(line -> !lines.isHeld(line)).collect(Collectors.toSet());
        lines.sendAway(lines.all().stream().filter(line -> !staying.contains(line)).toList(), reason);
        return staying.size();
    }

    /** Whether the application would be asked about a client before long. */
    public boolean hasRoom() {
        return authorizerPool.hasRoom();
    }

    /** Whether the application is not being asked about any client. */
    public boolean isIdle() {
        return authorizerPool.isIdle();
    }

    /** How many threads run a verifier or a policy that ignores its interrupt. */
    public int hungThreads() {
        return authorizerPool.hung();
    }

    public static Optional<ServerContext> current() {
        return Optional.ofNullable(current);
    }

    public ClientLimits limits() {
        return limits;
    }

    /** The contexts in which code of the application is called. */
    public CallContext callContext() {
        return dispatcher.context();
    }

    public Logins logins() {
        return logins;
    }

    /** A tab of a line has sent something, for the first time in a while. */
    void onActive(Line line, Optional<Logins.Login> login) {
        if (dispatcher.isActivityWanted()) {
            Caller caller = Callers.of(line, Optional.empty());
            dispatcher.notifyListeners(line, listener -> listener.lineActive(caller));
        }
        login.flatMap(logins::keepAlive).ifPresent(lines::runBlocking);
    }

    public LongSupplier nanoTime() {
        return nanoTime;
    }

    /** Runs delayed and periodic tasks, none of which may block, but for delayed closes on Payara and GlassFish. */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** Has the access policy asked again about the topics that a line has joined. Those that it denies are left, and the line's tabs learn why. */
    public void recheck(Line line) {
        recheck.start(line);
    }

    /**
     * Opens a line.
     *
     * @param address empty if the container does not tell it
     */
    Line openLine(boolean plain, CallerFacts facts, Optional<String> address) throws ConnectionRejectedException {
        LineRegistry.Opening opening = lines.open(plain, facts, address.map(AddressShare::of));
        return opening.line().orElseThrow(() -> new ConnectionRejectedException(opening.rejection(),
            opening.rejection() == CloseCode.OVERLOADED ? "there are too many lines on this server"
                : opening.rejection() == CloseCode.RATE ? "too many new lines from your address"
                : "you have too many lines"));
    }

    /**
     * The position from which a topic is to be joined: the one that the client names, or the topic's end now, so that the client receives what it
     * publishes next.
     */
    Optional<Position> positionOf(String topic, Optional<Position> named) {
        return named.isPresent() ? named : Optional.of(topics.endOf(topic));
    }

    /** Counts a socket of this address, unless there are too many. */
    boolean acquireSocket(String addressShare) {
        boolean acquired = socketsByAddress.tryIncrement(addressShare, limits.line().quotas().socketsPerAddress());
        if (!acquired) {
            counters.hit(Limit.SOCKETS_PER_ADDRESS, addressShare);
        }
        return acquired;
    }

    /**
     * The socket is closed.
     *
     * @param sending whether a send was in flight. A thread of the container may still wait behind that, to answer a ping, for as long as a send may take; so long the socket counts
     */
    void releaseSocket(String addressShare, boolean sending) {
        if (sending) {
            closedInSend.add(new ClosedInSend(addressShare, nanoTime.getAsLong() + limits.line().timeouts().send().toNanos()));
        } else {
            socketsByAddress.decrement(addressShare);
        }
    }

    private void releaseClosedInSend() {
        long now = nanoTime.getAsLong();
        for (ClosedInSend oldest = closedInSend.peek(); oldest != null && now - oldest.countsUntil() >= 0; oldest = closedInSend.peek()) {
            closedInSend.remove();
            socketsByAddress.decrement(oldest.addressShare());
        }
    }

    /** When the token of this identity expires, by {@link #nanoTime}; {@code Long.MAX_VALUE} for never, as without a token. */
    long expiryOf(Optional<TokenVerifier.Identity> identity) {
        Optional<Duration> left = identity.flatMap(TokenVerifier.Identity::expires).map(at -> Duration.between(Instant.now(), at));
        // Some verifiers use Instant.MAX for "never", whose nanoseconds do not fit into a long.
        return left.filter(time -> time.compareTo(MAX_TOKEN_LIFETIME) <= 0).map(time -> nanoTime.getAsLong() + time.toNanos()).orElse(Long.MAX_VALUE);
    }

    void awaitHello(Connection connection) {
        awaitingHello.add(connection);
    }

    void stopAwaitingHello(Connection connection) {
        awaitingHello.remove(connection);
    }

    /** Checks the deadlines of connections that have not sent a frame yet, and of what still counts. */
    public void sweep() {
        authorizerPool.sweep();
        releaseClosedInSend();
        long now = nanoTime.getAsLong();
        if (now - loginsSweptAt >= SWEEP_LOGINS_EVERY && !logins.isEmpty()) {
            loginsSweptAt = now;
            lines.runBlocking(logins::sweep);
        }
        for (Connection connection : awaitingHello) {
            try {
                connection.checkHelloTimeout(now);
            } catch (RuntimeException | Error e) {
                // The next sweep checks it again. It must not keep the others from being checked.
                LOG.log(System.Logger.Level.ERROR, "a connection without a first frame could not be checked", e);
            }
        }
    }
}
