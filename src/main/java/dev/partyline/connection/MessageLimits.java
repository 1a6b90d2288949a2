package dev.partyline.connection;

import dev.partyline.wire.JsonLimits;
import dev.partyline.wire.Names;

/**
 * What a client may send.
 *
 * @param chars     maximum length of a WebSocket message
 * @param nameChars maximum length of a type or topic
 * @param json      how much JSON a frame may have
 */
public record MessageLimits(int chars, int nameChars, JsonLimits json) {

    public MessageLimits {
        if (chars < 1) {
            throw new IllegalArgumentException("chars is " + chars + ", must be positive");
        }
        if (nameChars < 1 || nameChars > Names.NAME_CHARS) {
            throw new IllegalArgumentException("nameChars is " + nameChars + ", must be 1 to " + Names.NAME_CHARS);
        }
    }
}
