package dev.partyline.testing;

import dev.partyline.testing.LineClient.Position;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

/**
 * What publishers were told and what readers heard, and whether the two agree.
 *
 * <p>Each value is {@code PUBLISHER:SEQUENCE}. For each reader and topic: offsets are dense within an epoch but where a gap is told; a gap is told only where something
 * is missing; an epoch ends only with a gap; nothing comes twice; each publisher's messages come in its order. Between all: one offset is one message, and one message
 * one offset. In the end: each acknowledged message was heard by every reader that had come, or lies in a gap that the reader was told.
 */
public final class History {

    /** What was acknowledged of one topic, and in which epochs. */
    private static final class Published {

        private final Map<String, Position> places = new HashMap<>();
        private final Map<Position, String> values = new HashMap<>();
        private final List<String> epochs = new ArrayList<>();
        private final List<String> violations = new ArrayList<>();

        private void acknowledged(String value, Position at) {
            Position before = places.put(value, at);
            if (before != null && !before.equals(at)) {
                violations.add(value + " was told " + before + " and " + at);
            }
            String other = values.put(at, value);
            if (other != null && !other.equals(value)) {
                violations.add(other + " and " + value + " were both told " + at);
            }
            seen(at.epoch());
        }

        private void seen(String epoch) {
            if (!epochs.contains(epoch)) {
                epochs.add(epoch);
            }
        }
    }

    private final ConcurrentMap<String, Published> topics = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, HistoryReader> readers = new ConcurrentHashMap<>();

    /** A publish was answered with this place. */
    public void acknowledge(String topic, String value, Position at) {
        Published published = published(topic);
        synchronized (published) {
            published.acknowledged(value, at);
        }
    }

    private Published published(String topic) {
        return topics.computeIfAbsent(topic, name -> new Published());
    }

    /** What a tab of this name hears, of all the topics that begin with {@code demo.} or {@code open.}. */
    public LineClient.Listener reader(String name) {
        return new LineClient.Listener() {
            @Override
            public void joined(String topic, Position at, boolean gap) {
                if (isOurs(topic)) {
                    HistoryReader reader = readerOf(name, topic);
                    reader.joined(at, gap);
                    Published published = published(topic);
                    synchronized (published) {
                        published.seen(at.epoch());
                    }
                }
            }

            @Override
            public void onFrame(JsonObject frame) {
                String topic = frame.getString("topic", "");
                if (isOurs(topic)) {
                    JsonArray at = frame.getJsonArray("at");
                    if (frame.getString("type", "").equals("$gap")) {
                        readerOf(name, topic).gap(Position.of(at));
                    } else {
                        readerOf(name, topic).message(Position.of(at), ((JsonString) frame.get("value")).getString());
                    }
                }
            }
        };
    }

    private static boolean isOurs(String topic) {
        return topic.startsWith("demo.") || topic.startsWith("open.");
    }

    private HistoryReader readerOf(String name, String topic) {
        return readers.computeIfAbsent(name + " " + topic, key -> new HistoryReader(name, topic));
    }

    public int acknowledged() {
        return topics.values().stream().mapToInt(published -> {
            synchronized (published) {
                return published.places.size();
            }
        }).sum();
    }

    /** Messages heard, by all readers. */
    public int received() {
        return readers.values().stream().mapToInt(HistoryReader::count).sum();
    }

    /** Gaps told, to all readers. */
    public int gaps() {
        return readers.values().stream().mapToInt(HistoryReader::gaps).sum();
    }

    /** Gaps told to one reader of one topic. */
    public int gaps(String reader, String topic) {
        return readerOf(reader, topic).gaps();
    }

    /** Messages heard by one reader of one topic. */
    public int received(String reader, String topic) {
        return readerOf(reader, topic).count();
    }

    /** Where a reader of a topic is. */
    public Position at(String reader, String topic) {
        return readerOf(reader, topic).at();
    }

    /** A tab has left: what comes now is not for it. */
    public void left(String reader, String topic) {
        readerOf(reader, topic).leave();
    }

    /** Who has not come to the end of a topic yet. */
    public List<String> behind() {
        return readers.values().stream()
            .filter(reader -> !reader.hasLeft())
            .flatMap(reader -> {
                Position end = end(reader.topic());
                return reader.at().equals(end) ? Stream.empty() : Stream.of(reader + " came to " + reader.at() + ", the end is " + end);
            }).toList();
    }

    private Position end(String topic) {
        Published published = published(topic);
        synchronized (published) {
            String epoch = published.epochs.isEmpty() ? "" : published.epochs.get(published.epochs.size() - 1);
            long offset = Stream.concat(published.values.keySet().stream(), readers.values().stream().filter(reader -> reader.topic().equals(topic)).map(HistoryReader::at))
                .filter(place -> place.epoch().equals(epoch)).mapToLong(Position::offset).max().orElse(0);
            return new Position(epoch, offset);
        }
    }

    /** What is wrong, in words; to be asked when nobody is {@link #behind}. */
    public List<String> violations() {
        List<String> all = new ArrayList<>();
        topics.forEach((topic, published) -> {
            synchronized (published) {
                all.addAll(published.violations);
                Map<Position, String> values = new HashMap<>(published.values);
                Map<String, Position> places = new HashMap<>(published.places);
                readers.values().stream().filter(reader -> reader.topic().equals(topic)).forEach(reader -> {
                    all.addAll(reader.violations());
                    compare(reader, values, places, all);
                    all.addAll(reader.missing(published.values));
                });
            }
        });
        return all;
    }

    private static void compare(HistoryReader reader, Map<Position, String> values, Map<String, Position> places, List<String> violations) {
        reader.seen().forEach((at, value) -> {
            String others = values.putIfAbsent(at, value);
            if (others != null && !others.equals(value)) {
                violations.add(reader + " heard " + value + " at " + at + " where others know " + others);
            }
            Position elsewhere = places.putIfAbsent(value, at);
            if (elsewhere != null && !elsewhere.equals(at)) {
                violations.add(reader + " heard " + value + " at " + at + ", which others know at " + elsewhere);
            }
        });
    }
}
