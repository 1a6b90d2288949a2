package dev.partyline.connection;

/**
 * A token bucket: limits the messages of one client to a number a second on average, and a burst at once. Rejected messages cost tokens too, so a
 * client that goes on sending at a higher rate arrives at {@code FLOOD}, and one that was merely too fast for a moment does not.
 *
 * <p>Not thread-safe.
 */
final class RateLimiter {

    enum Decision { ALLOWED, REJECTED, FLOOD }

    private static final double NANOS_PER_SECOND = 1e9;

    private final double perSecond;
    private final double burst;
    private double tokens;
    private long refilledAt;

    RateLimiter(int perSecond, int burst, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.refilledAt = nowNanos;
    }

    Decision tryAcquire(long nowNanos) {
        tokens = Math.min(burst, tokens + (nowNanos - refilledAt) / NANOS_PER_SECOND * perSecond);
        refilledAt = nowNanos;
        // Rejected messages cost a token each, so that a flood runs into debt faster than the bucket refills.
        tokens = Math.max(tokens - 1, -burst);
        if (tokens >= 0) {
            return Decision.ALLOWED;
        }
        return tokens > -burst ? Decision.REJECTED : Decision.FLOOD;
    }
}
