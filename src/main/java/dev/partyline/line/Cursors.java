package dev.partyline.line;

import dev.partyline.topic.Topics;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/** A line's places in the topics that it joined, and which of them have news. Belongs to the line's operator. */
final class Cursors {

    /** The epoch of whoever asks for all that is kept, and so has missed nothing. */
    private static final String NEVER = "0";

    private final Line line;
    private final Operator operator;
    private final Map<String, Cursor> byTopic = new LinkedHashMap<>();
    private final Queue<Cursor> pending = new ArrayDeque<>();

    Cursors(Line line, Operator operator) {
        this.line = line;
        this.operator = operator;
    }

    /** Joins just these topics, each where the browser says it is, and the line's own; leaves all others. */
    Map<String, Joined> joinJust(Map<String, Optional<Position>> wanted) {
        Map<String, Optional<Position>> all = new LinkedHashMap<>();
        all.put(Topics.EVERYONE, Optional.empty());
        line.user().ifPresent(name -> all.put(Topics.ofUser(name), Optional.empty()));
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
    boolean hasRoomFor(String topic, int most) {
        int own = line.user().isPresent() ? 2 : 1;
        return byTopic.containsKey(topic) || byTopic.size() < most + own;
    }

    /** Joins a topic, or goes to another place in it; empty if the node has no room for another topic. */
    Optional<Joined> join(String topic, Optional<Position> at) {
        return operator.subscription(topic).map(subscription -> {
            Joined joined = subscription.topic().join(at);
            if (joined.gap() && !at.orElseThrow().epoch().equals(NEVER)) {
                operator.traffic.gaps.increment();
            }
            Cursor cursor = byTopic.get(topic);
            if (cursor == null) {
                cursor = new Cursor(line, subscription, joined.at().offset());
                subscription.add(cursor);
                byTopic.put(topic, cursor);
            } else {
                cursor.offset = joined.at().offset();
            }
            line.pending(cursor);
            return joined;
        });
    }

    void leave(String topic) {
        Cursor cursor = byTopic.remove(topic);
        if (cursor != null) {
            pending.remove(cursor);
            cursor.subscription().remove(cursor);
            operator.release(cursor.subscription());
        }
    }

    void leaveAll() {
        Map.copyOf(byTopic).keySet().forEach(this::leave);
    }

    void pending(Cursor cursor) {
        if (!cursor.pending) {
            cursor.pending = true;
            pending.add(cursor);
        }
    }

    boolean hasNews() {
        return !pending.isEmpty();
    }

    /** Moves the cursors, each in its turn, as far as there is room; false if something is gone that a plain client cannot be told. */
    boolean fill(Batch batch) {
        for (int left = pending.size(); left > 0 && batch.hasRoom(); left--) {
            Cursor cursor = pending.remove();
            cursor.pending = false;
            Subscription.Piece piece = cursor.subscription().read(cursor.offset, batch.room());
            operator.read(cursor.subscription());
            if (piece.gapAfter() >= 0 && line.isPlain()) {
                return false;
            }
            hand(cursor, piece, batch);
            if (piece.more()) {
                pending(cursor);
            }
        }
        return true;
    }

    private void hand(Cursor cursor, Subscription.Piece piece, Batch batch) {
        Subscription subscription = cursor.subscription();
        if (piece.gapAfter() >= 0) {
            operator.traffic.gaps.increment();
            batch.add(FrameWriter.gap(subscription.topic().name(), subscription.topic().at(piece.gapAfter())));
        }
        if (!piece.parcel().isEmpty()) {
            batch.add(line.isPlain() ? new Parcel(subscription.topic().plain(piece.parcel().text())) : piece.parcel(), piece.frames());
        }
        cursor.offset = piece.to();
    }
}
