package dev.partyline.handler;

/**
 * CDI event: a tab was closed, has crashed, or its line has ended. As {@link LineListener#tabGone}.
 *
 * @param tab the tab and its line
 */
public record TabClosed(Caller tab) {
}
