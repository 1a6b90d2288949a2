package dev.partyline.handler;

import java.time.Duration;
import java.util.Optional;

/**
 * How the messages of one type are handled, where it differs from other types: {@code HandlerOptions.standard().within(Duration.ofMinutes(2)).parallel(4)}.
 *
 * <p>Immutable: each method returns other options.
 */
public final class HandlerOptions {

    private static final Duration MAX_WITHIN = Duration.ofDays(365);
    private static final HandlerOptions STANDARD = new HandlerOptions(null, 1, false);

    /** Null for the setting. */
    private final Duration within;
    private final int parallel;
    private final boolean nonBlocking;

    private HandlerOptions(Duration within, int parallel, boolean nonBlocking) {
        if (nonBlocking && parallel > 1) {
            throw new IllegalArgumentException("a handler that never blocks runs on the thread that reads the message, so parallel must be 1 and not " + parallel);
        }
        this.within = within;
        this.parallel = parallel;
        this.nonBlocking = nonBlocking;
    }

    /** Those of a handler that is registered without options. */
    public static HandlerOptions standard() {
        return STANDARD;
    }

    /**
     * The time limit of the type, instead of the setting {@code partyline.handler.within}. A page waits for 10 s by default: where this is longer, pass a {@code timeout} to
     * {@code line.request}.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public HandlerOptions within(Duration limit) {
        if (limit.isNegative() || limit.isZero() || limit.compareTo(MAX_WITHIN) > 0) {
            throw new IllegalArgumentException("within is " + limit + ", must be positive and at most " + MAX_WITHIN.toDays() + " days");
        }
        return new HandlerOptions(limit, parallel, nonBlocking);
    }

    /**
     * How many messages of this type and of one tab are handled at the same time, 1 by default. With more than one, their order is lost, and they neither wait for messages of other types nor keep
     * those waiting. The limits for a line and a user still hold.
     *
     * @throws IllegalArgumentException unless it is positive, or if the handler never blocks
     */
    public HandlerOptions parallel(int calls) {
        if (calls < 1) {
            throw new IllegalArgumentException("parallel is " + calls + ", must be positive");
        }
        return new HandlerOptions(within, calls, nonBlocking);
    }

    /**
     * Says that the handler never blocks: as {@link Handler#nonBlocking}.
     *
     * @throws IllegalArgumentException if there are parallel calls
     */
    public HandlerOptions nonBlocking() {
        return new HandlerOptions(within, parallel, true);
    }

    Optional<Duration> within() {
        return Optional.ofNullable(within);
    }

    int parallel() {
        return parallel;
    }

    boolean isNonBlocking() {
        return nonBlocking;
    }
}
