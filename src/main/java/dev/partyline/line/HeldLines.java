package dev.partyline.line;

import dev.partyline.topic.RetainedMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.LongUnaryOperator;
import java.util.function.ToLongFunction;

/**
 * The lines that wait for their browser, in the order in which they lost their connection.
 *
 * <p>Where there are too many lines, the one that has waited longest is evicted first, of all lines or of one user or address. Where their messages take too much memory, the
 * largest line of the largest owner is evicted first, and no line that retains nothing: it would free nothing. The owner of a line is its user, or else its address.
 *
 * <p>Any thread may call.
 */
final class HeldLines {

    private final RetainedMemory memory;
    private final Map<String, Line> lines = new LinkedHashMap<>();
    /** What each line was counted with, its inbox apart. */
    private final Map<String, Long> bytes = new HashMap<>();
    private final Map<String, Map<String, Line>> byUser = new HashMap<>();
    private final Map<String, Map<String, Line>> byAddress = new HashMap<>();

    HeldLines(RetainedMemory memory) {
        this.memory = memory;
    }

    /**
     * Returns how many lines are held now.
     *
     * @param lineBytes the memory that the line takes besides its inbox
     */
    synchronized int add(Line line, long lineBytes) {
        lines.put(line.id(), line);
        if (bytes.putIfAbsent(line.id(), lineBytes) == null) {
            memory.add(lineBytes);
        }
        line.user().ifPresent(user -> add(byUser, user, line));
        line.address().ifPresent(address -> add(byAddress, address, line));
        return lines.size();
    }

    private static void add(Map<String, Map<String, Line>> index, String key, Line line) {
        index.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(line.id(), line);
    }

    synchronized void remove(Line line) {
        lines.remove(line.id());
        Long counted = bytes.remove(line.id());
        if (counted != null) {
            memory.add(-counted);
        }
        line.user().ifPresent(user -> remove(byUser, user, line));
        line.address().ifPresent(address -> remove(byAddress, address, line));
    }

    private static void remove(Map<String, Map<String, Line>> index, String key, Line line) {
        index.computeIfPresent(key, (k, known) -> {
            known.remove(line.id());
            return known.isEmpty() ? null : known;
        });
    }

    /** Removes the line that has waited longest, if there is one. */
    synchronized Optional<Line> removeOldest() {
        return removeOldest(lines);
    }

    synchronized Optional<Line> removeOldestOfUser(String user) {
        return removeOldest(byUser.getOrDefault(user, Map.of()));
    }

    synchronized Optional<Line> removeOldestOfAddress(String address) {
        return removeOldest(byAddress.getOrDefault(address, Map.of()));
    }

    private Optional<Line> removeOldest(Map<String, Line> among) {
        Optional<Line> oldest = among.values().stream().findFirst();
        oldest.ifPresent(this::remove);
        return oldest;
    }

    synchronized boolean contains(Line line) {
        return lines.containsKey(line.id());
    }

    synchronized int count() {
        return lines.size();
    }

    private synchronized List<Line> oldestFirst() {
        return List.copyOf(lines.values());
    }

    /** The memory that a line takes besides its inbox; 0 if it is not held. */
    synchronized long bytesOf(Line line) {
        return bytes.getOrDefault(line.id(), 0L);
    }

    synchronized void measure(BiConsumer<Line, Long> meter) {
        lines.values().forEach(line -> meter.accept(line, bytes.get(line.id())));
    }

    /**
     * The lines to evict, of those for which {@code size} is positive.
     *
     * @param excessOf how much to free, given the size of all
     */
    List<Line> largest(ToLongFunction<Line> size, LongUnaryOperator excessOf) {
        long all = 0;
        Map<String, Owner> owners = new LinkedHashMap<>();
        for (Line line : oldestFirst()) {
            long has = size.applyAsLong(line);
            if (has > 0) {
                all += has;
                owners.computeIfAbsent(line.publisher().owner(), name -> new Owner(owners.size())).add(new Sized(line, has));
            }
        }
        long excess = excessOf.applyAsLong(all);
        if (excess <= 0) {
            return List.of();
        }
        List<Line> evicted = new ArrayList<>();
        PriorityQueue<Owner> largestFirst = new PriorityQueue<>(Comparator.<Owner>comparingLong(owner -> -owner.size).thenComparing(owner -> owner.order));
        owners.values().forEach(owner -> largestFirst.add(owner.sorted()));
        while (excess > 0 && !largestFirst.isEmpty()) {
            Owner owner = largestFirst.remove();
            Sized largest = owner.removeLargest();
            evicted.add(largest.line());
            excess -= largest.size();
            if (!owner.lines.isEmpty()) {
                largestFirst.add(owner);
            }
        }
        return evicted;
    }

    private record Sized(Line line, long size) {
    }

    /** The held lines of one owner. */
    private static final class Owner {

        /** Of owners with the same size, the one whose line has waited longest comes first. */
        private final int order;
        private Queue<Sized> lines = new ArrayDeque<>();
        private long size;

        private Owner(int order) {
            this.order = order;
        }

        private void add(Sized line) {
            lines.add(line);
            size += line.size();
        }

        /** Largest first; the sort is stable, so of lines of one size the oldest is first. */
        private Owner sorted() {
            List<Sized> sorted = new ArrayList<>(lines);
            sorted.sort(Comparator.comparingLong(line -> -line.size()));
            lines = new ArrayDeque<>(sorted);
            return this;
        }

        private Sized removeLargest() {
            Sized largest = lines.remove();
            size -= largest.size();
            return largest;
        }
    }
}
