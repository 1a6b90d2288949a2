package dev.partyline.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A message from the HTTP API: {@code {"type":…,"value":…,"key":…}}.
 *
 * @param type  absent for a message without a type
 * @param value unmodified JSON
 * @param key   the idempotency key
 */
public record ApiMessage(Optional<String> type, String value, Optional<String> key) {

    /**
     * Reads one message, or an array of them.
     *
     * @throws BadFrameException if it is neither
     */
    public static List<ApiMessage> read(String body, JsonLimits limits) {
        String text = body.strip();
        if (!text.startsWith("[")) {
            return List.of(one(text, limits));
        }
        List<ApiMessage> messages = new ArrayList<>();
        for (String element : JsonObjectScanner.elements(text, limits)) {
            messages.add(oneOfMany(messages.size() + 1, element, limits));
        }
        return messages;
    }

    private static ApiMessage oneOfMany(int number, String text, JsonLimits limits) {
        try {
            return one(text, limits);
        } catch (BadFrameException e) {
            throw new BadFrameException("message " + number + ": " + e.getMessage());
        }
    }

    private static ApiMessage one(String text, JsonLimits limits) {
        if (!text.startsWith("{")) {
            throw new BadFrameException("a message must be a JSON object");
        }
        JsonObjectScanner scan = JsonObjectScanner.object(text, 0, limits);
        if (!scan.isAll()) {
            throw new BadFrameException("something follows the message");
        }
        Optional<String> type = scan.string("type");
        if (scan.has("type") && type.filter(Names::isOpen).isEmpty()) {
            throw Names.badName("type", Names.NAME_CHARS);
        }
        if (type.filter(Names::isEventType).isPresent()) {
            throw new BadFrameException(Names.eventTypeRule(type.get()));
        }
        Optional<String> key = scan.string("key");
        if (scan.has("key")) {
            FrameReader.requireChars("key", key.orElse(""), FrameReader.KEY_CHARS);
        }
        String value = scan.raw("value").orElseThrow(() -> new BadFrameException("a message needs a value"));
        JavaScriptNumbers.findRounded(value).ifPresent(rounded -> {
            throw new BadFrameException("value: " + rounded);
        });
        return new ApiMessage(type, FrameReader.onOneLine(value), key);
    }
}
