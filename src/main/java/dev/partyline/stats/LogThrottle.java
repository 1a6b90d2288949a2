package dev.partyline.stats;

import java.time.Duration;

/**
 * Keeps events that clients cause at will from filling the log: the first ones are logged at once, then none until a minute after the first, with the number of events since the last message.
 *
 * <p>Any thread may call.
 */
public final class LogThrottle {

    private static final long INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

    private final int perMinute;
    private long begunAt;
    private int logged;
    private long count;

    /** One a minute. */
    public LogThrottle() {
        this(1);
    }

    /** @param perMinute how many events are logged in a minute */
    public LogThrottle(int perMinute) {
        this.perMinute = perMinute;
    }

    /**
     * Counts an event.
     *
     * @param now in nanoseconds, of any clock
     * @return 0 if it is not to be logged, otherwise the number of events since the last message, with this one
     */
    public synchronized long onEvent(long now) {
        count++;
        if (logged > 0 && now - begunAt >= INTERVAL_NANOS) {
            logged = 0;
        }
        if (logged == perMinute) {
            return 0;
        }
        begunAt = logged == 0 ? now : begunAt;
        logged++;
        long since = count;
        count = 0;
        return since;
    }
}
