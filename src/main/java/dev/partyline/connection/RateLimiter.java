package dev.partyline.connection;

/**
 * How many messages one client may send: so many a second in the long run, and a burst at once. Who goes on regardless is told apart from who was
 * merely too quick. Not safe for threads.
 */
final class RateLimiter {

    enum Decision { ALLOWED, REFUSED, FLOOD }

    private static final double NANOS_PER_SECOND = 1e9;

    private final double perSecond;
    private final double burst;
    private double left;
    private long refilledAt;

    RateLimiter(int perSecond, int burst, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.left = burst;
        this.refilledAt = nowNanos;
    }

    Decision take(long nowNanos) {
        left = Math.min(burst, left + (nowNanos - refilledAt) / NANOS_PER_SECOND * perSecond);
        refilledAt = nowNanos;
        // What is refused counts too, so that a flood gets deeper into debt than it is forgiven.
        left = Math.max(left - 1, -burst);
        if (left >= 0) {
            return Decision.ALLOWED;
        }
        return left > -burst ? Decision.REFUSED : Decision.FLOOD;
    }
}
