package dev.partyline.wire;

/**
 * A place in a log: behind the message with this offset, in the life of the log that this epoch names.
 *
 * <p>Offsets are dense within an epoch. A log that is made anew, say after a restart, gets another epoch: else offset 40 of yesterday's log would be
 * taken for offset 40 of today's, and a reader would miss messages without being told.
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
