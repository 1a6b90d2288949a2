package dev.partyline.handler;

import java.util.Optional;

/**
 * The sender of a message, or the subject of an event.
 *
 * @param line the browser's line, the same for all its tabs
 * @param tab  the tab, if there is one
 * @param user the user that the container or the token verifier authenticated
 */
public record Caller(String line, Optional<String> tab, Optional<String> user) {
}
