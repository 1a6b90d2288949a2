package dev.partyline.line;

import java.time.Duration;

/**
 * How long and how many lines are held.
 *
 * @param time  how long a line is held
 * @param lines maximum number of held lines
 * @param chars maximum number of characters in the inboxes of all held lines
 */
public record HoldLimits(Duration time, int lines, long chars) {

    public HoldLimits {
        if (time.compareTo(Duration.ZERO) <= 0 || lines < 1 || chars < 1) {
            throw new IllegalArgumentException("time is " + time + ", lines is " + lines + " and chars is " + chars + ", each must be positive");
        }
    }
}
