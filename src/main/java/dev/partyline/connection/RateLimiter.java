package dev.partyline.connection;

/**
 * How many messages one client may send: so many a second in the long run, and a burst at once. Who goes on regardless is told apart from who was
 * merely too quick. Not safe for threads.
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
        // What is refused counts too, so that a flood gets deeper into debt than it is forgiven.
        tokens = Math.max(tokens - 1, -burst);
        if (tokens >= 0) {
            return Decision.ALLOWED;
        }
        return tokens > -burst ? Decision.REJECTED : Decision.FLOOD;
    }
}
