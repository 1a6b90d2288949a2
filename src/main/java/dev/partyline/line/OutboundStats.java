package dev.partyline.line;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** What one operator has done since the start. The operator counts; any thread may read. */
public final class OutboundStats {

    private static final long SPAN_NANOS = Duration.ofSeconds(10).toNanos();

    final LongAdder batches = new LongAdder();
    final LongAdder frames = new LongAdder();
    final LongAdder chars = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder slowCloses = new LongAdder();
    final LongAdder iterations = new LongAdder();
    final LongAdder iterationNanos = new LongAdder();
    /** How late word from others was taken at worst, in this span of time and the one before. */
    private volatile long longestIterationNanos;
    private volatile long longestIterationBefore;
    private long spanEnds;

    /**
     * The sum over all operators.
     *
     * @param batches          WebSocket messages sent
     * @param frames           frames in them
     * @param chars            characters in them
     * @param gaps             gaps told
     * @param slowCloses       sockets closed because their reader did not keep up
     * @param iterations           passes that found something to do
     * @param iterationNanos        time that they took
     * @param longestIterationNanos the longest of them in the last ten to twenty seconds
     */
    public record Snapshot(long batches, long frames, long chars, long gaps, long slowCloses, long iterations, long iterationNanos, long longestIterationNanos) {

        static final Snapshot ZERO = new Snapshot(0, 0, 0, 0, 0, 0, 0, 0);

        Snapshot plus(Snapshot other) {
            return new Snapshot(batches + other.batches, frames + other.frames, chars + other.chars, gaps + other.gaps, slowCloses + other.slowCloses,
                iterations + other.iterations, iterationNanos + other.iterationNanos, Math.max(longestIterationNanos, other.longestIterationNanos));
        }
    }

    /** Operator only. */
    void onIteration(long nanos) {
        iterations.increment();
        iterationNanos.add(nanos);
        if (nanos > longestIterationNanos) {
            longestIterationNanos = nanos;
        }
    }

    /** Operator only. */
    void onSent(int count, int length) {
        batches.increment();
        frames.add(count);
        chars.add(length);
    }

    /** Operator only, now and then. */
    void tick(long now) {
        if (now - spanEnds >= 0) {
            spanEnds = now + SPAN_NANOS;
            longestIterationBefore = longestIterationNanos;
            longestIterationNanos = 0;
        }
    }

    Snapshot snapshot() {
        long longest = Math.max(longestIterationNanos, longestIterationBefore);
        return new Snapshot(batches.sum(), frames.sum(), chars.sum(), gaps.sum(), slowCloses.sum(), iterations.sum(), iterationNanos.sum(), longest);
    }
}
