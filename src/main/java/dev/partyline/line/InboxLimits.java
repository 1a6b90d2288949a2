package dev.partyline.line;

/**
 * What one inbox may have.
 *
 * @param messages maximum number of messages
 * @param chars    maximum number of characters, and maximum length of a reply
 */
public record InboxLimits(int messages, int chars) {

    public InboxLimits {
        if (messages < 1 || chars < 1) {
            throw new IllegalArgumentException("messages is " + messages + " and chars is " + chars + ", both must be positive");
        }
    }
}
