package dev.partyline.stats;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** A histogram of durations. Any thread may call. */
public final class LatencyHistogram {

    /** Upper bounds of the buckets; one more bucket has what is longer. */
    public static final List<Duration> BOUNDS =
        List.of(Duration.ofNanos(100_000), Duration.ofMillis(1), Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(10));

    private static final long[] BOUNDS_NANOS = BOUNDS.stream().mapToLong(Duration::toNanos).toArray();

    private final LongAdder[] buckets = new LongAdder[BOUNDS.size() + 1];
    private final LongAdder totalNanos = new LongAdder();

    public LatencyHistogram() {
        Arrays.setAll(buckets, i -> new LongAdder());
    }

    public void record(long nanos) {
        int bucket = 0;
        while (bucket < BOUNDS_NANOS.length && nanos > BOUNDS_NANOS[bucket]) {
            bucket++;
        }
        buckets[bucket].increment();
        totalNanos.add(nanos);
    }

    /** The number of durations in each bucket; not cumulative. */
    public List<Long> counts() {
        return Arrays.stream(buckets).map(LongAdder::sum).toList();
    }

    public Duration total() {
        return Duration.ofNanos(totalNanos.sum());
    }
}
