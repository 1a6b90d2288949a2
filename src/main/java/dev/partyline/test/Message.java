package dev.partyline.test;

import dev.partyline.handler.HandlerAccess;
import dev.partyline.handler.ValueCodec;
import java.util.Optional;

/** A message as a tab or the log of a topic has it. */
public final class Message {

    private final Optional<String> topic;
    private final Optional<String> type;
    private final Optional<String> from;
    private final String json;
    private final ValueCodec codec;

    Message(Optional<String> topic, Optional<String> type, Optional<String> from, String json, ValueCodec codec) {
        this.topic = topic;
        this.type = type;
        this.from = from;
        this.json = json;
        this.codec = codec;
    }

    /** The topic that it was published to; {@code *} for every line, {@code @user:NAME} for a user. Empty for a message to a tab or a line. */
    public Optional<String> topic() {
        return topic;
    }

    /** Empty if it has none, as what pages publish. */
    public Optional<String> type() {
        return type;
    }

    /** Of what a page has published: the public name of its tab. Of a message to one tab: the tab. */
    public Optional<String> from() {
        return from;
    }

    /** The value as JSON; {@code null} if it has none. */
    public String json() {
        return json;
    }

    /**
     * The value, converted as the application's handlers get theirs.
     *
     * @throws IllegalArgumentException if it is another one
     */
    public <T> T value(Class<T> as) {
        return HandlerAccess.read(codec, json, as);
    }

    /** For the texts of failed assertions. */
    @Override
    public String toString() {
        return topic.map(name -> name + " ").orElse("") + type.map(name -> name + " ").orElse("") + json;
    }
}
