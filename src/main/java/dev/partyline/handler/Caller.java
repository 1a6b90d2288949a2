package dev.partyline.handler;

import java.util.Optional;

/**
 * The sender of a message, or the subject of an event.
 *
 * @param line the browser's line, the same for all its tabs
 * @param tab  the tab, if there is one. If a plain client uses the id of another line's tab, it is that id, {@code @} and the line
 * @param user the user that the container or the token verifier authenticated
 */
public record Caller(String line, Optional<String> tab, Optional<String> user) {
}
