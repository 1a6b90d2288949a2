package dev.partyline.handler;

/**
 * CDI event: a line has ended. As {@link LineListener#lineGone}.
 *
 * @param line the line
 */
public record LineClosed(Caller line) {
}
