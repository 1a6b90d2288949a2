package dev.partyline.topic;

import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A named log of messages, with listeners that are notified when it grows.
 *
 * <p>A publish appends once and notifies each listener once. A listener stands for all lines of one event loop, so the cost of a publish does not depend on the number of
 * subscribed lines. Every line reads with a cursor of its own.
 *
 * <p>Any thread may call.
 */
public final class Topic {

    private final String name;
    private final String epoch;
    private final Retention retention;
    private final String prefix;
    private final TopicLog log;
    private final boolean widePrefix;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    /** Guarded by itself. */
    private final IdempotencyKeys keys;
    private final long firstEnd;

    /** Notified when the topic has grown. Called by any thread, often; must not block. */
    public interface Listener {

        void onAppend();
    }

    /** @param end the position after which its messages begin */
    Topic(String name, Position end, Retention retention, long keyNanos, RetainedMemory memory) {
        this.name = name;
        this.epoch = end.epoch();
        this.firstEnd = end.offset();
        this.retention = retention;
        this.keys = new IdempotencyKeys(keyNanos, memory);
        this.prefix = FrameWriter.topicPrefix(name, epoch);
        this.widePrefix = RetainedMemory.isWide(prefix);
        this.log = new TopicLog(retention.messages(), retention.chars(), retention.age().toNanos(), memory, firstEnd);
    }

    public String name() {
        return name;
    }

    /**
     * Appends a message and notifies the listeners.
     *
     * @param members the frame's members besides topic and position, without braces
     */
    public Position publish(Publisher publisher, String members, long nowNanos) {
        long offset = append(publisher, members, nowNanos);
        listeners.forEach(Listener::onAppend);
        return new Position(epoch, offset);
    }

    private long append(Publisher publisher, String members, long nowNanos) {
        return log.append(publisher, widePrefix || RetainedMemory.isWide(members), next -> prefix + next + "]," + members + "}", nowNanos);
    }

    /**
     * Like {@link #publish}, but once per key: a repeated publish returns the position of the first.
     *
     * @param keyOwner to whom the key belongs: the keys of different owners are different
     * @param body     what a repeated publish must have in common with the first: the message without the tab that sends it
     * @throws KeyConflictException if this owner has used the key with another body
     */
    public Position publishOnce(Publisher publisher, String keyOwner, String key, String body, String members, long nowNanos) {
        Position at;
        byte[] digest = IdempotencyKeys.digest(body);
        synchronized (keys) {
            Optional<Position> first = keys.find(keyOwner, key, digest, nowNanos);
            if (first.isPresent()) {
                return first.get();
            }
            at = new Position(epoch, append(publisher, members, nowNanos));
            keys.add(publisher, keyOwner, key, digest, at, nowNanos);
        }
        listeners.forEach(Listener::onAppend);
        return at;
    }

    /** Adds up the messages and the keys. */
    void measure(TopicLog.Meter meter) {
        log.measure(meter);
        synchronized (keys) {
            keys.measure(meter);
        }
    }

    /** Trims messages, but not the state of a topic that is nothing but its newest message, and forgets keys. */
    void trim(TopicLog.Selection selection) {
        log.trim(selection, retention.kind() == Retention.Kind.LATEST);
        synchronized (keys) {
            keys.trim(selection);
        }
    }

    /** The topic is removed. */
    void discard() {
        log.discard();
        synchronized (keys) {
            keys.trim((publisher, since) -> true);
        }
    }

    /** Where a reader at {@code wanted} continues, and whether it has lost messages. Without a position it starts at the end. */
    public Joined join(Optional<Position> wanted) {
        long end = log.end();
        if (wanted.isEmpty()) {
            return new Joined(new Position(epoch, end), false, end);
        }
        Position at = wanted.get();
        long start = retention.kind() == Retention.Kind.NONE ? end : log.start();
        if (!at.epoch().equals(epoch) || at.offset() > end) {
            // The position is of another life of this topic: the reader gets everything that is retained.
            return new Joined(new Position(epoch, start), true, end);
        }
        if (at.offset() >= start) {
            return new Joined(at, false, end);
        }
        return new Joined(new Position(epoch, start), retention.kind() != Retention.Kind.LATEST, end);
    }

    /** The messages after an offset; {@link TopicLog.ReadResult#gap} respects the kind of the retention. */
    public TopicLog.ReadResult read(long after, long maxChars) {
        TopicLog.ReadResult read = log.read(after, maxChars);
        return read.gap() && retention.kind() == Retention.Kind.LATEST ? new TopicLog.ReadResult(read.texts(), read.to(), false, read.more()) : read;
    }

    public Position at(long offset) {
        return new Position(epoch, offset);
    }

    /** The position of the newest message. */
    public Position end() {
        return at(log.end());
    }

    /** A frame of this topic for a plain client: without topic and position. */
    public String plain(String frame) {
        return "{" + frame.substring(frame.indexOf("],", prefix.length()) + 2);
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    public void unlisten(Listener listener) {
        listeners.remove(listener);
    }

    void trimAged(long nowNanos) {
        log.trimAged(nowNanos);
    }

    /** Whether there was never a message. All positions of such a topic are the same. */
    boolean isUnused() {
        return log.end() == firstEnd;
    }

    /** Whether nothing is lost if the topic is removed: it has no listener, remembers no key, and no reader can ever be given one of its messages. */
    boolean isIdle(long nowNanos) {
        return listeners.isEmpty() && (retention.kind() == Retention.Kind.NONE || log.start() == log.end()) && !remembersKeys(nowNanos);
    }

    private boolean remembersKeys(long nowNanos) {
        synchronized (keys) {
            return !keys.isEmpty(nowNanos);
        }
    }
}
