package dev.partyline.handler;

/**
 * CDI event: a browser has connected with its first tab. As {@link LineListener#lineOpened}.
 *
 * @param line the line of the browser
 */
public record LineOpened(Caller line) {
}
