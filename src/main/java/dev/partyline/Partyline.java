package dev.partyline;

import dev.partyline.connection.ConnectionLimits;
import dev.partyline.connection.ServerContext;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.Handler;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.LineEvents;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.ValueCodec;
import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import dev.partyline.stats.Counters;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * One WebSocket per browser, however many tabs: what an application says to it and hears from it.
 *
 * <p>There is one for each web application, made when it is first asked for and stopped with the application. All methods may be called by any thread and none of them
 * blocks. Names of types and topics are 1 to 128 characters of {@code A-Z a-z 0-9 _ . : / -}; whatever is none is refused with an {@link IllegalArgumentException}.
 */
public final class Partyline {

    private static final System.Logger LOG = System.getLogger(Partyline.class.getName());
    private static final String ATTRIBUTE = Partyline.class.getName();
    private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(1);

    private final Settings settings;
    private final LongSupplier nanoTime = System::nanoTime;
    private final ValueCodec codec = new ValueCodec();
    private final HandlerRegistry handlers = new HandlerRegistry();
    private final Counters counters = new Counters();
    private final Dispatcher dispatcher;
    private final TopicRegistry topics;
    private final LineRegistry lines;
    private final ServerContext serverContext;
    private final ScheduledThreadPoolExecutor scheduler;
    private final PartylineJmx jmx;
    private volatile AccessPolicy policy = AccessPolicy.CLOSED;
    private volatile Optional<TokenVerifier> verifier = Optional.empty();
    private volatile boolean draining;
    private final AtomicBoolean stopped = new AtomicBoolean();

    Partyline(Settings settings, String contextPath) {
        this.settings = settings;
        this.jmx = new PartylineJmx(this, contextPath);
        ConnectionLimits limits = settings.connection();
        this.dispatcher = new Dispatcher(handlers, codec, settings.dispatcher(), nanoTime);
        this.topics = new TopicRegistry(settings.retention(), settings.count(Setting.LOGS), settings.time(Setting.KEY_MEMORY), nanoTime);
        this.lines = new LineRegistry(limits.line(), topics, settings.eventLoops(), nanoTime, counters, new LineEvents(dispatcher));
        this.scheduler = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "partyline-scheduler");
            thread.setDaemon(true);
            return thread;
        });
        this.serverContext = new ServerContext(lines, topics, dispatcher, limits, nanoTime, counters, scheduler, () -> policy, () -> verifier);
    }

    /**
     * The Partyline of a web application, started by the first call. Once it was stopped with its application it stays so: its methods do nothing that anyone hears.
     *
     * @throws IllegalArgumentException if a setting has a value that is not allowed
     * @throws IllegalStateException    if another application that shares Partyline's classes runs one
     */
    public static Partyline of(ServletContext context) {
        synchronized (Partyline.class) {
            Optional<Partyline> known = existing(context);
            if (known.isPresent()) {
                return known.get();
            }
            Partyline made = new Partyline(Settings.of(context), context.getContextPath());
            made.start();
            context.setAttribute(ATTRIBUTE, made);
            return made;
        }
    }

    /** The one that was made, if any. */
    static Optional<Partyline> existing(ServletContext context) {
        return Optional.ofNullable((Partyline) context.getAttribute(ATTRIBUTE));
    }

    private void start() {
        serverContext.open();
        lines.start();
        jmx.register();
        Duration plainAfter = settings.time(Setting.PLAIN_AFTER);
        every(plainAfter.compareTo(SWEEP_INTERVAL) < 0 ? plainAfter : SWEEP_INTERVAL, serverContext::sweep);
        every(SWEEP_INTERVAL, dispatcher::sweep);
        every(SWEEP_INTERVAL, lines::sweep);
        // A line that comes back in time must find the topics it had.
        Duration idle = settings.time(Setting.HOLD).multipliedBy(2);
        every(SWEEP_INTERVAL, () -> topics.sweep(idle));
        LOG.log(System.Logger.Level.INFO, "Partyline is ready: {0} operators{1}", settings.eventLoops(), settings.isOn(Setting.DEMO) ? ", demo on" : "");
    }

    private void every(Duration period, Runnable task) {
        scheduler.scheduleWithFixedDelay(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "a sweep failed", e);
            }
        }, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Says goodbye on every line, closes all sockets and ends all threads. Called, perhaps twice, when the web application is stopped. */
    void stop() {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        drain();
        jmx.unregister();
        serverContext.close();
        try {
            lines.stop();
            dispatcher.stop();
            // What was put off until a little later, such as a close, is still done.
            scheduler.shutdown();
            scheduler.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            scheduler.shutdownNow();
            Thread.currentThread().interrupt();
        }
        codec.close();
        LOG.log(System.Logger.Level.INFO, "Partyline has stopped");
    }

    /**
     * Handles messages of one type.
     *
     * @param value what JSON-B makes of a message's value; {@link dev.partyline.wire.RawJson} for the JSON as it came. JSON-B, as Yasson implements it, keeps only the
     *     lowest bits of a number that is too large for an {@code int} or a {@code long}: check ranges where they matter
     * @throws IllegalStateException if the type has a handler
     */
    public <T> Partyline on(String type, Class<T> value, Handler<T> handler) {
        handlers.on(type, value, handler);
        return this;
    }

    /** Handles what no other handler takes, untyped messages too. */
    public <T> Partyline onOthers(Class<T> value, Handler<T> handler) {
        handlers.onOthers(value, handler);
        return this;
    }

    /** Hears of lines and tabs that come and go. */
    public Partyline listen(LineListener listener) {
        dispatcher.listen(listener);
        return this;
    }

    /** Says who may send, join and publish. Until then everyone may send, and nobody join or publish. */
    public Partyline policy(AccessPolicy policy) {
        this.policy = policy;
        return this;
    }

    /** Says whose a token is. Until then tokens are not looked at, and a line's user is whoever the container logged in. */
    public Partyline tokens(TokenVerifier verifier) {
        this.verifier = Optional.of(verifier);
        return this;
    }

    /**
     * Says how much is kept of some topics, for those made from now on.
     *
     * @param pattern a topic's name, or the beginning of one followed by {@code *}; of several patterns that fit, the latest counts
     */
    public Partyline retain(String pattern, Retention retention) {
        topics.retain(pattern, retention);
        return this;
    }

    /** A topic to publish to. */
    public TopicHandle topic(String name) {
        return new TopicHandle(Names.requireTopic(name), topics, codec, nanoTime);
    }

    /**
     * Sends a message to one tab.
     *
     * @return false if no line of this server has this tab
     */
    public boolean toTab(String tab, String type, Object value) {
        String frame = FrameWriter.message(Optional.of(tab), Names.requireType(type), codec.write(value));
        Optional<Line> line = lines.findByTab(tab);
        line.ifPresent(known -> known.send(frame));
        return line.isPresent();
    }

    /**
     * Sends a message to every tab of one line.
     *
     * @return false if this server has no such line
     */
    public boolean toLine(String line, String type, Object value) {
        return toLine(line, FrameWriter.message(Optional.empty(), Names.requireType(type), codec.write(value)));
    }

    /**
     * Sends an object as it is, in the post's untyped shape, to every tab of one line.
     *
     * @param object what JSON-B writes as an object; none of its members may be one that Partyline uses
     */
    public boolean toLine(String line, Object object) {
        return toLine(line, FrameWriter.untyped(codec.write(object)));
    }

    private boolean toLine(String id, String frame) {
        Optional<Line> line = lines.get(id);
        line.ifPresent(known -> known.send(frame));
        return line.isPresent();
    }

    /** What the lines of one user hear, in whichever browsers, now or within the time that a topic's messages are kept. */
    public TopicHandle user(String user) {
        return new TopicHandle(TopicRegistry.ofUser(user), topics, codec, nanoTime);
    }

    /** What every line hears. */
    public TopicHandle everyone() {
        return new TopicHandle(TopicRegistry.EVERYONE, topics, codec, nanoTime);
    }

    /** Sends a message to every tab of a user. */
    public void toUser(String user, String type, Object value) {
        user(user).publish(type, value);
    }

    /** Sends a message to every tab of every line. */
    public void toAll(String type, Object value) {
        everyone().publish(type, value);
    }

    /** Makes {@code health/ready} say no, so that a load balancer sends new browsers elsewhere. Lines that are here stay. */
    public void drain() {
        draining = true;
    }

    public boolean isDraining() {
        return draining;
    }

    /** Which settings are in force. */
    public Settings settings() {
        return settings;
    }

    /** A snapshot of everything that Partyline counts and measures. */
    public Statistics statistics() {
        return Statistics.of(counters, lines, topics, dispatcher, handlers);
    }

    /**
     * The former name of {@link #statistics}.
     *
     * @throws UnsupportedOperationException always
     */
    @Deprecated(forRemoval = true)
    public Statistics figures() {
        throw new UnsupportedOperationException("Partyline.figures has been renamed: call Partyline.statistics instead");
    }

    /**
     * A line that is here.
     *
     * @param held  whether it waits for its browser
     * @param plain whether its client is served in the post's shapes
     */
    public record Presence(String line, Optional<String> user, Set<String> tabs, boolean held, boolean plain) {
    }

    /** Who is here now, in no order. */
    public Stream<Presence> present() {
        return lines.all().stream().map(line -> new Presence(line.id(), line.user(), line.tabs(), lines.isHeld(line), line.isPlain()));
    }
}
