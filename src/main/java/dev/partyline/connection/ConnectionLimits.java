package dev.partyline.connection;

import dev.partyline.wire.JsonLimits;
import java.time.Duration;
import java.util.Set;

/**
 * The bounds of one conversation.
 *
 * @param messageChars longest WebSocket message of a client
 * @param rate         messages a second
 * @param burst        messages at once
 * @param tabs         most tabs on a line, as told in the welcome
 * @param topics       most topics of a line
 * @param windowChars  most characters unacknowledged
 * @param ackChars     after how many characters a client should acknowledge
 * @param ackMessages  after how many WebSocket messages a client should acknowledge
 * @param json         how much JSON a frame may be
 * @param nameChars    longest type or topic
 * @param plainClients whether clients are served that say no {@code $hello}
 * @param plainAfter   how long a client may say nothing before it is taken for a plain one
 * @param helloWithin  how long a client may say nothing where plain ones are not served
 * @param userRequired whether a line needs a user
 * @param origins      origins that may connect besides the server's own
 * @param sendWithin   how long a send may take
 */
public record ConnectionLimits(int messageChars, int rate, int burst, int tabs, int topics, int windowChars, int ackChars, int ackMessages, JsonLimits json,
                               int nameChars, boolean plainClients, Duration plainAfter, Duration helloWithin, boolean userRequired, Set<String> origins,
                               Duration sendWithin) {

    /** As the welcome tells them. */
    String toJson() {
        return "{\"message\":" + messageChars + ",\"window\":" + windowChars + ",\"ack\":" + ackChars + ",\"ackMessages\":" + ackMessages
            + ",\"rate\":" + rate + ",\"burst\":" + burst + ",\"tabs\":" + tabs + ",\"topics\":" + topics
            + ",\"depth\":" + json.depth() + ",\"number\":" + json.numberChars() + ",\"members\":" + json.members() + ",\"name\":" + nameChars + "}";
    }
}
