package dev.partyline.line;

/**
 * A token bucket: limits what one client sends to an amount a second on average, and a burst at once. What is rejected costs tokens too, so a
 * client that goes on sending at a higher rate arrives at {@code FLOOD}, and one that was merely too fast for a moment does not.
 *
 * <p>Not thread-safe.
 */
public final class RateLimiter {

    /** Ordered by severity. */
    public enum Decision {
        ALLOWED, REJECTED, FLOOD;

        /** The more severe one. */
        Decision or(Decision other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    private static final double NANOS_PER_SECOND = 1e9;

    private final double perSecond;
    private final double burst;
    private double tokens;
    private long refilledAt;

    RateLimiter(double perSecond, double burst, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.refilledAt = nowNanos;
    }

    Decision tryAcquire(int amount, long nowNanos) {
        refill(nowNanos);
        // What is rejected costs as much, so that a flood runs into debt faster than the bucket refills.
        tokens = Math.max(tokens - amount, -burst);
        if (tokens >= 0) {
            return Decision.ALLOWED;
        }
        return tokens > -burst ? Decision.REJECTED : Decision.FLOOD;
    }

    /** How much is allowed at once now; negative after a rejection. */
    long left(long nowNanos) {
        refill(nowNanos);
        return (long) Math.floor(tokens);
    }

    private void refill(long nowNanos) {
        // Two threads may have read the clock in another order than they come here.
        tokens = Math.min(burst, tokens + Math.max(0, nowNanos - refilledAt) / NANOS_PER_SECOND * perSecond);
        refilledAt = nowNanos;
    }
}
