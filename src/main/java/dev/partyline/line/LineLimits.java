package dev.partyline.line;

import java.time.Duration;

/**
 * The bounds within which lines live.
 *
 * @param windowChars     characters that may be unacknowledged on a socket
 * @param syncSendChars      characters that may be unacknowledged on a socket that is sent to by blocking
 * @param batchChars      characters joined in one WebSocket message
 * @param sendDeadline    how long a send may be under way, or a window full
 * @param silence         how long a client may say nothing
 * @param keepAlive       how long the server says nothing
 * @param hold            how long a line waits for its browser
 * @param heldLines       most lines that wait
 * @param heldChars       most characters in the inboxes of lines that wait
 * @param inboxMessages   most messages in a line's inbox
 * @param inboxChars      most characters in a line's inbox
 * @param tabs            most tabs on a line
 * @param topics          most topics that a line may join, besides its own
 * @param lines           most lines of a node
 * @param linesPerUser    most lines of a user
 * @param linesPerAddress most lines from an address
 */
public record LineLimits(int windowChars, int syncSendChars, int batchChars, Duration sendDeadline, Duration silence, Duration keepAlive,
                         Duration hold, int heldLines, long heldChars, int inboxMessages, int inboxChars, int tabs, int topics,
                         int lines, int linesPerUser, int linesPerAddress) {

    /** What a small message takes of a connection's buffers, as characters: Linux gives a new one some 46 KB, of which that message takes a little more than 1 KB. */
    private static final int SYNC_SEND_CHARS_PER_MESSAGE = 682;

    int syncSendMessages() {
        return Math.max(1, syncSendChars / SYNC_SEND_CHARS_PER_MESSAGE);
    }

    /** After how many characters a client should acknowledge: so soon that it mostly has credit for the quick way, and so late that this costs little. */
    public int ackChars() {
        return Math.max(1, Math.min(windowChars / 8, syncSendChars / 2));
    }

    /** After how many WebSocket messages a client should acknowledge. */
    public int ackMessages() {
        return Math.max(1, syncSendMessages() / 2);
    }

    /** After how much silence a client is asked to speak: once, and with time for a second try, before it is taken for dead. */
    Duration clientPing() {
        return silence.multipliedBy(4).dividedBy(7);
    }
}
