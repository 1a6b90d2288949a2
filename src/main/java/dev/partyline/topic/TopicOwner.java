package dev.partyline.topic;

import java.util.Optional;

/**
 * Whose share of the topics a topic counts towards: that of the client that created it.
 *
 * @param line    the id of the client's line; empty for the application and the HTTP API, which have no share
 * @param user    the user of that line
 * @param address the key of the client's address
 */
public record TopicOwner(Optional<String> line, Optional<String> user, Optional<String> address) {

    /** The application, or the HTTP API. */
    public static final TopicOwner SERVER = new TopicOwner(Optional.empty(), Optional.empty(), Optional.empty());

    /** For the log. The address comes before the user, whose name may be long. */
    @Override
    public String toString() {
        return line.map(id -> "line " + id).orElse("the application") + address.map(share -> " at " + share).orElse("") + user.map(name -> ", user " + name).orElse("");
    }
}
