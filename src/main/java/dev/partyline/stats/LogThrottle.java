package dev.partyline.stats;

import java.time.Duration;

/**
 * Keeps events that clients cause at will from filling the log: the first is logged at once, then one a minute, with the number of events since the last message.
 *
 * <p>Any thread may call.
 */
public final class LogThrottle {

    private static final long INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

    private boolean logged;
    private long loggedAt;
    private long count;

    /**
     * Counts an event.
     *
     * @param now in nanoseconds, of any clock
     * @return 0 if it is not to be logged, otherwise the number of events since the last message, with this one
     */
    public synchronized long onEvent(long now) {
        count++;
        if (logged && now - loggedAt < INTERVAL_NANOS) {
            return 0;
        }
        long since = count;
        logged = true;
        loggedAt = now;
        count = 0;
        return since;
    }
}
