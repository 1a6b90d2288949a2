package dev.partyline.testing;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What publishers said and what readers heard of one topic, and whether the two agree.
 *
 * <p>Each value is {@code "PUBLISHER:SEQUENCE"}. The rules, for every reader: offsets are dense within an epoch, but where a gap was told, and a gap is told only where
 * something is missing; nothing comes twice; each publisher's messages come in its order, without a hole that is no gap. Between readers: the same offset is the same
 * message. In the end: every acknowledged publish lies at the offset that it was told, and every reader has come to the end.
 */
public final class History {

    private final String topic;
    private final ConcurrentMap<String, Reader> readers = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, LineClient.Place> acknowledged = new ConcurrentHashMap<>();

    public History(String topic) {
        this.topic = topic;
    }

    /** A publish was answered with this position. */
    public void acknowledge(String value, JsonArray at) {
        acknowledged.put(value, new LineClient.Place(at.getString(0), at.getInt(1)));
    }

    /** A reader heard a frame, of whatever kind. Called by one thread for each reader. */
    public void heard(String reader, JsonObject frame) {
        readers.computeIfAbsent(reader, Reader::new).heard(frame);
    }

    public int acknowledged() {
        return acknowledged.size();
    }

    public int messages() {
        return readers.values().stream().mapToInt(reader -> reader.seen.size()).sum();
    }

    public int gaps() {
        return readers.values().stream().mapToInt(reader -> reader.gaps).sum();
    }

    /** What is wrong, in words; empty if all is well. */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        Map<LineClient.Place, String> byPlace = new HashMap<>();
        acknowledged.forEach((value, place) -> {
            String before = byPlace.put(place, value);
            if (before != null) {
                faults.add(before + " and " + value + " were both told " + place);
            }
        });
        for (Reader reader : readers.values()) {
            faults.addAll(reader.faults);
            reader.seen.forEach((place, value) -> {
                String agreed = byPlace.putIfAbsent(place, value);
                if (agreed != null && !agreed.equals(value)) {
                    faults.add(reader.name + " heard " + value + " at " + place + " where others know " + agreed);
                }
            });
        }
        long end = byPlace.keySet().stream().mapToLong(LineClient.Place::offset).max().orElse(0);
        readers.values().stream().filter(reader -> reader.offset != end)
            .forEach(reader -> faults.add(reader.name + " came to " + reader.offset + " and not to the end, " + end));
        return faults;
    }

    private final class Reader {

        private final String name;
        private final Map<LineClient.Place, String> seen = new HashMap<>();
        private final Map<String, Long> sequences = new TreeMap<>();
        private final List<String> faults = new ArrayList<>();
        private boolean started;
        /** Those of whom something may have been in a gap. */
        private final Set<String> jumping = new HashSet<>();
        private String epoch = "";
        private volatile long offset;
        private int gaps;

        private Reader(String name) {
            this.name = name;
        }

        private void heard(JsonObject frame) {
            if (frame.getString("type", "").equals("$welcome")) {
                JsonObject joined = frame.getJsonObject("topics").getJsonObject(topic);
                welcomed(joined.getJsonArray("at"), joined.getBoolean("gap"));
            } else if (frame.getString("topic", "").equals(topic)) {
                if (frame.getString("type", "").equals("$gap")) {
                    gap(frame.getJsonArray("at"));
                } else {
                    message(frame.getJsonArray("at"), frame.get("value"));
                }
            }
        }

        private void welcomed(JsonArray at, boolean gap) {
            if (gap) {
                gap(at);
            } else if (started && (!at.getString(0).equals(epoch) || at.getInt(1) != offset)) {
                faults.add(name + " was at " + epoch + " " + offset + " and was welcomed at " + at + " without a gap");
            }
            started = true;
            epoch = at.getString(0);
            offset = at.getInt(1);
        }

        private void gap(JsonArray at) {
            gaps++;
            if (at.getString(0).equals(epoch) && at.getInt(1) <= offset) {
                faults.add(name + " was told of a gap up to " + at + " and had heard " + offset);
            }
            epoch = at.getString(0);
            offset = at.getInt(1);
            jumping.addAll(sequences.keySet());
        }

        private void message(JsonArray at, JsonValue value) {
            if (!at.getString(0).equals(epoch) || at.getInt(1) != offset + 1) {
                faults.add(name + " was at " + epoch + " " + offset + " and heard " + at);
            }
            epoch = at.getString(0);
            offset = at.getInt(1);
            String text = value.toString().replace("\"", "");
            if (seen.put(new LineClient.Place(epoch, offset), text) != null) {
                faults.add(name + " heard " + at + " twice");
            }
            String publisher = text.substring(0, text.indexOf(':'));
            long sequence = Long.parseLong(text.substring(text.indexOf(':') + 1));
            Long before = sequences.put(publisher, sequence);
            if (before != null && (sequence <= before || sequence > before + 1 && !jumping.contains(publisher))) {
                faults.add(name + " heard " + text + " after " + publisher + ":" + before);
            }
            jumping.remove(publisher);
        }
    }
}
