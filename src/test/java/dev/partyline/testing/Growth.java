package dev.partyline.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.IntFunction;

/**
 * Whether the time of some work grows in proportion to its size. Eight times as much takes eight times as long if it does, and 64 times as long if every step looks at all steps
 * before it. Only the ratio counts, of the fastest of several runs, in CPU time of the thread: on a busy machine a long run is interrupted more often than a short one.
 */
public final class Growth {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int FACTOR = 8;
    /** Three times as much as in proportion: for larger maps and colder caches. */
    private static final int MAX_RATIO = 3 * FACTOR;
    private static final int TRIES = 10;
    private static final int RUNS = 5;

    private Growth() {
    }

    /** @param work makes the work of a size; what it takes to make it is not measured */
    public static void assertProportional(int size, IntFunction<Runnable> work) {
        Runnable little = work.apply(size);
        Runnable much = work.apply(FACTOR * size);
        double least = Double.MAX_VALUE;
        for (int i = 0; i < TRIES && least >= MAX_RATIO; i++) {
            least = Math.min(least, (double) fastest(much) / Math.max(1, fastest(little)));
        }
        assertThat(least).as("time for %d in relation to the time for %d", FACTOR * size, size).isLessThan(MAX_RATIO);
    }

    private static long fastest(Runnable work) {
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < RUNS; i++) {
            long started = THREADS.getCurrentThreadCpuTime();
            work.run();
            fastest = Math.min(fastest, THREADS.getCurrentThreadCpuTime() - started);
        }
        return fastest;
    }
}
