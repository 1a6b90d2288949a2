package dev.partyline.stats;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A count per key, such as the lines of each user. A key whose count is 0 takes no memory.
 *
 * <p>Any thread may call.
 */
public final class KeyedCounter {

    private final ConcurrentMap<String, Integer> counts = new ConcurrentHashMap<>();

    /** Counts one more, unless there are {@code max} already. */
    public boolean tryIncrement(String key, int max) {
        boolean[] counted = {true};
        counts.merge(key, 1, (count, one) -> {
            counted[0] = count < max;
            return counted[0] ? count + one : count;
        });
        return counted[0];
    }

    public int count(String key) {
        return counts.getOrDefault(key, 0);
    }

    public void increment(String key) {
        counts.merge(key, 1, Integer::sum);
    }

    public void decrement(String key) {
        counts.computeIfPresent(key, (name, count) -> count == 1 ? null : count - 1);
    }
}
