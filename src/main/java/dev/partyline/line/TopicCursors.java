package dev.partyline.line;

import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/** A line's places in the topics that it joined, and which of them have news. Belongs to the line's operator. */
final class TopicCursors {

    /** The epoch of whoever asks for all that is kept, and so has missed nothing. */
    private static final String FROM_START = "0";

    private final Line line;
    private final EventLoop loop;
    private final Map<String, Cursor> byTopic = new LinkedHashMap<>();
    private final Queue<Cursor> pending = new ArrayDeque<>();

    TopicCursors(Line line, EventLoop loop) {
        this.line = line;
        this.loop = loop;
    }

    /** Joins just these topics, each where the browser says it is, and the line's own; leaves all others. */
    Map<String, Joined> setSubscriptions(Map<String, Optional<Position>> wanted) {
        loop.assertInLoop();
        Map<String, Optional<Position>> all = new LinkedHashMap<>();
        all.put(TopicRegistry.EVERYONE, Optional.empty());
        line.user().ifPresent(name -> all.put(TopicRegistry.ofUser(name), Optional.empty()));
        all.putAll(wanted);
        Map.copyOf(byTopic).keySet().forEach(topic -> {
            if (!all.containsKey(topic)) {
                leave(topic);
            }
        });
        Map<String, Joined> joined = new LinkedHashMap<>();
        all.forEach((topic, at) -> join(topic, at).ifPresent(where -> joined.put(topic, where)));
        return joined;
    }

    /** Whether the line may join one more topic, or has joined this one. */
    boolean hasRoomFor(String topic, int max) {
        loop.assertInLoop();
        int implicit = line.user().isPresent() ? 2 : 1;
        return byTopic.containsKey(topic) || byTopic.size() < max + implicit;
    }

    /** Joins a topic, or goes to another place in it; empty if the node has no room for another topic. */
    Optional<Joined> join(String topic, Optional<Position> at) {
        loop.assertInLoop();
        return loop.fanOut(topic).map(fanOut -> {
            Joined joined = fanOut.topic().join(at);
            if (joined.gap() && !at.orElseThrow().epoch().equals(FROM_START)) {
                loop.stats.gaps.increment();
            }
            Cursor cursor = byTopic.get(topic);
            if (cursor == null) {
                cursor = new Cursor(line, fanOut, joined.at().offset());
                fanOut.add(cursor);
                byTopic.put(topic, cursor);
            } else {
                cursor.offset = joined.at().offset();
            }
            line.markPending(cursor);
            return joined;
        });
    }

    void leave(String topic) {
        loop.assertInLoop();
        Cursor cursor = byTopic.remove(topic);
        if (cursor != null) {
            pending.remove(cursor);
            cursor.subscription().remove(cursor);
            loop.release(cursor.subscription());
        }
    }

    void leaveAll() {
        loop.assertInLoop();
        Map.copyOf(byTopic).keySet().forEach(this::leave);
    }

    void markPending(Cursor cursor) {
        loop.assertInLoop();
        if (!cursor.pending) {
            cursor.pending = true;
            pending.add(cursor);
        }
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    /** Moves the cursors, each in its turn, as far as there is room; false if something is gone that a plain client cannot be told. */
    boolean fill(WriteBatch batch) {
        loop.assertInLoop();
        for (int left = pending.size(); left > 0 && batch.hasRoom(); left--) {
            Cursor cursor = pending.remove();
            cursor.pending = false;
            TopicFanOut.Slice slice = cursor.subscription().read(cursor.offset, batch.room());
            loop.markCached(cursor.subscription());
            if (slice.gapAfter() >= 0 && line.isPlain()) {
                return false;
            }
            deliver(cursor, slice, batch);
            if (slice.hasMore()) {
                markPending(cursor);
            }
        }
        return true;
    }

    private void deliver(Cursor cursor, TopicFanOut.Slice slice, WriteBatch batch) {
        TopicFanOut fanOut = cursor.subscription();
        if (slice.gapAfter() >= 0) {
            loop.stats.gaps.increment();
            batch.add(FrameWriter.gap(fanOut.topic().name(), fanOut.topic().at(slice.gapAfter())));
        }
        if (!slice.message().isEmpty()) {
            batch.add(line.isPlain() ? new EncodedMessage(fanOut.topic().plain(slice.message().text())) : slice.message(), slice.frames());
        }
        cursor.offset = slice.to();
    }
}
