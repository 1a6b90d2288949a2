package dev.partyline.handler;

import dev.partyline.stats.LatencyHistogram;
import dev.partyline.stats.LogThrottle;
import dev.partyline.wire.Names;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The handlers by message type. Thread-safe. */
public final class HandlerRegistry {

    private static final int FAILURES_PER_MINUTE = 10;

    private final ConcurrentMap<String, Registered<?>> byType = new ConcurrentHashMap<>();
    private volatile Optional<Registered<?>> fallback = Optional.empty();

    /** A handler, the type of its values, its options, its latency, and which of its failures are logged: clients can cause them as fast as they may send. */
    record Registered<T>(Type value, Handler<T> handler, HandlerOptions options, LatencyHistogram latency, LogThrottle failures) {

        @SuppressWarnings("removal")
        Registered(Type value, Handler<T> handler, HandlerOptions options) {
            this(Objects.requireNonNull(value, "value"), Objects.requireNonNull(handler, "handler"), handler.isNonBlocking() ? options.nonBlocking() : options, new LatencyHistogram(),
                new LogThrottle(FAILURES_PER_MINUTE));
            if (handler.isQuick()) {
                throw new UnsupportedOperationException("Handler.isQuick has been renamed: override Handler.isNonBlocking instead");
            }
        }
    }

    /** As {@link #on(String, Class, Handler, HandlerOptions)}, with the standard options. */
    public <T> void on(String type, Class<T> value, Handler<T> handler) {
        on(type, value, handler, HandlerOptions.standard());
    }

    /**
     * @throws IllegalArgumentException      if the type is invalid, or begins with {@code $}, or if the handler never blocks and has parallel calls
     * @throws IllegalStateException         if the type already has a handler
     * @throws UnsupportedOperationException if the handler overrides {@code isQuick}
     */
    public <T> void on(String type, Class<T> value, Handler<T> handler, HandlerOptions options) {
        onGeneric(type, value, handler, options);
    }

    /** As {@link #on(String, Class, Handler, HandlerOptions)}, for any type of values, such as {@code List<Place>}. The handler must take it. */
    public void onGeneric(String type, Type value, Handler<?> handler, HandlerOptions options) {
        Registered<?> before = byType.putIfAbsent(Names.requireType(type), new Registered<>(value, handler, options));
        if (before != null) {
            throw new IllegalStateException("type \"" + type + "\" has a handler already");
        }
    }

    /** Registers the handler for messages without a handler of their own, including those without a type. */
    public <T> void onOthers(Class<T> value, Handler<T> handler) {
        fallback = Optional.of(new Registered<>(value, handler, HandlerOptions.standard()));
    }

    /** The latency of the handler of each type; that of the handler for all other types is under {@code *}. */
    public Map<String, LatencyHistogram> latencies() {
        Map<String, LatencyHistogram> latencies = new HashMap<>();
        byType.forEach((type, registered) -> latencies.put(type, registered.latency()));
        fallback.ifPresent(registered -> latencies.put("*", registered.latency()));
        return latencies;
    }

    Optional<Registered<?>> find(Optional<String> type) {
        Optional<Registered<?>> known = type.map(byType::get);
        return known.isPresent() ? known : fallback;
    }
}
