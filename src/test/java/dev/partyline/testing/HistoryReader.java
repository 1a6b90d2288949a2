package dev.partyline.testing;

import dev.partyline.testing.LineClient.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one tab heard of one topic. One thread tells it, any thread asks. */
final class HistoryReader {

    private static final Position NOWHERE = new Position("", 0);

    private final String name;
    private final String topic;
    private final Map<Position, String> seen = new HashMap<>();
    private final Map<String, Long> sequences = new HashMap<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private Position at = NOWHERE;
    private boolean left;

    /** What lies between two places, which may be of two epochs, was not heard, and the reader knows it. */
    private record Gap(Position from, Position to) {

        private boolean covers(Position place) {
            boolean afterFrom = place.epoch().equals(from.epoch()) && place.offset() > from.offset();
            boolean upToTo = place.epoch().equals(to.epoch()) && place.offset() <= to.offset();
            return from.epoch().equals(to.epoch()) ? afterFrom && upToTo : afterFrom || upToTo;
        }
    }

    HistoryReader(String name, String topic) {
        this.name = name;
        this.topic = topic;
    }

    String name() {
        return name;
    }

    String topic() {
        return topic;
    }

    @Override
    public String toString() {
        return name + " of " + topic;
    }

    synchronized void leave() {
        left = true;
    }

    synchronized boolean hasLeft() {
        return left;
    }

    synchronized Position at() {
        return at;
    }

    synchronized int count() {
        return seen.size();
    }

    /** Gaps told, but for what lay before it first came. */
    synchronized int gaps() {
        return (int) gaps.stream().filter(gap -> gap.from() != NOWHERE).count();
    }

    synchronized Map<Position, String> seen() {
        return Map.copyOf(seen);
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    synchronized void joined(Position place, boolean gap) {
        if (gap || at == NOWHERE) {
            gap(place);
        } else if (!place.equals(at)) {
            violations.add(this + " was at " + at + " and was welcomed at " + place + " without a gap");
            at = place;
        }
    }

    synchronized void gap(Position to) {
        if (to.epoch().equals(at.epoch()) && to.offset() <= at.offset()) {
            violations.add(this + " was told of a gap up to " + to + " and had heard " + at);
        }
        gaps.add(new Gap(at, to));
        at = to;
    }

    synchronized void message(Position place, String value) {
        if (left) {
            violations.add(this + " had left and heard " + place);
        }
        if (!place.equals(new Position(at.epoch(), at.offset() + 1))) {
            violations.add(this + " was at " + at + " and heard " + place);
        }
        at = place;
        if (seen.put(place, value) != null) {
            violations.add(this + " heard " + place + " twice");
        }
        String publisher = value.substring(0, value.indexOf(':'));
        long sequence = Long.parseLong(value.substring(value.indexOf(':') + 1));
        Long before = sequences.put(publisher, sequence);
        if (before != null && sequence <= before) {
            violations.add(this + " heard " + value + " after " + publisher + ":" + before);
        }
    }

    /** Of what was published, that which was neither heard nor told to be gone. */
    synchronized List<String> missing(Map<Position, String> published) {
        return published.keySet().stream()
            .filter(place -> !(left && place.epoch().equals(at.epoch()) && place.offset() > at.offset()))
            .filter(place -> !seen.containsKey(place) && gaps.stream().noneMatch(gap -> gap.covers(place)))
            .map(place -> this + " neither heard nor was told of a gap at " + place + ": " + published.get(place)).toList();
    }
}
