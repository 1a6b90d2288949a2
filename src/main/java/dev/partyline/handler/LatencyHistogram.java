package dev.partyline.handler;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** The durations of the handler of one type, as a histogram. Thread-safe. */
public final class LatencyHistogram {

    /** Upper bounds of the buckets in seconds; one more bucket has the longer ones. */
    public static final List<Double> BOUNDS = List.of(0.0001, 0.001, 0.01, 0.1, 1.0, 10.0);

    private static final double NANOS_PER_SECOND = 1e9;

    private final LongAdder[] buckets = new LongAdder[BOUNDS.size() + 1];
    private final LongAdder nanos = new LongAdder();

    LatencyHistogram() {
        Arrays.setAll(buckets, i -> new LongAdder());
    }

    void record(long elapsedNanos) {
        double seconds = elapsedNanos / NANOS_PER_SECOND;
        int bucket = 0;
        while (bucket < BOUNDS.size() && seconds > BOUNDS.get(bucket)) {
            bucket++;
        }
        buckets[bucket].increment();
        nanos.add(elapsedNanos);
    }

    /** The number of calls in each bucket; not cumulative. */
    public List<Long> counts() {
        return Arrays.stream(buckets).map(LongAdder::sum).toList();
    }

    public double sumSeconds() {
        return nanos.sum() / NANOS_PER_SECOND;
    }
}
