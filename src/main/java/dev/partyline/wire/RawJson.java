package dev.partyline.wire;

import java.util.Objects;

/**
 * A value that is JSON already. Partyline sends it unmodified, also with integers that JavaScript rounds; all other values are converted by JSON-B, or by the application's
 * {@code ValueMapper}.
 *
 * @param text one well-formed JSON value on one line of text; the caller is responsible for that
 */
public record RawJson(String text) {

    public RawJson {
        Objects.requireNonNull(text);
        if (text.isBlank() || text.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("raw JSON must be one value on one line of text");
        }
    }
}
