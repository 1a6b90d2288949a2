package dev.partyline.topic;

import java.time.Duration;

/**
 * How much of a topic is retained; the first of the three limits that is reached counts.
 *
 * @param messages maximum number of messages
 * @param chars    maximum number of characters of all messages
 * @param age      how long a message is retained
 * @param kind     what a late reader receives
 */
public record Retention(int messages, int chars, Duration age, Kind kind) {

    /** How long a message of a topic without history may be in transit to the current subscribers. */
    private static final Duration TRANSIT = Duration.ofSeconds(5);

    /** What a late reader receives. */
    public enum Kind {
        /** The messages it missed, or a gap if they are no longer retained. */
        HISTORY,
        /** The newest message. Missing older messages are not a gap, because each message replaces the one before. */
        LATEST,
        /** A gap. */
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

    /** A state topic: only the newest message counts, and it does not expire. Such a topic is never removed; for temporary ones see {@link #latest(Duration)}. */
    public static Retention latest() {
        return latest(Duration.ofDays(36_500));
    }

    /** A state topic whose state expires if it has not changed for {@code age}. */
    public static Retention latest(Duration age) {
        return new Retention(1, Integer.MAX_VALUE, age, Kind.LATEST);
    }

    /** A topic without history. Messages in transit to slow lines are retained for a few seconds, within these bounds. */
    public static Retention none(int messages, int chars) {
        return new Retention(messages, chars, TRANSIT, Kind.NONE);
    }
}
