package dev.partyline.line;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The lines that wait for their browser, in the order in which they lost their connection: the one that has waited longest is evicted first.
 *
 * <p>Any thread may call.
 */
final class HeldLines {

    private final Map<String, Line> lines = new LinkedHashMap<>();

    /** Returns how many lines are held now. */
    synchronized int add(Line line) {
        lines.put(line.id(), line);
        return lines.size();
    }

    synchronized void remove(Line line) {
        lines.remove(line.id());
    }

    /** Removes the oldest line that matches, if there is one. */
    synchronized Optional<Line> removeOldest(Predicate<Line> matching) {
        Optional<Line> oldest = lines.values().stream().filter(matching).findFirst();
        oldest.ifPresent(this::remove);
        return oldest;
    }

    synchronized boolean contains(Line line) {
        return lines.containsKey(line.id());
    }

    synchronized int count() {
        return lines.size();
    }

    synchronized List<Line> oldestFirst() {
        return List.copyOf(lines.values());
    }
}
