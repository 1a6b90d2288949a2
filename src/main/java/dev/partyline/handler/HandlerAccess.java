package dev.partyline.handler;

import dev.partyline.line.CallerFacts;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What the test kit needs of handlers that applications do not. In the jar of the test kit only. */
public final class HandlerAccess {

    private HandlerAccess() {
    }

    public static <T> Call<T> call(String type, T value, Caller caller, boolean request, Duration timeLeft) {
        return new Call<>(type, value, caller, request, timeLeft::toNanos);
    }

    public static Caller caller(String line, String tab, CallerFacts facts) {
        return new Caller(line, Optional.of(tab), facts.user(), facts, new ConcurrentHashMap<>());
    }

    /** @throws IllegalArgumentException if the JSON is no such value */
    public static <T> T read(ValueCodec codec, String json, Class<T> type) {
        try {
            return codec.read(Optional.of(json), type);
        } catch (ValueCodec.BadValueException e) {
            throw new IllegalArgumentException(json + " is no " + type.getName(), e);
        }
    }
}
