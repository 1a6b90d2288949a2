package dev.partyline;

import dev.partyline.handler.CommitActions;
import dev.partyline.handler.ValueCodec;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A topic to publish to. Cheap to create; thread-safe; publishing never blocks.
 *
 * <p>Every publish returns the message's position. It throws {@link IllegalArgumentException} if the value cannot be written or a name is invalid, and
 * {@link IllegalStateException} if the server has reached its maximum number of topics, or retains as much as its memory allows.
 */
public final class TopicHandle {

    /** To whom the keys belong. No user or line has this name. */
    private static final String KEY_OWNER = "application";

    private final String name;
    private final TopicRegistry topics;
    private final ValueCodec codec;
    private final LongSupplier nanoTime;
    private final CommitActions commits;

    TopicHandle(String name, TopicRegistry topics, ValueCodec codec, LongSupplier nanoTime, CommitActions commits) {
        this.commits = commits;
        this.name = name;
        this.topics = topics;
        this.codec = codec;
        this.nanoTime = nanoTime;
    }

    /** Publishes a value without a type. */
    public Position publish(Object value) {
        return publish(Optional.empty(), value, Optional.empty());
    }

    /** Publishes a value with a type. */
    public Position publish(String type, Object value) {
        return publish(Optional.of(type), value, Optional.empty());
    }

    /**
     * Publishes once per key: a repeated publish with the same key returns the position of the first, while the key is remembered. The keys belong to the
     * application, which shares them with the HTTP API; those of clients are different ones.
     *
     * @param key identifies the publish, such as an order's number
     * @throws dev.partyline.topic.KeyConflictException if the key was used with another type or value
     */
    public Position publishOnce(String key, String type, Object value) {
        return publish(Optional.of(type), value, Optional.of(key));
    }

    /** All of the above, for callers that decide at run time. */
    public Position publish(Optional<String> type, Object value, Optional<String> key) {
        return append(members(type, value), key);
    }

    /**
     * Publishes after the commit of the transaction of the calling thread, and not at all after a rollback: see {@link dev.partyline.AfterCommit}.
     *
     * @throws IllegalStateException if the container has no {@code java:comp/TransactionSynchronizationRegistry}
     */
    public AfterCommit afterCommit() {
        commits.require();
        return new AfterCommit();
    }

    /** The same topic, after a commit. */
    public final class AfterCommit {

        private AfterCommit() {
        }

        /** Publishes a value without a type. */
        public void publish(Object value) {
            publish(Optional.empty(), value, Optional.empty());
        }

        /** Publishes a value with a type. */
        public void publish(String type, Object value) {
            publish(Optional.of(type), value, Optional.empty());
        }

        /** As {@link TopicHandle#publishOnce}. A conflict of keys is logged. */
        public void publishOnce(String key, String type, Object value) {
            publish(Optional.of(type), value, Optional.of(key));
        }

        private void publish(Optional<String> type, Object value, Optional<String> key) {
            String members = members(type, value);
            commits.run(() -> append(members, key));
        }
    }

    private String members(Optional<String> type, Object value) {
        type.ifPresent(Names::requireType);
        return FrameWriter.members(type, Optional.empty(), codec.write(value));
    }

    private Position append(String members, Optional<String> key) {
        long now = nanoTime.getAsLong();
        if (topics.memory().isFull()) {
            throw new IllegalStateException("no memory for a message to topic \"" + name + "\": try again, or raise " + Setting.MEMORY_PERCENT.property());
        }
        return topics.use(name, TopicOwner.SERVER, topic -> publish(topic, members, key, now))
            .orElseThrow(() -> new IllegalStateException("no topic \"" + name + "\": this server has as many topics as it may have"));
    }

    private static Position publish(Topic topic, String members, Optional<String> key, long now) {
        return key.isPresent() ? topic.publishOnce(Publisher.APPLICATION, KEY_OWNER, key.get(), members, members, now) : topic.publish(Publisher.APPLICATION, members, now);
    }
}
