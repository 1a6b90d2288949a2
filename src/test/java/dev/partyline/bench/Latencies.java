package dev.partyline.bench;

import java.util.Arrays;

/** How long messages took. Keeps the first few million of them, in nanoseconds, which is all of them wherever these are asked for. */
final class Latencies {

    private static final int KEPT = 1 << 22;

    private final int[] micros = new int[KEPT];
    private int count;

    void add(long nanos) {
        if (count < KEPT) {
            micros[count++] = (int) Math.min(Integer.MAX_VALUE, nanos / 1000);
        }
    }

    void clear() {
        count = 0;
    }

    /** @param share of the messages that took no longer, such as 0.99 */
    double micros(double share) {
        if (count == 0) {
            return Double.NaN;
        }
        Arrays.sort(micros, 0, count);
        return micros[Math.min(count - 1, (int) Math.ceil(share * count) - 1)];
    }
}
