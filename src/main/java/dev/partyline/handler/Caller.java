package dev.partyline.handler;

import java.util.Optional;

/**
 * Who is on the other end.
 *
 * @param line the browser's line, the same for all its tabs
 * @param tab  the tab, where one is meant
 * @param user whoever logged in, by the container or by token
 */
public record Caller(String line, Optional<String> tab, Optional<String> user) {
}
