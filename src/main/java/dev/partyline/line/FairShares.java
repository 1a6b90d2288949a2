package dev.partyline.line;

import java.util.Arrays;

/** How a total is shared where different amounts are wanted: each amount is granted, up to the same level for all. So large amounts are cut, and small ones are not. */
final class FairShares {

    private FairShares() {
    }

    /**
     * The level at which the amounts that are cut to it have the sum {@code total}, or less by rounding.
     *
     * @return {@code Long.MAX_VALUE} if no amount must be cut
     */
    static long level(long[] amounts, long total) {
        long[] ascending = amounts.clone();
        Arrays.sort(ascending);
        long left = Math.max(0, total);
        for (int i = 0; i < ascending.length; i++) {
            long level = left / (ascending.length - i);
            if (ascending[i] > level) {
                return level;
            }
            left -= ascending[i];
        }
        return Long.MAX_VALUE;
    }
}
