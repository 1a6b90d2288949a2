package dev.partyline.handler;

import dev.partyline.line.Line;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Runs handlers and sends their replies to the requesting line.
 *
 * <p>Handlers run on a bounded pool: the messages of a tab in order, those of different tabs in parallel. If the pool is full, a request is answered with
 * {@code overloaded}; if a handler takes too long, with {@code timeout}, and its later result is dropped.
 */
public final class Dispatcher {

    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());
    private static final int MAX_ERROR_CHARS = 1_000;
    private static final Duration THREAD_IDLE = Duration.ofSeconds(10);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    private final HandlerRegistry handlers;
    private final ValueCodec codec;
    private final LongSupplier nanoTime;
    private final long timeoutNanos;
    private final int maxReplyChars;
    private final ThreadPoolExecutor pool;
    private final KeyedExecutor<Key> executor;
    private final Set<Invocation> running = ConcurrentHashMap.newKeySet();
    private final List<LineListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * The unit of order: the messages of a tab, or the events of a line.
     *
     * <p>The comparison is explicit, because the generated one of a record leaks the class loader of a stopped application: {@code ObjectMethods} keeps a reference to the
     * last class that it compared.
     */
    private record Key(Line line, Optional<String> tab) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.line == line && key.tab.equals(tab);
        }

        @Override
        public int hashCode() {
            return 31 * line.hashCode() + tab.hashCode();
        }
    }

    /**
     * The limits of the pool.
     *
     * @param threads       handlers that run at a time
     * @param waiting       tasks that are queued for a thread
     * @param waitingPerTab queued messages of one tab
     * @param timeout       maximum time for a request
     * @param maxReplyChars maximum length of a reply
     */
    public record Limits(int threads, int waiting, int waitingPerTab, Duration timeout, int maxReplyChars) {
    }

    public Dispatcher(HandlerRegistry handlers, ValueCodec codec, Limits limits, LongSupplier nanoTime) {
        this.handlers = handlers;
        this.codec = codec;
        this.nanoTime = nanoTime;
        this.timeoutNanos = limits.timeout().toNanos();
        this.maxReplyChars = limits.maxReplyChars();
        AtomicInteger number = new AtomicInteger();
        this.pool = new ThreadPoolExecutor(limits.threads(), limits.threads(), THREAD_IDLE.toMillis(), TimeUnit.MILLISECONDS,
            new ArrayBlockingQueue<>(limits.waiting()), task -> {
                Thread thread = new Thread(task, "partyline-handler-" + number.getAndIncrement());
                thread.setDaemon(true);
                return thread;
            });
        pool.allowCoreThreadTimeOut(true);
        this.executor = new KeyedExecutor<>(pool, limits.waitingPerTab());
    }

    public void listen(LineListener listener) {
        listeners.add(listener);
    }

    /** Calls the application's line listeners, after the earlier events of the same line. */
    public void notifyListeners(Line line, Consumer<LineListener> event) {
        if (listeners.isEmpty()) {
            return;
        }
        boolean accepted = executor.offer(new Key(line, Optional.empty()), () -> listeners.forEach(listener -> {
            try {
                event.accept(listener);
            } catch (Throwable e) {
                LOG.log(System.Logger.Level.ERROR, "a line listener failed", e);
            }
        }));
        if (!accepted) {
            LOG.log(System.Logger.Level.WARNING, "line {0}: the handler pool is full, an event for line listeners was dropped", line.id());
        }
    }

    /** Runs the handler of a message. */
    public void dispatch(Line line, Frame.Message message) {
        Optional<HandlerRegistry.Registered<?>> handler = handlers.find(message.type());
        if (handler.isEmpty()) {
            reject(line, message, ErrorCode.UNKNOWN_TYPE, "there is no handler for this type");
            return;
        }
        Invocation invocation = new Invocation(line, message, nanoTime.getAsLong() + timeoutNanos);
        running.add(invocation);
        Key key = new Key(line, Optional.of(message.from()));
        Runnable task = () -> run(handler.get(), invocation);
        if (!(handler.get().handler().isNonBlocking() ? executor.runOrOffer(key, task) : executor.offer(key, task))) {
            invocation.reject(ErrorCode.OVERLOADED, "too many messages are queued for their handlers");
        }
    }

    private static void reject(Line line, Frame.Message message, ErrorCode code, String text) {
        line.answer(message.id(), FrameWriter.error(Optional.of(message.from()), message.id(), code, text));
    }

    private <T> void run(HandlerRegistry.Registered<T> handler, Invocation invocation) {
        if (invocation.isSettled()) {
            return;
        }
        long started = nanoTime.getAsLong();
        try {
            Frame.Message message = invocation.message;
            T value = codec.read(message.value(), handler.value());
            Caller caller = new Caller(invocation.line.id(), Optional.of(message.from()), invocation.line.user());
            Object result = handler.handler().handle(new Call<>(message.type().orElse(""), value, caller, message.id().isPresent()));
            if (result instanceof CompletionStage<?> stage) {
                stage.whenComplete((late, failure) -> invocation.complete(late, failure));
            } else {
                invocation.complete(result, null);
            }
        } catch (Throwable e) {
            // Errors too: on some containers an error that is not caught leaves the socket open and without further messages.
            invocation.complete(null, e);
        } finally {
            handler.latency().record(nanoTime.getAsLong() - started);
        }
    }

    /** The number of messages that are queued for their handler or being handled. */
    public int running() {
        return running.size();
    }

    /** Rejects requests whose time is up. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        Map<String, Integer> late = new TreeMap<>();
        for (Invocation invocation : running) {
            if (now - invocation.deadline > 0) {
                late.merge(invocation.typeName(), 1, Integer::sum);
                invocation.reject(ErrorCode.TIMEOUT, "no answer within " + format(Duration.ofNanos(timeoutNanos)));
            }
        }
        late.forEach((type, count) -> LOG.log(System.Logger.Level.WARNING, "{0} messages of type {1} were not answered in time", count, type));
    }

    private static String format(Duration time) {
        return time.toMillisPart() == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    public void stop() throws InterruptedException {
        pool.shutdownNow();
        pool.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One run of a handler for one message, which is answered once. */
    private final class Invocation {

        private final Line line;
        private final Frame.Message message;
        private final long deadline;

        private Invocation(Line line, Frame.Message message, long deadline) {
            this.line = line;
            this.message = message;
            this.deadline = deadline;
        }

        private boolean isSettled() {
            return !running.contains(this);
        }

        private void complete(Object result, Throwable failure) {
            if (failure == null) {
                answer(result);
            } else if (failure instanceof CompletionException && failure.getCause() != null) {
                complete(null, failure.getCause());
            } else if (failure instanceof CallException rejection) {
                if (running.remove(this)) {
                    line.answer(message.id(), FrameWriter.error(from(), message.id(), rejection.code(), truncated(rejection.getMessage()), rejection.retryable()));
                }
            } else if (failure instanceof ValueCodec.BadValueException) {
                LOG.log(System.Logger.Level.DEBUG, () -> "a value for type " + typeName() + " does not fit", failure);
                reject(ErrorCode.BAD_VALUE, "the value does not fit type " + typeName());
            } else {
                onFailure(failure);
            }
        }

        /** The message of an exception is not bounded, a reply is. */
        private static String truncated(String text) {
            return text.length() <= MAX_ERROR_CHARS ? text : text.substring(0, MAX_ERROR_CHARS);
        }

        private void answer(Object result) {
            String reply;
            try {
                reply = reply(result == null ? Optional.empty() : Optional.of(codec.write(result)));
            } catch (RuntimeException | StackOverflowError e) {
                onFailure(e);
                return;
            }
            if (reply.length() > maxReplyChars) {
                reject(ErrorCode.TOO_LARGE, "the reply has " + reply.length() + " characters, at most " + maxReplyChars);
            } else if (running.remove(this) && !reply.isEmpty()) {
                line.answer(message.id(), reply);
            }
        }

        /** The frame of the reply; empty if the message is not a request and the handler returned nothing. */
        private String reply(Optional<String> value) {
            if (message.id().isPresent()) {
                return FrameWriter.reply(from(), message.id().getAsLong(), value);
            }
            if (value.isEmpty()) {
                return "";
            }
            return message.envelope()
                .map(inner -> FrameWriter.enveloped(inner, value.get()))
                .orElseGet(() -> FrameWriter.message(from(), typeName(), value.get()));
        }

        private void onFailure(Throwable failure) {
            String reference = Integer.toHexString(System.identityHashCode(this)) + Long.toHexString(nanoTime.getAsLong() & 0xffffff);
            LOG.log(System.Logger.Level.ERROR, "handler for type " + typeName() + " failed, reference " + reference, failure);
            reject(ErrorCode.FAILED, "the handler failed, reference " + reference);
        }

        private void reject(ErrorCode code, String text) {
            if (running.remove(this)) {
                line.answer(message.id(), FrameWriter.error(from(), message.id(), code, text));
            }
        }

        private Optional<String> from() {
            return Optional.of(message.from());
        }

        private String typeName() {
            return message.type().orElse("message");
        }
    }
}
