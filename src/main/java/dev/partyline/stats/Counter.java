package dev.partyline.stats;

/** What a node counts from its start on. {@code dev.partyline.Statistics} names and explains each for applications. */
public enum Counter {
    MESSAGES_IN,
    CHARS_IN,
    FAULTS,
    OVER_RATE,
    REFUSALS,
    BATCHES_OUT,
    FRAMES_OUT,
    CHARS_OUT,
    GAPS,
    SLOW_CLOSES,
    EVENT_LOOP_ITERATIONS,
    EVENT_LOOP_BUSY_NANOS
}
