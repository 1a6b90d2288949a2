package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.CallContext;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.Questions;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.ValueCodec;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.Closing;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Timeouts;
import dev.partyline.stats.Counters;
import dev.partyline.testing.Clock;
import dev.partyline.testing.NoopLineListener;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.JsonLimits;
import dev.partyline.wire.RawJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server context without a container: a clock that the test moves, a real event loop and real handlers. Every message is answered with the member
 * {@code hi}; every client may send, join and publish; {@code good:USER} is a valid token, and {@code short:USER} is one for {@link #SHORT_TOKEN}.
 */
final class ConnectionFixture implements AutoCloseable {

    static final int MESSAGE_CHARS = 1000;
    static final int BURST = 5;
    static final int BURST_CHARS = 10_000;
    static final int SOCKETS = 50;
    static final int TOPICS = 8;
    static final Duration PLAIN_AFTER = Duration.ofSeconds(3);
    static final Duration HELLO_WITHIN = Duration.ofSeconds(10);
    static final Duration SHORT_TOKEN = Duration.ofSeconds(10);
    static final Duration MOMENT = Duration.ofMillis(1);
    /** A message of a plain client. */
    static final String PLAIN = "{\"data\":{\"from\":\"t\",\"data\":\"first\"}}";

    final Clock clock = new Clock();
    final List<String> handled = new CopyOnWriteArrayList<>();
    final Counters counters = new Counters();
    final RetainedMemory memory = new RetainedMemory(1 << 20);
    final ServerContext context;
    /** What the verification of a token waits for that begins with {@code slow:}, and the policy about the topic {@code slow}. */
    final CountDownLatch gate = new CountDownLatch(1);
    /** Whether the policy is asked by other threads than those that read. */
    volatile boolean policyBlocks;
    final AtomicInteger waitingAtGate = new AtomicInteger();
    /** The topics that nobody may join any more. */
    final Set<String> revoked = ConcurrentHashMap.newKeySet();
    private final Dispatcher dispatcher;
    final Questions questions;
    private final ValueCodec values = new ValueCodec();

    ConnectionFixture() {
        this(true, false);
    }

    ConnectionFixture(boolean plainClients, boolean userRequired) {
        this(plainClients, userRequired, true);
    }

    /** @param verifiesTokens whether there is a verifier */
    ConnectionFixture(boolean plainClients, boolean userRequired, boolean verifiesTokens) {
        JsonLimits json = new JsonLimits(32, 40, 1000);
        HandlerRegistry handlers = new HandlerRegistry();
        handlers.onOthers(RawJson.class, call -> {
            handled.add(call.value().text());
            return new RawJson("{\"hi\":true}");
        });
        dispatcher = new Dispatcher(handlers, values, new Dispatcher.Limits(new ApplicationPool.Limits(2, 2, 2, 100, 2, Duration.ofSeconds(10)), 100, 10_000),
            new CallContext(ConnectionFixture.class.getClassLoader(), clock), clock, counters);
        questions = new Questions(values, dispatcher.poolLimits(), 10, 1, dispatcher.context(), clock, counters);
        TopicRegistry topics = new TopicRegistry(Retention.history(100, 100_000, Duration.ofMinutes(5)), new TopicQuotas(100, 100, 100, 100), Duration.ofMinutes(5), clock, counters, memory);
        LineLimits lineLimits = new LineLimits(new FlowLimits(100_000, 10_000, 10_000), new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(35), Duration.ofSeconds(20)),
            new Quotas(100, 100, 100, 10, SOCKETS, 8, TOPICS), new InboxLimits(100, 100_000), new HoldLimits(Duration.ofMinutes(2), 100, 100_000),
            new RateLimits(1, BURST, 1000, BURST_CHARS));
        LineRegistry lines = new LineRegistry(lineLimits, topics, 1, clock, counters, new NoopLineListener());
        lines.start();
        ClientLimits limits = new ClientLimits(lineLimits, new MessageLimits(MESSAGE_CHARS, 128, json),
            new AdmissionRules(Set.of(), Set.of(), TrustedProxies.of(Set.of()), userRequired, plainClients, PLAIN_AFTER, HELLO_WITHIN), new CallerRules(Set.of(), Set.of(), Set.of(), 100, true));
        Optional<TokenVerifier> tokens = verifiesTokens ? Optional.of(this::verify) : Optional.empty();
        context = new ServerContext(lines, topics, dispatcher, questions, limits, clock, counters, new ScheduledThreadPoolExecutor(1), Anyone::new, () -> tokens);
    }

    private Optional<TokenVerifier.Identity> verify(String token) {
        if (token.startsWith("slow:")) {
            awaitGate();
        }
        Optional<Instant> expires = token.startsWith("short:") ? Optional.of(Instant.now().plus(SHORT_TOKEN)) : Optional.empty();
        return token.matches("(good|short|slow):.+") ? Optional.of(new TokenVerifier.Identity(token.substring(token.indexOf(':') + 1), expires)) : Optional.empty();
    }

    private void awaitGate() {
        waitingAtGate.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A request. */
    static String hi(int id) {
        return "{\"type\":\"hi\",\"from\":\"t\",\"id\":" + id + ",\"value\":" + id + "}";
    }

    /** A client whose socket is open. */
    FakeClient client() {
        return client(Optional.empty());
    }

    FakeClient client(Optional<CloseCode> refusal) {
        return client(Optional.empty(), refusal);
    }

    /** @param hello for which the address of the handshake stands */
    FakeClient client(Optional<Frame.Hello> hello, Optional<CloseCode> refusal) {
        return new FakeClient(context, new HandshakeInfo(CallerFacts.NONE, Optional.of("10.0.0.1"), Optional.empty(), hello, refusal.map(code -> new Closing(code, "refused"))));
    }

    /** Time goes by, and what is due is looked at. */
    void advance(Duration by) {
        clock.forward(by);
        context.sweep();
    }

    int lines() {
        return context.lines.count();
    }

    @Override
    public void close() {
        gate.countDown();
        context.close();
        try {
            context.lines.stop();
            dispatcher.stop();
            questions.stop();
            context.stop();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        values.close();
    }

    private final class Anyone implements AccessPolicy {

        @Override
        public boolean maySend(Caller caller, String type) {
            return !type.equals("forbidden");
        }

        @Override
        public boolean mayJoin(Caller caller, String topic) {
            if (topic.equals("slow")) {
                awaitGate();
            }
            return !revoked.contains(topic);
        }

        @Override
        public boolean mayPublish(Caller caller, String topic) {
            return true;
        }

        @Override
        public boolean isNonBlocking() {
            return !policyBlocks;
        }
    }
}
