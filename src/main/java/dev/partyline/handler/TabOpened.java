package dev.partyline.handler;

/**
 * CDI event: a tab was opened. As {@link LineListener#tabOpened}.
 *
 * @param tab the tab and its line
 */
public record TabOpened(Caller tab) {
}
