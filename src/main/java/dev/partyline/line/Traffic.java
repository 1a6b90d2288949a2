package dev.partyline.line;

import java.util.concurrent.atomic.LongAdder;

/** What one operator has done since the start. The operator counts; any thread may read. */
public final class Traffic {

    final LongAdder batches = new LongAdder();
    final LongAdder frames = new LongAdder();
    final LongAdder chars = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder slowCloses = new LongAdder();
    final LongAdder passes = new LongAdder();
    final LongAdder passNanos = new LongAdder();
    /** The longest pass since this was last asked for: how late word from others was taken at worst. */
    volatile long longestPassNanos;

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
     * @param longestPassNanos the longest of them since this was last asked for
     */
    public record Sum(long batches, long frames, long chars, long gaps, long slowCloses, long passes, long passNanos, long longestPassNanos) {

        static final Sum ZERO = new Sum(0, 0, 0, 0, 0, 0, 0, 0);

        Sum plus(Sum other) {
            return new Sum(batches + other.batches, frames + other.frames, chars + other.chars, gaps + other.gaps, slowCloses + other.slowCloses,
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
    void sent(Batch batch) {
        batches.increment();
        frames.add(batch.frames());
        chars.add(batch.text().length());
    }

    Sum read() {
        long longest = longestPassNanos;
        longestPassNanos = 0;
        return new Sum(batches.sum(), frames.sum(), chars.sum(), gaps.sum(), slowCloses.sum(), passes.sum(), passNanos.sum(), longest);
    }
}
