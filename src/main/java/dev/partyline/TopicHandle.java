package dev.partyline;

import dev.partyline.handler.ValueCodec;
import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicRegistry;
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
    private final TopicRegistry topics;
    private final ValueCodec codec;
    private final LongSupplier nanoTime;

    TopicHandle(String name, TopicRegistry topics, ValueCodec codec, LongSupplier nanoTime) {
        this.name = name;
        this.topics = topics;
        this.codec = codec;
        this.nanoTime = nanoTime;
    }

    /** Publishes a value without a type. */
    public Position publish(Object value) {
        return publish(Optional.empty(), value, Optional.empty());
    }

    /** Publishes a value of a type, for {@code line.on(type, …)} in tabs that joined the topic. */
    public Position publish(String type, Object value) {
        return publish(Optional.of(type), value, Optional.empty());
    }

    /**
     * Publishes once: a repeated publish with the same key, within the time that keys are remembered, returns the position of the first.
     *
     * @param key says which publish this is, such as an order's number
     */
    public Position publishOnce(String key, String type, Object value) {
        return publish(Optional.of(type), value, Optional.of(key));
    }

    /** All of the above, for callers that know only at run time what they have. */
    public Position publish(Optional<String> type, Object value, Optional<String> key) {
        type.ifPresent(Names::requireType);
        String members = FrameWriter.members(type, Optional.empty(), codec.write(value));
        long now = nanoTime.getAsLong();
        return key.isPresent() ? topic().publishOnce(key.get(), members, now) : topic().publish(members, now);
    }

    private Topic topic() {
        return topics.get(name).orElseThrow(() -> new IllegalStateException("no topic \"" + name + "\": this server has as many topics as it may have"));
    }
}
