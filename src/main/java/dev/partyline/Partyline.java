package dev.partyline;

import dev.partyline.cdi.CdiContexts;
import dev.partyline.cdi.PartylineExtension;
import dev.partyline.connection.ClientLimits;
import dev.partyline.connection.ServerContext;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.CallContext;
import dev.partyline.handler.CallException;
import dev.partyline.handler.CommitActions;
import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.Handler;
import dev.partyline.handler.HandlerOptions;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.LineEvents;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.Questions;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.ValueCodec;
import dev.partyline.handler.ValueMapper;
import dev.partyline.http.ApiKeyGuard;
import dev.partyline.http.StatusHandler;
import dev.partyline.line.Closing;
import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.MemoryTrimmer;
import dev.partyline.stats.Counters;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Names;
import jakarta.servlet.ServletContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * One WebSocket per browser, however many tabs: the interface of Partyline for an application.
 *
 * <p>Each web application has one object of this class, created by the first call of {@link #of} and stopped with the application. Any thread may call its methods, and none of them blocks but
 * {@link #health}, for a second at most, and {@link #close}, which waits for threads to end. Names of types and topics are 1 to 128 characters of {@code A-Z a-z 0-9 _ . : / -}; an invalid name is an
 * {@link IllegalArgumentException}, and so is a type that pages use for events of their line ({@code status}, {@code gap}, {@code upgrade}, {@code error}), a value that cannot be written as JSON, and
 * one with an integer beyond ±(2^53−1), which JavaScript would round: send it as a string.
 *
 * <p>{@code @Inject Partyline} works in every bean of a container with CDI. What is injected is a proxy: a bean may be created before Partyline has started, and only its use then throws an
 * {@link IllegalStateException}.
 */
public class Partyline {

    private static final System.Logger LOG = System.getLogger(Partyline.class.getName());
    private static final String ATTRIBUTE = Partyline.class.getName();
    private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(1);
    /** Within this time, what waited in the buffers of sockets is read. */
    private static final Duration GRACE_AFTER_PAUSE = Duration.ofSeconds(5);
    /** Event loops and periodic checks are seen every second. */
    private static final Duration READY_LAG = Duration.ofSeconds(5);
    private static final Duration LIVE_LAG = Duration.ofMinutes(1);
    private static final Duration HEALTH_POLL = Duration.ofMillis(50);
    private static final int HEALTH_POLLS = 20;
    /** RFC 6455, 5.5: of a close frame. The same text is in {@code $bye}. */
    private static final int MAX_REASON_BYTES = 123;
    /** Of an application. Beyond it, a listener of Partyline is not waited for. */
    private static final Duration LONGEST_START = Duration.ofMinutes(1);
    private static final Duration MAX_ASK = Duration.ofDays(365);

    private final Settings settings;
    private final LongSupplier nanoTime;
    private final ValueCodec codec;
    private final HandlerRegistry handlers;
    private final Counters counters;
    private final CallContext callContext;
    private final CommitActions commits;
    private final Dispatcher dispatcher;
    private final Questions questions;
    private final TopicRegistry topics;
    private final LineRegistry lines;
    private final ServerContext serverContext;
    private final ScheduledThreadPoolExecutor scheduler;
    private final PeriodicTasks sweeps;
    private final PartylineJmx jmx;
    private volatile AccessPolicy policy = AccessPolicy.CLOSED;
    private volatile Optional<TokenVerifier> verifier = Optional.empty();
    private volatile String loggedContexts = "";
    private final AtomicBoolean beansRegistered = new AtomicBoolean();
    private volatile boolean draining;
    /** Confined to the thread of the periodic checks. */
    private boolean superseded;
    private final AtomicBoolean stopped = new AtomicBoolean();

    /** For the proxies of CDI alone, which use none of its state. */
    protected Partyline() {
        settings = null;
        nanoTime = null;
        codec = null;
        handlers = null;
        counters = null;
        callContext = null;
        commits = null;
        dispatcher = null;
        questions = null;
        topics = null;
        lines = null;
        serverContext = null;
        scheduler = null;
        sweeps = null;
        jmx = null;
    }

    Partyline(Settings settings, Deployed deployed, ClassLoader loader) {
        this(settings, deployed, loader, System::nanoTime);
    }

    /** @param nanoTime the clock, which a test moves */
    Partyline(Settings settings, Deployed deployed, ClassLoader loader, LongSupplier nanoTime) {
        this(settings, deployed, loader, nanoTime, new CommitActions());
    }

    /** @param commits what knows the transactions */
    Partyline(Settings settings, Deployed deployed, ClassLoader loader, LongSupplier nanoTime, CommitActions commits) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.codec = new ValueCodec();
        this.handlers = new HandlerRegistry();
        this.counters = new Counters();
        this.callContext = new CallContext(loader, nanoTime);
        this.commits = commits;
        this.jmx = new PartylineJmx(this, deployed);
        ClientLimits limits = settings.connection();
        this.dispatcher = new Dispatcher(handlers, codec, settings.dispatcher(), callContext, nanoTime, counters);
        this.questions = new Questions(codec, settings.dispatcher().pool(), settings.count(Setting.QUESTIONS), firstQuestion(), callContext, nanoTime, counters);
        this.topics = new TopicRegistry(settings.retention(), settings.topics(), settings.time(Setting.KEY_MEMORY), nanoTime, counters, settings.memory());
        this.lines = new LineRegistry(limits.line(), topics, settings.eventLoops(), nanoTime, counters, new LineEvents(dispatcher, questions));
        this.sweeps = new PeriodicTasks("partyline-sweeper", nanoTime, GRACE_AFTER_PAUSE);
        this.scheduler = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "partyline-scheduler");
            thread.setDaemon(true);
            return thread;
        });
        this.serverContext = new ServerContext(lines, topics, dispatcher, questions, limits, nanoTime, counters, scheduler, () -> policy, () -> verifier);
    }

    /** Greater than all that an earlier start has used: no more than a thousand questions are asked in a millisecond. Within what JavaScript counts exactly until the year 2248. */
    private static long firstQuestion() {
        return System.currentTimeMillis() << 10;
    }

    /**
     * The Partyline of a web application; the first call starts it. After the application was stopped its methods have no effect.
     *
     * @throws IllegalArgumentException if a setting has an invalid value, or is set by a former name
     * @throws IllegalStateException    if another application that shares Partyline's classes has an instance
     */
    public static Partyline of(ServletContext context) {
        synchronized (Partyline.class) {
            Optional<Partyline> known = existing(context);
            if (known.isPresent()) {
                return known.get();
            }
            Partyline created = of(context, Thread.currentThread().getContextClassLoader());
            // Once it serves requests, a thread may have the identity of a user, in whose name all handlers would run.
            if (stage(context) == Stage.STARTING) {
                created.captureContexts(context);
                created.orStop(() -> {
                    Installation.complete(context);
                    Installation.deployEndpoint(context);
                });
            } else {
                created.warnUnlessItEnds(context);
            }
            return created;
        }
    }

    /**
     * As {@link #of}, for a server that does not read what is in jars: it adds the endpoint, the filters and the servlets of Partyline, all under {@code /partyline}. The executable jar of Spring
     * Boot has such a server. Elsewhere it does the same as {@link #of}. It has to be called while the application starts, before its listeners are called: by a
     * {@code ServletContainerInitializer}, or by what stands for it.
     *
     * @throws IllegalStateException if the application has started already
     */
    public static Partyline install(ServletContext context) {
        synchronized (Partyline.class) {
            return Installation.in(context);
        }
    }

    /**
     * As {@link #of(ServletContext)}, on any thread: one of an EJB has the identity, and the transaction, of a bean. So the contexts in which handlers are called are not taken from it.
     *
     * @param loader the class loader of the application
     */
    static Partyline of(ServletContext context, ClassLoader loader) {
        synchronized (Partyline.class) {
            Optional<Partyline> known = existing(context);
            if (known.isPresent()) {
                return known.get();
            }
            Partyline created = new Partyline(Settings.of(context), Deployed.of(context, started(context)), loader);
            OwnClasses.load(context);
            created.start();
            context.setAttribute(ATTRIBUTE, created);
            ApiKeyGuard guard = created.apiKeyGuard();
            guard.install(context);
            StatusHandler.register(created, guard, created::addressShareOf);
            return created;
        }
    }

    /** What an application allows. In a listener that was added by code, it does not tell whether it has started. */
    private enum Stage { STARTING, STARTED, UNKNOWN }

    private static Stage stage(ServletContext context) {
        try {
            context.setInitParameter(ATTRIBUTE, "");
            return Stage.STARTING;
        } catch (IllegalStateException e) {
            return Stage.STARTED;
        } catch (UnsupportedOperationException e) {
            return Stage.UNKNOWN;
        }
    }

    private static BooleanSupplier started(ServletContext context) {
        long latest = System.nanoTime() + LONGEST_START.toNanos();
        return () -> {
            Stage stage = stage(context);
            return stage == Stage.STARTED || stage == Stage.UNKNOWN && System.nanoTime() - latest >= 0;
        };
    }

    /**
     * If the application has started, at once; if a listener has started Partyline that may not register anything, after a while: Partyline's own listener may be called later.
     */
    void warnUnlessItEnds(ServletContext context) {
        long from = nanoTime.getAsLong() + (stage(context) == Stage.STARTED ? 0 : LONGEST_START.toNanos());
        AtomicBoolean warned = new AtomicBoolean();
        Runnable check = () -> {
            if (nanoTime.getAsLong() - from >= 0 && !Installation.isComplete(context) && warned.compareAndSet(false, true)) {
                LOG.log(System.Logger.Level.WARNING, "Partyline was started by a request, or by a listener that the container does not know from web.xml or an annotation: it does not end with the"
                    + " application, unless Partyline.close is called");
            }
        };
        check.run();
        if (!warned.get()) {
            sweeps.every(SWEEP_INTERVAL, check);
        }
    }

    /** From now on, handlers and the like are called in the contexts of this thread, which starts the application. */
    void captureContexts(ServletContext context) {
        callContext.capture(requestContexts(context));
        commits.find();
        registerBeans();
        String captured = callContext.toString();
        if (!captured.equals(loggedContexts)) {
            loggedContexts = captured;
            LOG.log(System.Logger.Level.INFO, "a call of a handler has {0}", captured);
        }
    }

    /** The handlers and observers of beans, once they are known. */
    private void registerBeans() {
        Optional<BiConsumer<HandlerRegistry, Consumer<LineListener>>> found = handlersOfBeans();
        if (found.isPresent() && beansRegistered.compareAndSet(false, true)) {
            found.get().accept(handlers, dispatcher::listen);
        }
    }

    private static Optional<BiConsumer<HandlerRegistry, Consumer<LineListener>>> handlersOfBeans() {
        try {
            return Optional.of(PartylineExtension.ofApplication());
        } catch (RuntimeException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no CDI", e);
            return Optional.empty();
        }
    }

    private static Optional<Executor> requestContexts(ServletContext context) {
        try {
            return Optional.of(CdiContexts.of(context));
        } catch (RuntimeException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no CDI", e);
            return Optional.empty();
        }
    }

    /** Empty if {@link #of} was not called. */
    static Optional<Partyline> existing(ServletContext context) {
        return Optional.ofNullable((Partyline) context.getAttribute(ATTRIBUTE));
    }

    private void start() {
        serverContext.open();
        jmx.register();
        sweeps.every(SWEEP_INTERVAL, this::checkVersions);
        begin();
        sweeps.start();
        LOG.log(System.Logger.Level.INFO, "Partyline has started: {0} event loops{1}", settings.eventLoops(), settings.isOn(Setting.DEMO) ? ", demo on" : "");
    }

    /** Starts without a container: it is found by no endpoint, and its periodic checks run when a test moves the clock. */
    void begin() {
        lines.start();
        Duration plainAfter = settings.time(Setting.PLAIN_AFTER);
        sweeps.judgeEvery(plainAfter.compareTo(SWEEP_INTERVAL) < 0 ? plainAfter : SWEEP_INTERVAL, serverContext::sweep);
        sweeps.judgeEvery(SWEEP_INTERVAL, dispatcher::sweep);
        sweeps.judgeEvery(SWEEP_INTERVAL, questions::sweep);
        sweeps.every(SWEEP_INTERVAL, lines::sweep);
        MemoryTrimmer trimmer = new MemoryTrimmer(topics, lines, counters, nanoTime);
        topics.memory().onTrimRequested(sweeps.onRequest(trimmer::trim));
        sweeps.every(SWEEP_INTERVAL, trimmer::sweep);
        sweeps.every(SWEEP_INTERVAL, topics::sweep);
    }

    /** A start that fails leaves no threads. */
    void orStop(Runnable start) {
        try {
            start.run();
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /**
     * Sends clients to a newer version of the application, once that has started. Those that Tomcat would send back here stay, as long as their HTTP session does. If the newer version ends, this one
     * serves again.
     */
    private void checkVersions() {
        boolean newer = jmx.hasNewerVersion();
        int staying = newer ? serverContext.sendAway("a newer version of the application has started") : 0;
        if (newer && !superseded) {
            LOG.log(System.Logger.Level.INFO, "a newer version of the application has started: all clients are sent there, but for those with an HTTP session of this one, until that ends: {0}",
                staying);
        } else if (!newer && superseded) {
            LOG.log(System.Logger.Level.INFO, "the newer version of the application has ended: this one serves all clients again");
        }
        superseded = newer;
    }

    /** What the test kit moves by hand. */
    record Parts(ServerContext context, HandlerRegistry handlers, LineRegistry lines, TopicRegistry topics, Dispatcher dispatcher, Questions questions, ValueCodec codec, PeriodicTasks sweeps) {
    }

    Parts parts() {
        return new Parts(serverContext, handlers, lines, topics, dispatcher, questions, codec, sweeps);
    }

    /**
     * Ends this Partyline: sends {@code $bye} to every line, closes all connections and ends all threads. Afterwards its methods have no effect. Partyline does that itself when the web application
     * ends; only where the log warns at the start that it does not, the application has to call this, at its end.
     */
    public void close() {
        stop();
    }

    /** Called once or twice when the web application is stopped. */
    void stop() {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        drain();
        jmx.unregister();
        serverContext.close();
        try {
            sweeps.stop(SWEEP_INTERVAL);
            lines.stop();
            dispatcher.stop();
            questions.stop();
            serverContext.stop();
            // A close that a container requires to be delayed is still scheduled.
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
     * Registers the handler of a type.
     *
     * @param value the class to which JSON-B, or the application's {@link #mapper}, maps the value of a message; {@link dev.partyline.wire.RawJson} for the JSON text itself. A
     *              value that does not fit is answered with {@code bad_value}, as is a number with a fraction for an {@code int}, or an integer beyond ±(2^53−1) for a
     *              {@code long}
     * @throws IllegalArgumentException if the type is invalid, or one that pages do not receive: {@code status}, {@code gap}, {@code upgrade}, {@code error}
     * @throws IllegalStateException    if the type already has a handler
     */
    public <T> Partyline on(String type, Class<T> value, Handler<T> handler) {
        handlers.on(type, value, handler);
        return this;
    }

    /**
     * Registers the handler of a type, as {@link #on(String, Class, Handler)}, with a time limit of its own or parallel calls.
     *
     * @throws IllegalArgumentException also if the handler never blocks, and the options have parallel calls
     */
    public <T> Partyline on(String type, Class<T> value, Handler<T> handler, HandlerOptions options) {
        handlers.on(type, value, handler, options);
        return this;
    }

    /** Registers the handler of all other messages, including those without a type. */
    public <T> Partyline onOthers(Class<T> value, Handler<T> handler) {
        handlers.onOthers(value, handler);
        return this;
    }

    /**
     * Says what a request is rejected with if its handler throws an exception of a class, or of a subclass, or one that has such a cause. The outermost exception that has a mapper, or is a
     * {@link CallException} itself, decides. All others reject with {@code failed}, as do exceptions for which the mapper returns null or throws.
     *
     * @param mapper runs on the thread of the handler, within its time limit, and in its contexts; for a stage that the handler has returned, on the thread that ends the stage, in the contexts
     *               of a handler but without a time limit. What it maps is not logged
     * @throws IllegalStateException if the class already has a mapper
     */
    public <E extends Throwable> Partyline onException(Class<E> type, Function<? super E, CallException> mapper) {
        dispatcher.onException(Objects.requireNonNull(type, "type"), Objects.requireNonNull(mapper, "mapper"));
        return this;
    }

    /**
     * Sets what converts the application's values to JSON and back. By default, JSON-B does, with {@link ValueMapper#defaultConfig}.
     *
     * <p>It applies to all values that are converted from now on: set it before the first message, and before the first publish. It runs on the thread that converts a value, in the contexts of
     * a handler for the messages of tabs and their answers, and in those of the caller for what the application sends.
     *
     * @param mapper such as {@link ValueMapper#of}
     */
    public Partyline mapper(ValueMapper mapper) {
        codec.use(Objects.requireNonNull(mapper, "mapper"));
        return this;
    }

    /** Adds a listener of the events of lines and tabs. */
    public Partyline listen(LineListener listener) {
        dispatcher.listen(listener);
        return this;
    }

    /** Sets who may send, join and publish. By default every client may send, and none may join or publish. */
    public Partyline policy(AccessPolicy policy) {
        this.policy = policy;
        return this;
    }

    /** Sets what verifies tokens. By default tokens are ignored, and the user of a line is the one that the container authenticated. */
    public Partyline tokens(TokenVerifier verifier) {
        this.verifier = Optional.of(verifier);
        return this;
    }

    /**
     * Sets how much of some topics is retained. It applies to topics that are created afterwards.
     *
     * @param pattern a topic's name, or a prefix followed by {@code *}; of several patterns that match, the last one applies
     */
    public Partyline retain(String pattern, Retention retention) {
        topics.retain(pattern, retention);
        return this;
    }

    /** A handle to publish to a topic. */
    public TopicHandle topic(String name) {
        return new TopicHandle(Names.requireTopic(name), topics, codec, nanoTime, commits);
    }

    /**
     * Sends a message to one tab.
     *
     * @param tab the id of the tab, such as that of a {@link dev.partyline.handler.Call}. The {@code from} of a topic's message is not the id of a tab. The tabs of plain clients
     *            cannot be addressed: send to their line
     * @return false if no line of this server has this tab
     */
    public boolean toTab(String tab, String type, Object value) {
        return toTab(tab, message(Optional.of(tab), type, value));
    }

    private String message(Optional<String> tab, String type, Object value) {
        return FrameWriter.message(tab, Names.requireType(type), codec.write(value));
    }

    private boolean toTab(String tab, String frame) {
        Optional<Line> line = lines.findByTab(tab);
        line.ifPresent(known -> known.send(frame));
        return line.isPresent();
    }

    /** What sends this later. */
    Runnable messageToTab(String tab, String type, Object value) {
        String frame = message(Optional.of(tab), type, value);
        return () -> toTab(tab, frame);
    }

    /** What sends this later. */
    Runnable messageToLine(String line, String type, Object value) {
        String frame = message(Optional.empty(), type, value);
        return () -> toLine(line, frame);
    }

    /**
     * Sends to tabs, lines and users after the commit of the transaction of the calling thread, and not at all after a rollback. For a topic, {@link TopicHandle#afterCommit} does so. All other
     * methods send at once, also within a transaction.
     *
     * @throws IllegalStateException if the container has no {@code java:comp/TransactionSynchronizationRegistry}
     */
    public AfterCommit afterCommit() {
        commits.require();
        return new AfterCommit(this, commits);
    }

    /**
     * Asks a tab, which answers by the function that its page has given to {@code line.answer(type, fn)}: as {@link #ask(String, String, Object, Class, Duration)}, within
     * {@code partyline.handler.within}.
     */
    public <T> CompletionStage<T> ask(String tab, String type, Object value, Class<T> answer) {
        return ask(tab, type, value, answer, settings.time(Setting.HANDLER_WITHIN));
    }

    /**
     * Asks a tab, which answers by the function that its page has given to {@code line.answer(type, fn)}.
     *
     * <p>The question travels like a message to the tab, and survives a reconnect as that does: a held line gets it when it is resumed, a frozen tab when it thaws, both only if that is in time.
     * The function runs at most once. The stage ends with an {@link dev.partyline.handler.AskException}, whose {@code reason} tells a timeout, a closed tab and an error of the page apart:
     * a page without an answer for this type is the error {@code unknown_type}. A tab counts as gone five seconds after it was closed, or at once if its line has ended. The tabs of plain clients
     * cannot be asked. {@code toCompletableFuture().cancel(true)} ends the question; the page does not learn that, and its answer has no effect.
     *
     * <p>What is chained to the stage before it ends runs on threads of a bounded pool, with the time limit of a handler; if the stage has ended already, such as for a tab that is not there, what is
     * chained runs at once, on the thread that chains it; after {@code cancel}, on the one that cancels. A handler may return the stage as its reply; one that waits for it keeps its thread.
     *
     * @param answer the class to which the page's value is mapped, as that of a message for its handler; {@link dev.partyline.wire.RawJson} for the JSON text itself
     * @param within how long the answer may take, looked at once a second
     * @throws IllegalArgumentException if the type is invalid, the value cannot be written or {@code within} is not positive
     */
    public <T> CompletionStage<T> ask(String tab, String type, Object value, Class<T> answer, Duration within) {
        if (within.isNegative() || within.isZero() || within.compareTo(MAX_ASK) > 0) {
            throw new IllegalArgumentException("within is " + within + ", must be positive and at most " + MAX_ASK.toDays() + " days");
        }
        Objects.requireNonNull(answer, "answer");
        String name = Names.requireType(type);
        String json = codec.write(value);
        return lines.findByTab(tab).map(line -> questions.ask(line, tab, name, json, answer, within)).orElseGet(Questions::toNoTab);
    }

    /**
     * Sends a message to every tab of one line.
     *
     * @return false if this server has no such line
     */
    public boolean toLine(String line, String type, Object value) {
        return toLine(line, message(Optional.empty(), type, value));
    }

    /**
     * Sends an object without a type, in the shape of the post, to every tab of one line.
     *
     * @param object a value that JSON-B writes as an object; none of its members may have a name that Partyline uses
     */
    public boolean toLine(String line, Object object) {
        return toLine(line, FrameWriter.untyped(codec.write(object)));
    }

    private boolean toLine(String id, String frame) {
        Optional<Line> line = lines.get(id);
        line.ifPresent(known -> known.send(frame));
        return line.isPresent();
    }

    /** The topic that every line of a user is in, on any browser. Lines that are opened later receive its retained messages. */
    public TopicHandle user(String user) {
        return new TopicHandle(TopicRegistry.ofUser(user), topics, codec, nanoTime, commits);
    }

    /** The topic that every line is in. */
    public TopicHandle everyone() {
        return new TopicHandle(TopicRegistry.EVERYONE, topics, codec, nanoTime, commits);
    }

    /** Sends a message to every tab of a user. */
    public void toUser(String user, String type, Object value) {
        user(user).publish(type, value);
    }

    /** Sends a message to every tab of every line. */
    public void toAll(String type, Object value) {
        everyone().publish(type, value);
    }

    /**
     * Closes a line, for all its tabs. The pages learn code and reason, as {@code status.code} and {@code status.reason}.
     *
     * <p>After a code from 4100 to 4499 the browser reconnects and resumes the line, with its topics and what it has missed, after its token and its access were checked again. A line without a
     * connection does so anyway, so such a code has no effect on it. After a code from 4600 to 4999 the line ends, and the browser stays away until a page connects again; whether it then gets
     * a line is up to the application, as always. If the line has no connection at that moment, the browser learns it when it comes back.
     *
     * @param code   4100 to 4499 or 4600 to 4999; the others are the protocol's
     * @param reason for people, at most 123 bytes in UTF-8
     * @return false if this server has no such line
     * @throws IllegalArgumentException if code or reason are not allowed
     */
    public boolean closeLine(String line, int code, String reason) {
        return close(lines.get(line), code, reason);
    }

    /** The line that a tab is on; empty if no line of this server has this tab. */
    public Optional<String> lineOfTab(String tab) {
        return lines.findByTab(tab).map(Line::id);
    }

    /** Closes the line that a tab is on, for all its tabs: as {@link #closeLine}. */
    public boolean closeLineOfTab(String tab, int code, String reason) {
        return close(lines.findByTab(tab), code, reason);
    }

    private boolean close(Optional<Line> line, int code, String reason) {
        Closing why = closing(code, reason);
        line.ifPresent(known -> lines.close(known, why));
        return line.isPresent();
    }

    /**
     * Closes all lines of a user that this server has: as {@link #closeLine}.
     *
     * @return how many they are
     */
    public int closeLinesOfUser(String user, int code, String reason) {
        Closing why = closing(code, reason);
        List<Line> all = linesOf(user);
        all.forEach(line -> lines.close(line, why));
        return all.size();
    }

    private static Closing closing(int code, String reason) {
        int bytes = reason.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_REASON_BYTES) {
            throw new IllegalArgumentException("the reason has " + bytes + " bytes in UTF-8, at most " + MAX_REASON_BYTES + " are allowed");
        }
        return new Closing(CloseCode.ofApplication(code), reason);
    }

    private List<Line> linesOf(String user) {
        return lines.all().stream().filter(line -> line.user().filter(user::equals).isPresent()).toList();
    }

    /**
     * Takes a line off a topic, if it has joined that. In each of its tabs the subscriptions to the topic end with the error {@code removed}. A tab may join again: to keep it out, have the
     * {@link AccessPolicy} say so first, or use {@link #recheckLine}.
     *
     * @param reason for people, the text of the error. Keep it short: of whatever length, it is a message in the inbox of the line
     * @return false if this server has no such line
     */
    public boolean removeLineFromTopic(String line, String topic, String reason) {
        NotJoined why = NotJoined.removed(Objects.requireNonNull(reason, "reason"));
        String name = Names.requireTopic(topic);
        Optional<Line> known = lines.get(line);
        known.ifPresent(found -> found.takeOff(name, why));
        return known.isPresent();
    }

    /**
     * Takes all lines of a user off a topic: as {@link #removeLineFromTopic}.
     *
     * @return how many lines the user has on this server
     */
    public int removeUserFromTopic(String user, String topic, String reason) {
        NotJoined why = NotJoined.removed(Objects.requireNonNull(reason, "reason"));
        String name = Names.requireTopic(topic);
        List<Line> all = linesOf(user);
        all.forEach(line -> line.takeOff(name, why));
        return all.size();
    }

    /**
     * Has the {@link AccessPolicy} asked again about each topic that a line has joined, such as after a change of the user's roles. Where it says no, the line leaves the topic, and in each of
     * its tabs the subscriptions end with the error {@code forbidden}. Messages and publishes are asked about each time anyway.
     *
     * <p>Returns at once: the policy is asked on threads of a pool, as always. If it does not answer within {@code partyline.handler.within}, or too many clients wait for it,
     * the connection is closed with 4006, and the policy is asked when the browser is back.
     *
     * @return false if this server has no such line
     */
    public boolean recheckLine(String line) {
        Optional<Line> known = lines.get(line);
        known.ifPresent(serverContext::recheck);
        return known.isPresent();
    }

    /**
     * Has the {@link AccessPolicy} asked again about all lines of a user: as {@link #recheckLine}.
     *
     * @return how many they are
     */
    public int recheckUser(String user) {
        List<Line> all = linesOf(user);
        all.forEach(serverContext::recheck);
        return all.size();
    }

    /** Makes {@code health/ready} answer with 503, so that a load balancer sends new browsers elsewhere. Open lines stay open. */
    public void drain() {
        draining = true;
    }

    public boolean isDraining() {
        return draining;
    }

    /**
     * Whether this server does its work.
     *
     * @param live     false if only a restart helps: an event loop or the periodic checks have stood still for long
     * @param notReady why a load balancer should send new browsers elsewhere; empty if it need not
     */
    public record Health(boolean live, Optional<String> notReady) {
    }

    /** Looks at every event loop, the periodic checks, the lines and the threads of handlers. Waits up to a second for an event loop that is late, such as after a pause of the process. */
    public Health health() {
        long lag = lag();
        for (int left = HEALTH_POLLS; left > 0 && lag > READY_LAG.toNanos(); left--) {
            LockSupport.parkNanos(HEALTH_POLL.toNanos());
            lag = lag();
        }
        return new Health(lag <= LIVE_LAG.toNanos(), notReady(lag));
    }

    /** How long ago the thread that is furthest behind was last seen. */
    private long lag() {
        long now = nanoTime.getAsLong();
        return Math.max(now - lines.oldestTick(), now - sweeps.passedAt());
    }

    private Optional<String> notReady(long lag) {
        return draining ? Optional.of("draining")
            : lag > READY_LAG.toNanos() ? Optional.of("stalled")
            : !lines.hasRoom() ? Optional.of("too many lines")
            : !dispatcher.hasRoom() || !serverContext.hasRoom() ? Optional.of("handlers overloaded")
            : Optional.empty();
    }

    /** The settings in force. */
    public Settings settings() {
        return settings;
    }

    /** A snapshot of everything that Partyline counts and measures. */
    public Statistics statistics() {
        return Statistics.of(counters, lines, topics, dispatcher, dispatcher.hungThreads() + questions.hungThreads() + serverContext.hungThreads(), handlers);
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

    ApiKeyGuard apiKeyGuard() {
        return new ApiKeyGuard(settings.text(Setting.API_KEY), settings.count(Setting.API_KEY_GUESSES), settings.proxies(), counters, nanoTime);
    }

    /** The share of the limits of an address that a line has, if its client's address is known. */
    Optional<String> addressShareOf(String line) {
        return lines.get(line).flatMap(Line::address);
    }

    /**
     * A line of this server.
     *
     * @param held  whether it has no connection and can be resumed
     * @param plain whether its client is a plain one, which never sends {@code $hello}
     */
    public record Presence(String line, Optional<String> user, Set<String> tabs, boolean held, boolean plain) {
    }

    /** All lines of this server, open and held, in no order. */
    public Stream<Presence> present() {
        return lines.all().stream().map(line -> new Presence(line.id(), line.user(), line.tabs(), lines.isHeld(line), line.isPlain()));
    }
}
