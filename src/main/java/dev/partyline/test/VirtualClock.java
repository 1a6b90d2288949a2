package dev.partyline.test;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Time that stands still until it is moved. */
final class VirtualClock implements LongSupplier {

    private volatile long now;

    @Override
    public long getAsLong() {
        return now;
    }

    /** Called by the thread of the test. */
    void forward(Duration by) {
        now += by.toNanos();
    }
}
