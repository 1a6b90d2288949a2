package dev.partyline.handler;

/**
 * CDI event: a line has lost its connection and can be resumed. As {@link LineListener#lineHeld}.
 *
 * @param line the line
 */
public record LineHeld(Caller line) {
}
