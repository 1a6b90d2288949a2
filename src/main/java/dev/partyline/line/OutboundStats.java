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
    final LongAdder passes = new LongAdder();
    final LongAdder passNanos = new LongAdder();
    /** How late word from others was taken at worst, in this span of time and the one before. */
    private volatile long longestPassNanos;
    private volatile long longestPassBefore;
    private long spanEnds;

    /**
     * The sum over all operators.
     *
     * @param batches          WebSocket messages sent
     * @param frames           frames in them
     * @param chars            characters in them
     * @param gaps             gaps told
     * @param slowCloses       sockets closed because their reader did not keep up
     * @param passes           passes that found something to do
     * @param passNanos        time that they took
     * @param longestPassNanos the longest of them in the last ten to twenty seconds
     */
    public record Snapshot(long batches, long frames, long chars, long gaps, long slowCloses, long passes, long passNanos, long longestPassNanos) {

        static final Snapshot ZERO = new Snapshot(0, 0, 0, 0, 0, 0, 0, 0);

        Snapshot plus(Snapshot other) {
            return new Snapshot(batches + other.batches, frames + other.frames, chars + other.chars, gaps + other.gaps, slowCloses + other.slowCloses,
                passes + other.passes, passNanos + other.passNanos, Math.max(longestPassNanos, other.longestPassNanos));
        }
    }

    /** Operator only. */
    void passed(long nanos) {
        passes.increment();
        passNanos.add(nanos);
        if (nanos > longestPassNanos) {
            longestPassNanos = nanos;
        }
    }

    /** Operator only. */
    void sent(int count, int length) {
        batches.increment();
        frames.add(count);
        chars.add(length);
    }

    /** Operator only, now and then. */
    void tick(long now) {
        if (now - spanEnds >= 0) {
            spanEnds = now + SPAN_NANOS;
            longestPassBefore = longestPassNanos;
            longestPassNanos = 0;
        }
    }

    Snapshot read() {
        long longest = Math.max(longestPassNanos, longestPassBefore);
        return new Snapshot(batches.sum(), frames.sum(), chars.sum(), gaps.sum(), slowCloses.sum(), passes.sum(), passNanos.sum(), longest);
    }
}
