package dev.partyline.stats;

import java.time.Duration;

/** The largest value of the last ten to twenty seconds. One thread records; any thread may read. */
public final class RecentMaximum {

    private static final long PERIOD_NANOS = Duration.ofSeconds(10).toNanos();

    private volatile long current;
    private volatile long previous;
    private long periodEnds;

    public void record(long value) {
        if (value > current) {
            current = value;
        }
    }

    /** Begins a new period if the present one is over. Called by the thread that records, more often than a period is long. */
    public void tick(long nowNanos) {
        if (nowNanos - periodEnds >= 0) {
            periodEnds = nowNanos + PERIOD_NANOS;
            previous = current;
            current = 0;
        }
    }

    public long get() {
        return Math.max(current, previous);
    }
}
