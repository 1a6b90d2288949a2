package dev.partyline;

import dev.partyline.handler.JsonValues;
import dev.partyline.topic.Topic;
import dev.partyline.topic.Topics;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A topic to publish to. Cheap to make; safe for threads; publishing never blocks.
 *
 * <p>Every publish throws {@link IllegalArgumentException} if JSON-B cannot write the value or a name is none, and {@link IllegalStateException} if this server has as many
 * topics as it may have. It returns the message's position.
 */
public final class TopicHandle {

    private final String name;
    private final Topics topics;
    private final JsonValues json;
    private final LongSupplier nanoTime;

    TopicHandle(String name, Topics topics, JsonValues json, LongSupplier nanoTime) {
        this.name = name;
        this.topics = topics;
        this.json = json;
        this.nanoTime = nanoTime;
    }

    /** Publishes a value without a type. */
    public Position publish(Object value) {
        return topic().publish(FrameWriter.members(Optional.empty(), Optional.empty(), json.write(value)), nanoTime.getAsLong());
    }

    /** Publishes a value of a type, for {@code line.on(type, …)} in tabs that joined the topic. */
    public Position publish(String type, Object value) {
        return topic().publish(members(type, value), nanoTime.getAsLong());
    }

    /**
     * Publishes once: a repeated publish with the same key, within the time that keys are remembered, returns the position of the first.
     *
     * @param key says which publish this is, such as an order's number
     */
    public Position publishOnce(String key, String type, Object value) {
        return topic().publishOnce(key, members(type, value), nanoTime.getAsLong());
    }

    private String members(String type, Object value) {
        return FrameWriter.members(Optional.of(Names.requireType(type)), Optional.empty(), json.write(value));
    }

    private Topic topic() {
        return topics.get(name).orElseThrow(() -> new IllegalStateException("no topic \"" + name + "\": this server has as many topics as it may have"));
    }
}
