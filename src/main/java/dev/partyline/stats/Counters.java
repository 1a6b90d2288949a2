package dev.partyline.stats;

import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of a node. There is one object of this class for all its connections and event loops: adders keep threads that count the same apart.
 *
 * <p>Any thread may call. Sums of different counters are not of the same instant.
 */
public final class Counters {

    private final LongAdder[] adders = new LongAdder[Counter.values().length];

    public Counters() {
        Arrays.setAll(adders, i -> new LongAdder());
    }

    public void increment(Counter counter) {
        adders[counter.ordinal()].increment();
    }

    public void add(Counter counter, long amount) {
        adders[counter.ordinal()].add(amount);
    }

    public long sum(Counter counter) {
        return adders[counter.ordinal()].sum();
    }
}
