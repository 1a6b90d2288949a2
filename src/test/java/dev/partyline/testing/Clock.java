package dev.partyline.testing;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A clock that stands still until it is told to go on. It starts where {@link System#nanoTime} may well be: just before it overflows. */
public final class Clock implements LongSupplier {

    private volatile long now = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

    @Override
    public long getAsLong() {
        return now;
    }

    public void forward(Duration by) {
        now += by.toNanos();
    }
}
