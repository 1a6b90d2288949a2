package dev.partyline.topic;

import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** The number of idempotency keys that are remembered. */
    private static final int MAX_KEYS = 1024;

    private final String name;
    private final String epoch;
    private final Retention retention;
    private final long keyNanos;
    private final String prefix;
    private final TopicLog log;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    /** Guarded by itself. */
    private final Map<String, Keyed> keys = new LinkedHashMap<>();
    private volatile long usedAt;

    private record Keyed(Position at, long since) {
    }

    /** Notified when the topic has grown. Called by any thread, often; must not block. */
    public interface Listener {

        void onAppend();
    }

    Topic(String name, String epoch, Retention retention, long keyNanos, long nowNanos) {
        this.name = name;
        this.epoch = epoch;
        this.retention = retention;
        this.keyNanos = keyNanos;
        this.prefix = FrameWriter.topicPrefix(name, epoch);
        this.log = new TopicLog(retention.messages(), retention.chars(), retention.age().toNanos());
        this.usedAt = nowNanos;
    }

    public String name() {
        return name;
    }

    /**
     * Appends a message and notifies the listeners.
     *
     * @param members the frame's members besides topic and position, without braces
     */
    public Position publish(String members, long nowNanos) {
        usedAt = nowNanos;
        long offset = log.append(next -> prefix + next + "]," + members + "}", nowNanos);
        listeners.forEach(Listener::onAppend);
        return new Position(epoch, offset);
    }

    /** Like {@link #publish}, but once per key: a repeated publish returns the position of the first. */
    public Position publishOnce(String key, String members, long nowNanos) {
        Position at;
        synchronized (keys) {
            expireKeys(nowNanos);
            Keyed first = keys.get(key);
            if (first != null) {
                return first.at();
            }
            usedAt = nowNanos;
            at = new Position(epoch, log.append(next -> prefix + next + "]," + members + "}", nowNanos));
            keys.put(key, new Keyed(at, nowNanos));
            if (keys.size() > MAX_KEYS) {
                keys.remove(keys.keySet().iterator().next());
            }
        }
        listeners.forEach(Listener::onAppend);
        return at;
    }

    /** The oldest keys come first. */
    private void expireKeys(long nowNanos) {
        Iterator<Keyed> oldest = keys.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next().since() > keyNanos) {
            oldest.remove();
        }
    }

    /** Where a reader at {@code wanted} continues, and whether it has lost messages. Without a position it starts at the end. */
    public Joined join(Optional<Position> wanted) {
        long end = log.end();
        if (wanted.isEmpty()) {
            return new Joined(new Position(epoch, end), false);
        }
        Position at = wanted.get();
        long start = retention.kind() == Retention.Kind.NONE ? end : log.start();
        if (!at.epoch().equals(epoch) || at.offset() > end) {
            // The position is of another life of this topic: the reader gets everything that is retained.
            return new Joined(new Position(epoch, start), true);
        }
        if (at.offset() >= start) {
            return new Joined(at, false);
        }
        return new Joined(new Position(epoch, start), retention.kind() != Retention.Kind.LATEST);
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

    public void listen(Listener listener, long nowNanos) {
        usedAt = nowNanos;
        listeners.add(listener);
    }

    public void unlisten(Listener listener, long nowNanos) {
        usedAt = nowNanos;
        listeners.remove(listener);
    }

    void trimAged(long nowNanos) {
        log.trimAged(nowNanos);
    }

    boolean isIdle(long nowNanos, long idleNanos) {
        return listeners.isEmpty() && log.start() == log.end() && nowNanos - usedAt > idleNanos;
    }
}
