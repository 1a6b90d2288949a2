package dev.partyline.handler;

/**
 * CDI event: a tab is no longer to be seen. As {@link LineListener#tabHidden}.
 *
 * @param tab the tab and its line
 */
public record TabHidden(Caller tab) {
}
