package dev.partyline.sample;

import dev.partyline.Partyline;
import dev.partyline.handler.CallException;
import dev.partyline.wire.RawJson;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Callable;

/** Handlers that fail, in every way a handler can; their texts must stay on the server. */
final class Failures {

    static final String SECRET = "secret of the database";

    private static final Map<String, Callable<Object>> WAYS = Map.of(
        "exception", () -> {
            throw new Exception(SECRET);
        },
        "runtime", () -> {
            throw new IllegalStateException(SECRET);
        },
        "sneaky", () -> {
            throw Failures.<RuntimeException>unchecked(new Throwable(SECRET));
        },
        "overflow", () -> deeper(0),
        "memory", () -> {
            throw new OutOfMemoryError(SECRET);
        },
        "assertion", () -> {
            throw new AssertionError(SECRET);
        },
        "linkage", () -> {
            throw new NoClassDefFoundError(SECRET);
        },
        "later", () -> CompletableFuture.failedFuture(new IllegalStateException(SECRET)),
        "unwritable", Loop::new,
        "huge", () -> "x".repeat(2_000_000));

    /** What is left of a text that was cut within an emoji. */
    private static final String HALF = "caf\ud83d";

    private Failures() {
    }

    static void handleOn(Partyline partyline) {
        WAYS.forEach((name, way) -> partyline.on("fail." + name, RawJson.class, call -> way.call()));
        partyline.on("half", RawJson.class, call -> {
            partyline.topic("open.half").publish(HALF);
            return HALF;
        });
        partyline.on("fail.half", RawJson.class, call -> {
            throw new CallException("half", HALF);
        });
        partyline.on("fail.refuse", RawJson.class, call -> {
            throw new CallException("out_of_stock", "none left", true);
        });
    }

    private static Object deeper(int depth) {
        return depth + deeper(depth + 1).hashCode();
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchecked(Throwable any) throws T {
        throw (T) any;
    }

    /** What no JSON can be made of. */
    public static final class Loop {

        public Loop getItself() {
            return this;
        }
    }
}
