package dev.partyline.wire;

import java.util.Objects;

/**
 * A value that is JSON already. Partyline passes it on as it is, where any other value is turned into JSON by JSON-B.
 *
 * @param text one well-formed JSON value on one line; whoever makes it answers for that
 */
public record RawJson(String text) {

    public RawJson {
        Objects.requireNonNull(text);
        if (text.isBlank() || text.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("raw JSON must be one value on one line");
        }
    }
}
