package dev.partyline.topic;

import java.time.Duration;

/**
 * How much of a topic is kept for those who come later: whatever of the three is reached first.
 *
 * @param messages most messages kept
 * @param chars    most characters kept, over all messages
 * @param age      how long a message is kept
 * @param kind     what being late means
 */
public record Retention(int messages, int chars, Duration age, Kind kind) {

    /** How long a message of a topic without memory may be under way to the lines that listen now. */
    private static final Duration TRANSIT = Duration.ofSeconds(5);

    /** What a reader that comes late is given. */
    public enum Kind {
        /** What it missed, or a gap where that is gone. */
        HISTORY,
        /** The newest message; that older ones are gone is no gap, since each replaces the one before. */
        LATEST,
        /** Nothing but a gap. */
        NONE
    }

    public Retention {
        if (messages < 1 || chars < 1 || age.isNegative() || age.isZero()) {
            throw new IllegalArgumentException("retention of " + messages + " messages, " + chars + " characters and " + age + ", each must be positive");
        }
    }

    public static Retention history(int messages, int chars, Duration age) {
        return new Retention(messages, chars, age, Kind.HISTORY);
    }

    /** A state topic: only the newest message counts, and it does not age. Such a topic is never forgotten: for those that come and go see {@link #latest(Duration)}. */
    public static Retention latest() {
        return latest(Duration.ofDays(36_500));
    }

    /** A state topic whose state is worth nothing any more when it has not changed for {@code age}. */
    public static Retention latest(Duration age) {
        return new Retention(1, Integer.MAX_VALUE, age, Kind.LATEST);
    }

    /** A topic that is heard live or not at all. Messages under way to slow lines are kept within the bounds of {@code transit}. */
    public static Retention none(int messages, int chars) {
        return new Retention(messages, chars, TRANSIT, Kind.NONE);
    }
}
