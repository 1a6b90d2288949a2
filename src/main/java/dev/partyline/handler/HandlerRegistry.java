package dev.partyline.handler;

import dev.partyline.wire.Names;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Which type of message goes to which handler. Safe for threads. */
public final class HandlerRegistry {

    private final ConcurrentMap<String, Registered<?>> byType = new ConcurrentHashMap<>();
    private volatile Optional<Registered<?>> fallback = Optional.empty();

    /** A handler, what it takes, and how long it has taken. */
    record Registered<T>(Class<T> value, Handler<T> handler, LatencyHistogram timing) {

        Registered(Class<T> value, Handler<T> handler) {
            this(Objects.requireNonNull(value, "value"), Objects.requireNonNull(handler, "handler"), new LatencyHistogram());
        }
    }

    /**
     * @throws IllegalArgumentException if the type is no name, or begins with {@code $}
     * @throws IllegalStateException    if the type has a handler
     */
    public <T> void on(String type, Class<T> value, Handler<T> handler) {
        Registered<?> before = byType.putIfAbsent(Names.requireType(type), new Registered<>(value, handler));
        if (before != null) {
            throw new IllegalStateException("type \"" + type + "\" has a handler already");
        }
    }

    /** What takes the messages that no handler is registered for, untyped ones too. */
    public <T> void onOthers(Class<T> value, Handler<T> handler) {
        fallback = Optional.of(new Registered<>(value, handler));
    }

    /** How long each type's handler has taken; what the handler for all others took is under {@code *}. */
    public Map<String, LatencyHistogram> timings() {
        Map<String, LatencyHistogram> timings = new TreeMap<>();
        byType.forEach((type, registered) -> timings.put(type, registered.timing()));
        fallback.ifPresent(registered -> timings.put("*", registered.timing()));
        return timings;
    }

    Optional<Registered<?>> find(Optional<String> type) {
        Optional<Registered<?>> known = type.map(byType::get);
        return known.isPresent() ? known : fallback;
    }
}
