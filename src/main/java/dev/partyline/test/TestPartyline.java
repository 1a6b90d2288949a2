package dev.partyline.test;

import dev.partyline.Partyline;
import dev.partyline.PartylineAccess;
import dev.partyline.cdi.HandlesAccess;
import dev.partyline.handler.HandlerAccess;
import dev.partyline.handler.ValueCodec;
import dev.partyline.topic.TopicLog;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Partyline without a container and without a network, for the tests of an application: it is the real one, with fake sockets and a clock that the test moves.
 *
 * <pre>{@code
 * try (TestPartyline test = TestPartyline.start()) {
 *     new OrderLine(orders).register(test.partyline());
 *     TestTab tab = test.tab("ann");
 *     tab.join("orders");
 *     assertThat(tab.request("place", new Place("tea", 3), Placed.class).number()).isEqualTo(1);
 *     assertThat(tab.received("placed")).hasSize(1);
 *     assertThat(test.published("orders")).hasSize(1);
 * }
 * }</pre>
 *
 * <p>Time stands still, so nothing times out, expires or is checked but by {@link #advance}. Handlers, the policy and what follows answers run on threads of their own, as always; what waits for
 * them here does so for ten seconds of real time at most, and then fails the test. Any number may run at the same time. For the thread of the test.
 */
public final class TestPartyline implements AutoCloseable {

    /** Deadlines are checked every second. A longer step would look like a pause of the whole process, after which they are extended. */
    private static final Duration STEP = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final long POLL_NANOS = Duration.ofMillis(1).toNanos() / 10;

    private final VirtualClock clock = new VirtualClock();
    private final PartylineAccess access;
    /** Reads frames, whatever mapper the application has. */
    private final ValueCodec frames = new ValueCodec();
    private final List<TestBrowser> browsers = new CopyOnWriteArrayList<>();

    private TestPartyline(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.putIfAbsent("partyline.event.loops", "1");
        this.access = PartylineAccess.start(all, clock, new NoTransactions());
    }

    /** One with the settings of a bare start. */
    public static TestPartyline start() {
        return start(Map.of());
    }

    /**
     * @param settings by their names, such as {@code partyline.handler.within}
     * @throws IllegalArgumentException for a setting that does not exist, or an invalid value
     */
    public static TestPartyline start(Map<String, String> settings) {
        return new TestPartyline(settings);
    }

    /** What the application registers its handlers, policy, verifier and listeners with, and sends by. There are no transactions: {@code afterCommit()} sends at once. */
    public Partyline partyline() {
        return access.partyline();
    }

    /**
     * Registers the methods with {@link dev.partyline.handler.Handles} of objects, as a container does with those of beans. Without its interceptors: what is called are these objects.
     *
     * @throws IllegalArgumentException if an object has no such method, or one that cannot be a handler, with the sentence that a container fails with
     * @throws IllegalStateException    if a type has a handler already
     */
    public void register(Object... beans) {
        for (Object bean : beans) {
            HandlesAccess.register(access.handlers(), bean);
        }
    }

    /** A browser without a user and without a tab. */
    public TestBrowser browser() {
        return browser(TestHandshake.anonymous());
    }

    /** A browser in which this user is logged in, without a tab. */
    public TestBrowser browser(String user) {
        return browser(TestHandshake.of(user));
    }

    /** A browser that connects with this handshake, without a tab. */
    public TestBrowser browser(TestHandshake handshake) {
        TestBrowser browser = new TestBrowser(this, handshake);
        browsers.add(browser);
        return browser;
    }

    /** The only tab of a new browser. */
    public TestTab tab() {
        return browser().tab();
    }

    /** The only tab of a new browser of this user. */
    public TestTab tab(String user) {
        return browser(user).tab();
    }

    /** What was published to a topic, by the application or by pages, as far as it is retained: 256 messages of the last five minutes, unless the application says otherwise. */
    public List<Message> published(String topic) {
        return retained(topic);
    }

    /** What was sent to all lines of a user, by {@code toUser} and {@code user(…).publish}. */
    public List<Message> publishedToUser(String user) {
        return retained(TopicRegistry.ofUser(user));
    }

    /** What was sent to all lines, by {@code toAll} and {@code everyone().publish}. */
    public List<Message> publishedToAll() {
        return retained(TopicRegistry.EVERYONE);
    }

    private List<Message> retained(String topic) {
        settle();
        List<Message> messages = new ArrayList<>();
        access.topics().use(topic, TopicOwner.SERVER, log -> {
            long at = 0;
            boolean more = true;
            while (more) {
                TopicLog.ReadResult read = log.read(at, Long.MAX_VALUE);
                for (String text : read.texts()) {
                    messages.add(message(parse(text)));
                }
                at = read.to();
                more = read.more();
            }
            return true;
        });
        return messages;
    }

    /** Moves the clock, second by second: timeouts, expiries and heartbeats happen as they would. Browsers that are connected answer as real ones do. */
    public void advance(Duration by) {
        Duration left = by;
        while (left.compareTo(Duration.ZERO) > 0) {
            Duration step = left.compareTo(STEP) < 0 ? left : STEP;
            clock.forward(step);
            access.runDue();
            access.lines().checkClock();
            awaitIdle();
            browsers.forEach(TestBrowser::onTick);
            awaitIdle();
            left = left.minus(step);
        }
    }

    /**
     * Waits until everything is done that was begun: no thread runs a handler or other code of the application, and what was sent has arrived.
     *
     * @throws AssertionError if a handler is still running after ten seconds
     */
    public void settle() {
        await("the end of all handlers", () -> isIdle() && access.isIdle() && isIdle());
    }

    /** As {@link #settle}, but for handlers: one may wait for the test. */
    void awaitIdle() {
        await("the event loops", this::isIdle);
    }

    private boolean isIdle() {
        return browsers.stream().allMatch(TestBrowser::isIdle) && access.lines().isIdle() && browsers.stream().allMatch(TestBrowser::isIdle);
    }

    /** Waits in real time, until the condition holds twice: a task may just have been taken from a queue, and not have begun. */
    static void await(String what, BooleanSupplier condition) {
        long began = System.nanoTime();
        for (int held = 0; held < 2; held = condition.getAsBoolean() ? held + 1 : 0) {
            if (System.nanoTime() - began > TIMEOUT.toNanos()) {
                throw new AssertionError(what + " did not come within " + TIMEOUT.toSeconds() + " s");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    PartylineAccess access() {
        return access;
    }

    long now() {
        return clock.getAsLong();
    }

    /** The members of a frame. */
    @SuppressWarnings("unchecked")
    Map<String, Object> parse(String frame) {
        return HandlerAccess.read(frames, frame, Map.class);
    }

    String json(Object parsed) {
        return frames.write(parsed);
    }

    Message message(Map<String, Object> frame) {
        return new Message(text(frame, "topic"), text(frame, "type"), text(frame, "from"), json(frame.get("value")), access.codec());
    }

    static Optional<String> text(Map<String, Object> frame, String member) {
        return Optional.ofNullable((String) frame.get(member));
    }

    /** Disconnects the browsers, stops Partyline as a container does, and ends all threads. */
    @Override
    public void close() {
        access.stop();
        browsers.forEach(TestBrowser::end);
        frames.close();
    }
}
