package dev.partyline.line;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Limits how often something may happen per address: so many times a second on average, and a burst at once.
 *
 * <p>Its memory does not grow with the number of addresses: they share a fixed number of buckets by a hash that clients cannot foresee. Each bucket is one number, the time at which it
 * is full again (the generic cell rate algorithm). Two addresses with one bucket are rare, and share the rate.
 *
 * <p>Any thread may call.
 */
final class AddressRate {

    /** A power of two. */
    private static final int BUCKETS = 1 << 14;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int HASH_FACTOR = 0x9E3779B1;

    private final AtomicLongArray fullAt = new AtomicLongArray(BUCKETS);
    private final int salt = new Random().nextInt();
    private final LongSupplier nanoTime;
    private final long intervalNanos;
    private final long burstNanos;

    AddressRate(int perSecond, int burst, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.intervalNanos = (long) (NANOS_PER_SECOND / perSecond);
        this.burstNanos = burst * intervalNanos;
        long now = nanoTime.getAsLong();
        for (int i = 0; i < BUCKETS; i++) {
            fullAt.set(i, now);
        }
    }

    /** Counts one more, unless the rate is exceeded. */
    boolean tryAcquire(String address) {
        int bucket = (address.hashCode() ^ salt) * HASH_FACTOR >>> Integer.SIZE - Integer.numberOfTrailingZeros(BUCKETS);
        while (true) {
            long now = nanoTime.getAsLong();
            long before = fullAt.get(bucket);
            long after = (before - now > 0 ? before : now) + intervalNanos;
            if (after - now > burstNanos) {
                return false;
            }
            if (fullAt.compareAndSet(bucket, before, after)) {
                return true;
            }
        }
    }
}
