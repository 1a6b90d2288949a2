package dev.partyline.wire;

/**
 * A position in a log: after the message with this offset, in the life of the log that the epoch identifies.
 *
 * <p>Offsets are consecutive within an epoch. A log that is created again, such as after a restart, has another epoch. Otherwise a reader with an offset of the old log
 * would lose messages of the new one without a gap.
 */
public record Position(String epoch, long offset) {

    public Position {
        if (epoch.isEmpty() || epoch.length() > Names.TAB_CHARS) {
            throw new IllegalArgumentException("epoch has " + epoch.length() + " characters, must have 1 to " + Names.TAB_CHARS);
        }
        if (offset < 0) {
            throw new IllegalArgumentException("offset is " + offset + ", must not be negative");
        }
    }
}
