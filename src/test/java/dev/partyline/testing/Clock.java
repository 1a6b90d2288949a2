package dev.partyline.testing;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A clock that stands still until it is told to go on. It starts where {@link System#nanoTime} may well be: just before it overflows. */
public final class Clock implements LongSupplier {

    private volatile long now = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();
    private volatile boolean failing;

    @Override
    public long getAsLong() {
        if (failing) {
            failing = false;
            throw new OutOfMemoryError("as much as a clock can have");
        }
        return now;
    }

    /** The next reading fails, as any code does without memory. */
    public void failOnce() {
        failing = true;
    }

    public void forward(Duration by) {
        now += by.toNanos();
    }
}
