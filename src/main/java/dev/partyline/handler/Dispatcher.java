package dev.partyline.handler;

import dev.partyline.line.Line;
import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.stats.LogThrottle;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Runs handlers and sends their replies to the requesting line.
 *
 * <p>Handlers run on an {@link ApplicationPool}, of which each line and each user have a share: the messages of a tab in order, those of different tabs in parallel. If the pool or the share is full,
 * a request is answered with {@code overloaded}; if a handler takes too long, with {@code timeout}, its thread is interrupted, and its later result is dropped. A request whose time is up before its
 * handler begins is never handled, and may be sent again; after that it may not.
 */
public final class Dispatcher {

    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());
    private static final int MAX_ERROR_CHARS = 1_000;
    /** A message that waits, besides its value. */
    private static final int INVOCATION_BYTES = 512;
    private static final int BYTES_PER_CHAR = 2;
    private static final String UNKNOWN_TYPE = "there is no handler for this type";
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final HandlerRegistry handlers;
    private final ValueCodec codec;
    private final CallContext context;
    private final LongSupplier nanoTime;
    private final Duration within;
    private final int maxReplyChars;
    private final ApplicationPool.Limits poolLimits;
    private final ApplicationPool pool;
    private final Counters counters;
    private final KeyedExecutor<Key> executor;
    private final FailureMappers failures = new FailureMappers();
    private final Set<Invocation<?>> running = ConcurrentHashMap.newKeySet();
    private volatile boolean activityWanted;
    private final LogThrottle listenerFailures = new LogThrottle();
    /** Of messages without a handler, about which the policy is asked. */
    private final LogThrottle otherFailures = new LogThrottle();
    private final List<LineListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * The unit of order: the messages of a tab, or the events of a line. Messages of a type that has parallel calls have a unit of their own.
     *
     * <p>The comparison is explicit, because the generated one of a record leaks the class loader of a stopped application: {@code ObjectMethods} keeps a reference to the
     * last class that it compared.
     */
    private record Key(Line line, Optional<String> tab, Optional<String> type) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.line == line && key.tab.equals(tab) && key.type.equals(type);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * line.hashCode() + tab.hashCode()) + type.hashCode();
        }
    }

    /**
     * The limits of handlers.
     *
     * @param pool          the limits of the threads; its time limit is also that of a request
     * @param waitingPerTab queued messages of one tab
     * @param maxReplyChars maximum length of a reply
     */
    public record Limits(ApplicationPool.Limits pool, int waitingPerTab, int maxReplyChars) {
    }

    public Dispatcher(HandlerRegistry handlers, ValueCodec codec, Limits limits, CallContext context, LongSupplier nanoTime, Counters counters) {
        this.handlers = handlers;
        this.codec = codec;
        this.nanoTime = nanoTime;
        this.counters = counters;
        this.context = context;
        this.within = limits.pool().within();
        this.maxReplyChars = limits.maxReplyChars();
        this.poolLimits = limits.pool();
        this.pool = new ApplicationPool("partyline-handler", limits.pool(), Dispatcher::partyOf, context, nanoTime, counters);
        this.executor = new KeyedExecutor<>(pool, limits.waitingPerTab());
    }

    /** Who has an owner of tasks: the user of a line, or else its address. */
    public static Object partyOf(Object owner) {
        return owner instanceof Line line ? line.publisher().owner() : owner;
    }

    /** @throws IllegalStateException if the type has a mapper already */
    public <E extends Throwable> void onException(Class<E> type, Function<? super E, CallException> mapper) {
        failures.on(type, mapper);
    }

    public void listen(LineListener listener) {
        listeners.add(listener);
        if (overridesLineActive(listener)) {
            activityWanted = true;
        }
    }

    private static boolean overridesLineActive(LineListener listener) {
        try {
            return listener.getClass().getMethod("lineActive", Caller.class).getDeclaringClass() != LineListener.class;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a listener wants to know which lines are active. There are many such events, and hardly any listener. */
    public boolean isActivityWanted() {
        return activityWanted;
    }

    /** Calls the application's line listeners, after the earlier events of the same line. */
    public void notifyListeners(Line line, Consumer<LineListener> event) {
        if (listeners.isEmpty()) {
            return;
        }
        Key key = new Key(line, Optional.empty(), Optional.empty());
        boolean accepted = executor.offer(key, line, () -> listeners.forEach(listener -> {
            try {
                pool.call("a line listener", () -> {
                    event.accept(listener);
                    return null;
                });
            } catch (ApplicationPool.TimeLimitException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}", e.getMessage());
            } catch (CallContext.OpenTransactionException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}", e.getMessage());
            } catch (Throwable e) {
                long times = listenerFailures.onEvent(nanoTime.getAsLong());
                if (times > 0) {
                    LOG.log(System.Logger.Level.ERROR, "a line listener failed; " + times + " times since the last message about it", e);
                }
            }
        }));
        if (!accepted) {
            onRefused(key, line);
        }
    }

    /** The pool counts by itself that it is full. */
    private void onRefused(Key key, Line line) {
        if (!executor.isIdle(key)) {
            counters.hit(Limit.HANDLER_WAITING_PER_TAB, line);
        }
    }

    /**
     * Runs the handler of a message.
     *
     * @param permission asks the application whether it may be sent, which may block; empty if it was asked already
     */
    public void dispatch(Line line, Frame.Message message, Optional<BooleanSupplier> permission) {
        Optional<HandlerRegistry.Registered<?>> handler = handlers.find(message.type());
        if (handler.isEmpty() && permission.isEmpty()) {
            line.answer(message.id(), FrameWriter.error(Optional.of(message.from()), message.id(), ErrorCode.UNKNOWN_TYPE, UNKNOWN_TYPE));
            return;
        }
        Invocation<?> invocation = new Invocation<>(line, message, handler.orElse(null), permission);
        if (!invocation.takeMemory()) {
            counters.hit(Limit.MEMORY, line);
            line.answer(message.id(), invocation.error(ErrorCode.OVERLOADED, "your messages that wait for their handlers take too much memory"));
            return;
        }
        running.add(invocation);
        HandlerOptions options = handler.map(HandlerRegistry.Registered::options).orElse(HandlerOptions.standard());
        Key key = new Key(line, Optional.of(message.from()), options.parallel() == 1 ? Optional.empty() : message.type());
        boolean nonBlocking = permission.isEmpty() && options.isNonBlocking();
        if (!(nonBlocking ? executor.runOrOffer(key, line, invocation) : executor.offer(key, options.parallel(), line, invocation))) {
            onRefused(key, line);
            invocation.releaseMemory();
            invocation.settle(invocation.error(ErrorCode.OVERLOADED, "too many messages are queued for their handlers"));
        }
    }

    /** The number of messages that are queued for their handler or being handled. */
    public int running() {
        return running.size();
    }

    /** In which code of the application is called. */
    public CallContext context() {
        return context;
    }

    /** The limits of the pool that handlers run on. */
    public ApplicationPool.Limits poolLimits() {
        return poolLimits;
    }

    /** Whether a message of a line without others would be handled before long. */
    public boolean hasRoom() {
        return pool.hasRoom();
    }

    /** Whether no thread runs a handler or a listener, and none waits for one. */
    public boolean isIdle() {
        return pool.isIdle();
    }

    /** How many threads run handlers or listeners that ignore their interrupt. */
    public int hungThreads() {
        return pool.hung();
    }

    /** Rejects requests whose time is up, and interrupts their handlers. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        Map<String, Integer> late = new TreeMap<>();
        for (Invocation<?> invocation : running) {
            if (now - invocation.deadline > 0) {
                late.merge(invocation.typeName(), 1, Integer::sum);
                counters.hit(Limit.HANDLER_WITHIN, invocation.line);
                invocation.timeOut();
            }
        }
        pool.sweep();
        late.forEach((type, count) -> LOG.log(System.Logger.Level.WARNING, "{0} messages of type {1} were not answered in time", count, type));
    }

    static String format(Duration time) {
        return time.toMillisPart() == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    public void stop() throws InterruptedException {
        pool.stop(STOP_TIMEOUT);
    }

    /** One run of a handler for one message, which is answered once. Its methods but {@code run}, {@code settle} and {@code settleLate} return the frame of an answer. */
    private final class Invocation<T> implements Runnable {

        private final Line line;
        private final Frame.Message message;
        /** Null if there is none: then only the permission is asked for. */
        private final HandlerRegistry.Registered<T> handler;
        private final Optional<BooleanSupplier> permission;
        private final Duration within;
        private final long deadline;
        /** Guarded by this object's monitor. */
        private boolean handled;
        /** What is not over yet: the wait for a thread with the call, and the wait for the answer. While one of them lasts, the message is kept. */
        private final AtomicInteger memoryUses = new AtomicInteger(2);

        private Invocation(Line line, Frame.Message message, HandlerRegistry.Registered<T> handler, Optional<BooleanSupplier> permission) {
            this.line = line;
            this.message = message;
            this.handler = handler;
            this.permission = permission;
            this.within = Optional.ofNullable(handler).flatMap(known -> known.options().within()).orElse(Dispatcher.this.within);
            this.deadline = nanoTime.getAsLong() + within.toNanos();
        }

        /** False if the messages of its user or address that wait take too much memory already. If not, {@link #releaseMemory} must be called twice. */
        private boolean takeMemory() {
            return line.inboundMemory().tryAdd(line.publisher().owner(), bytes());
        }

        private void releaseMemory() {
            if (memoryUses.decrementAndGet() == 0) {
                line.inboundMemory().remove(line.publisher().owner(), bytes());
            }
        }

        private long bytes() {
            return INVOCATION_BYTES + (long) BYTES_PER_CHAR * (message.value().map(String::length).orElse(0) + message.envelope().map(String::length).orElse(0));
        }

        @Override
        public void run() {
            try {
                if (isSettled()) {
                    return;
                }
                Object answer;
                try {
                    answer = pool.call("the handler for type " + typeName(), within, line.facts().contexts(), this::handle);
                } catch (Throwable e) {
                    // Errors too: on some containers an error that is not caught leaves the socket open and without further messages.
                    answer = failure(e);
                }
                // Not within the call: an interrupt would close the socket that is written to, and no answer is true before it is known that the handler has left no transaction open.
                if (answer instanceof CompletionStage<?> stage) {
                    settleWith(stage);
                } else {
                    settle((String) answer);
                }
            } finally {
                releaseMemory();
            }
        }

        @SuppressWarnings("unchecked")
        private T read() {
            // What the registry knows to be the type of the handler's values. No cast, which fails for primitive types.
            return (T) codec.read(message.value(), handler.value());
        }

        /** All that runs code of the application. Returns a frame, or the stage of a value that is not there yet. */
        private Object handle() throws Exception {
            if (permission.isPresent() && !permission.get().getAsBoolean()) {
                return error(ErrorCode.FORBIDDEN, "you may not send this type");
            }
            if (handler == null) {
                return error(ErrorCode.UNKNOWN_TYPE, UNKNOWN_TYPE);
            }
            Caller caller = Callers.of(line, Optional.of(message.from()));
            T value = read();
            return begin() ? handle(new Call<>(message.type().orElse(""), value, caller, message.id().isPresent(), () -> deadline - nanoTime.getAsLong())) : "";
        }

        private Object handle(Call<T> call) throws Exception {
            long started = nanoTime.getAsLong();
            try {
                Object result = handler.handler().handle(call);
                return result instanceof CompletionStage<?> stage ? later(stage) : success(result);
            } catch (Exception | Error e) {
                // Here, since mappers are code of the application, too.
                Optional<CallException> rejection = rejection(e);
                if (rejection.isPresent()) {
                    throw rejection.get();
                }
                throw e;
            } finally {
                handler.latency().record(nanoTime.getAsLong() - started);
            }
        }

        private Object later(CompletionStage<?> stage) {
            return stage instanceof CompletableFuture<?> future && future.isDone() ? success(future.join()) : stage;
        }

        private void settleWith(CompletionStage<?> stage) {
            try {
                stage.whenComplete(this::settleLate);
            } catch (RuntimeException | Error e) {
                // A stage that is of the application's own making.
                settle(failure(e));
            }
        }

        private boolean isSettled() {
            return !running.contains(this);
        }

        /** Whether the handler may begin. If not, the request is answered as one that was not handled. */
        private synchronized boolean begin() {
            handled = !isSettled();
            return handled;
        }

        private void timeOut() {
            String frame;
            boolean first;
            synchronized (this) {
                frame = timeout();
                first = running.remove(this);
            }
            if (first) {
                releaseMemory();
                line.answer(message.id(), frame);
            }
        }

        /** @param frame empty for no answer */
        private void settle(String frame) {
            if (!running.remove(this)) {
                return;
            }
            releaseMemory();
            if (!frame.isEmpty()) {
                line.answer(message.id(), frame);
            }
        }

        /** Called by a thread of the application, which may be interrupted at any time: the event loop writes the answer. The application's mappers of values and exceptions need its contexts. */
        private void settleLate(Object result, Throwable failure) {
            String frame;
            try {
                frame = pool.callBeside("what maps the answer to type " + typeName(), () -> failure == null ? success(result) : mapped(failure));
            } catch (Exception | Error e) {
                frame = failure(e);
            }
            if (!running.remove(this)) {
                return;
            }
            releaseMemory();
            if (!frame.isEmpty()) {
                line.enqueue(message.id(), frame);
            }
        }

        /** What an exception rejects the request with, if the application says so. Calls code of the application. */
        private Optional<CallException> rejection(Throwable failure) {
            try {
                return failures.rejection(failure);
            } catch (RuntimeException | Error e) {
                failure.addSuppressed(e);
                return Optional.empty();
            }
        }

        private String mapped(Throwable failure) {
            Optional<CallException> rejection = rejection(failure);
            return failure(rejection.isPresent() ? rejection.get() : failure);
        }

        private String failure(Throwable failure) {
            if (failure instanceof CompletionException && failure.getCause() != null) {
                return failure(failure.getCause());
            }
            if (failure instanceof CallException rejection) {
                return FrameWriter.error(from(), message.id(), rejection.code(), truncated(rejection.getMessage()), rejection.retryable());
            }
            if (failure instanceof ApplicationPool.TimeLimitException) {
                return timeout();
            }
            if (failure instanceof CallContext.OpenTransactionException) {
                return error(ErrorCode.FAILED, "the handler failed: it left a transaction open, which was rolled back");
            }
            if (failure instanceof ValueCodec.BadValueException) {
                LOG.log(System.Logger.Level.DEBUG, () -> "a value for type " + typeName() + " does not fit", failure);
                return error(ErrorCode.BAD_VALUE, "the value does not fit type " + typeName());
            }
            long times = (handler == null ? otherFailures : handler.failures()).onEvent(nanoTime.getAsLong());
            if (times == 0) {
                return error(ErrorCode.FAILED, "the handler failed; the log has failures of this type from before, and counts this one");
            }
            String reference = Integer.toHexString(System.identityHashCode(this)) + Long.toHexString(nanoTime.getAsLong() & 0xffffff);
            String before = times == 1 ? "" : ", after " + (times - 1) + " failures that are not in the log";
            LOG.log(System.Logger.Level.ERROR, "handler for type " + typeName() + " failed, reference " + reference + before, failure);
            return error(ErrorCode.FAILED, "the handler failed, reference " + reference);
        }

        /** The message of an exception is not bounded, a reply is. */
        private static String truncated(String text) {
            return text.length() <= MAX_ERROR_CHARS ? text : text.substring(0, MAX_ERROR_CHARS);
        }

        private String success(Object result) {
            String reply = reply(result == null ? Optional.empty() : Optional.of(codec.write(result)));
            return reply.length() <= maxReplyChars ? reply : error(ErrorCode.TOO_LARGE, "the reply has " + reply.length() + " characters, at most " + maxReplyChars);
        }

        /** Empty if the message is not a request and the handler returned nothing. */
        private String reply(Optional<String> value) {
            if (message.id().isPresent()) {
                return FrameWriter.reply(from(), message.id().getAsLong(), value);
            }
            if (value.isEmpty()) {
                return "";
            }
            if (message.envelope().isEmpty() && Names.isEventType(typeName())) {
                return error(ErrorCode.BAD_VALUE, "there is an answer, but " + Names.eventTypeRule(typeName()));
            }
            return message.envelope()
                .map(inner -> FrameWriter.enveloped(inner, value.get()))
                .orElseGet(() -> FrameWriter.message(from(), typeName(), value.get()));
        }

        /** What a handler has begun, it may have done: only one that never began may be called again. */
        private synchronized String timeout() {
            return FrameWriter.error(from(), message.id(), ErrorCode.TIMEOUT.code(), "no answer within " + format(within), !handled);
        }

        private String error(ErrorCode code, String text) {
            return FrameWriter.error(from(), message.id(), code, text);
        }

        private Optional<String> from() {
            return Optional.of(message.from());
        }

        private String typeName() {
            return message.type().orElse("message");
        }
    }
}
