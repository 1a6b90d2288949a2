package dev.partyline.handler;

import dev.partyline.wire.Names;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Which type of message goes to which handler. Safe for threads. */
public final class Handlers {

    private final ConcurrentMap<String, Registered<?>> byType = new ConcurrentHashMap<>();
    private volatile Optional<Registered<?>> others = Optional.empty();

    /** A handler and what it takes. */
    record Registered<T>(Class<T> value, Handler<T> handler) {
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
        others = Optional.of(new Registered<>(value, handler));
    }

    Optional<Registered<?>> find(Optional<String> type) {
        Optional<Registered<?>> known = type.map(byType::get);
        return known.isPresent() ? known : others;
    }
}
