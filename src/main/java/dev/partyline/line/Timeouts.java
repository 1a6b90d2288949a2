package dev.partyline.line;

import java.time.Duration;

/**
 * When a connection is closed, and what is done to keep it open.
 *
 * @param send      maximum duration of a send, and of a full send window
 * @param silence   maximum time without a message from the client
 * @param keepAlive maximum time without a message to the client
 */
public record Timeouts(Duration send, Duration silence, Duration keepAlive) {

    public Timeouts {
        if (send.compareTo(Duration.ZERO) <= 0 || silence.compareTo(Duration.ZERO) <= 0 || keepAlive.compareTo(Duration.ZERO) <= 0) {
            throw new IllegalArgumentException("send is " + send + ", silence is " + silence + " and keepAlive is " + keepAlive + ", each must be positive");
        }
    }

    /** After how much silence a client should send a ping: early enough for a second one before it counts as dead. */
    Duration clientPing() {
        return silence.multipliedBy(4).dividedBy(7);
    }
}
