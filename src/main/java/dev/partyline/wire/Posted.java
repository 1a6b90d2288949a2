package dev.partyline.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A message that another program hands us over HTTP: {@code {"type":…,"value":…,"key":…}}.
 *
 * @param type  absent for a message without a type
 * @param value JSON as it came
 * @param key   says which message this is, so that a repeated one is delivered once
 */
public record Posted(Optional<String> type, String value, Optional<String> key) {

    /**
     * Reads one message, or an array of them.
     *
     * @throws BadFrameException if it is neither
     */
    public static List<Posted> read(String body, JsonLimits limits) {
        String text = body.strip();
        if (!text.startsWith("[")) {
            return List.of(one(text, limits));
        }
        List<Posted> posted = new ArrayList<>();
        for (String element : JsonScan.elements(text, limits)) {
            posted.add(oneOfMany(posted.size() + 1, element, limits));
        }
        return posted;
    }

    private static Posted oneOfMany(int number, String text, JsonLimits limits) {
        try {
            return one(text, limits);
        } catch (BadFrameException e) {
            throw new BadFrameException("message " + number + ": " + e.getMessage());
        }
    }

    private static Posted one(String text, JsonLimits limits) {
        if (!text.startsWith("{")) {
            throw new BadFrameException("a message must be a JSON object");
        }
        JsonScan scan = JsonScan.object(text, 0, limits);
        if (!scan.isAll()) {
            throw new BadFrameException("something follows the message");
        }
        Optional<String> type = scan.string("type");
        if (scan.has("type") && type.filter(Names::isOpen).isEmpty()) {
            throw Names.badName("type", Names.NAME_CHARS);
        }
        Optional<String> key = scan.string("key");
        if (scan.has("key")) {
            FrameReader.requireChars("key", key.orElse(""), FrameReader.KEY_CHARS);
        }
        String value = scan.raw("value").orElseThrow(() -> new BadFrameException("a message needs a value"));
        return new Posted(type, FrameReader.onOneLine(value), key);
    }
}
