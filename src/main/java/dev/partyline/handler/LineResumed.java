package dev.partyline.handler;

/**
 * CDI event: the browser of a held line has reconnected. As {@link LineListener#lineResumed}.
 *
 * @param line the line
 */
public record LineResumed(Caller line) {
}
