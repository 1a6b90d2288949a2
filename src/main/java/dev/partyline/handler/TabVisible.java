package dev.partyline.handler;

/**
 * CDI event: a tab is to be seen again. As {@link LineListener#tabVisible}.
 *
 * @param tab the tab and its line
 */
public record TabVisible(Caller tab) {
}
