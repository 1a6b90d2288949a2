package dev.partyline.line;

import dev.partyline.stats.Counter;
import dev.partyline.topic.TopicOwner;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The topics that a line has joined, with its cursor in each.
 *
 * <p>Confined to the line's event loop.
 */
final class TopicCursors {

    /** The epoch of a client that wants all retained messages: it has missed none, so there is no gap to count. */
    private static final String FROM_START = "0";

    private final LineDelivery delivery;
    private final EventLoop loop;
    private final TopicOwner owner;
    private final Map<String, Cursor> byTopic = new LinkedHashMap<>();

    /** @param owner whose share a topic counts towards if the line creates it */
    TopicCursors(LineDelivery delivery, EventLoop loop, TopicOwner owner) {
        this.delivery = delivery;
        this.loop = loop;
        this.owner = owner;
    }

    /** Joins these topics, each after its position, and leaves all others. Those that are missing in the result could not be joined: a limit of topics is reached. */
    Map<String, Joined> setSubscriptions(Map<String, Optional<Position>> topics) {
        loop.assertInLoop();
        List.copyOf(byTopic.keySet()).forEach(topic -> {
            if (!topics.containsKey(topic)) {
                leave(topic);
            }
        });
        Map<String, Joined> joined = new LinkedHashMap<>();
        topics.forEach((topic, at) -> join(topic, at).ifPresent(where -> joined.put(topic, where)));
        return joined;
    }

    boolean contains(String topic) {
        loop.assertInLoop();
        return byTopic.containsKey(topic);
    }

    Set<String> topics() {
        loop.assertInLoop();
        return byTopic.keySet();
    }

    int count() {
        loop.assertInLoop();
        return byTopic.size();
    }

    /** Whether the line has joined this topic, or may join one more. */
    boolean hasRoomFor(String topic, int max) {
        loop.assertInLoop();
        return byTopic.containsKey(topic) || byTopic.size() < max;
    }

    /** Joins a topic, or moves the cursor if the line has joined it before; empty if a limit of topics is reached. */
    Optional<Joined> join(String topic, Optional<Position> at) {
        loop.assertInLoop();
        return loop.fanOut(topic, owner).map(fanOut -> {
            Joined joined = fanOut.topic().join(at);
            if (joined.gap() && !at.orElseThrow().epoch().equals(FROM_START)) {
                loop.counters.increment(Counter.GAPS);
            }
            Cursor cursor = byTopic.computeIfAbsent(topic, name -> fanOut.add(new Cursor(delivery, fanOut)));
            cursor.offset = joined.at().offset();
            delivery.markPending(cursor);
            return joined;
        });
    }

    void leave(String topic) {
        loop.assertInLoop();
        Cursor cursor = byTopic.remove(topic);
        if (cursor != null) {
            delivery.unmarkPending(cursor);
            cursor.fanOut().remove(cursor);
            loop.release(cursor.fanOut());
        }
    }

    void leaveAll() {
        loop.assertInLoop();
        List.copyOf(byTopic.keySet()).forEach(this::leave);
    }
}
