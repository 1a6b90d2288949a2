package dev.partyline.line;

import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.TopicLog;
import dev.partyline.topic.TopicRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Makes room when all logs, inboxes, idempotency keys and held lines of a server take nearly as much memory as they may. Those that have the most lose their oldest messages first:
 * the memory is shared equally between the owners of publishers, which are users, addresses and the application, and what an owner has more than its share is taken from its
 * largest publishers. If that is not enough, the largest held lines are evicted.
 *
 * <p>A trim reads all logs twice. It frees an eighth of the memory or more, so each publish pays for a few steps of it, and the thread that publishes for none.
 *
 * <p>Called by the scheduler's thread.
 */
public final class MemoryTrimmer {

    /** More publishers are trimmed in another round: each needs a table of ages. */
    private static final int MAX_TRIMMED = 256;
    private static final int MAX_ROUNDS = 8;

    private final RetainedMemory memory;
    private final TopicRegistry topics;
    private final LineRegistry lines;
    private final Counters counters;
    private final LongSupplier nanoTime;

    /** What one publisher has. */
    private static final class Usage {

        private final Publisher publisher;
        private long bytes;
        private long excess;
        /** Null unless it is trimmed. */
        private AgeTable ages;
        private int trimmedFrom = Integer.MAX_VALUE;

        private Usage(Publisher publisher) {
            this.publisher = publisher;
        }

        private long bytes() {
            return bytes;
        }

        private long excess() {
            return excess;
        }
    }

    public MemoryTrimmer(TopicRegistry topics, LineRegistry lines, Counters counters, LongSupplier nanoTime) {
        this.memory = topics.memory();
        this.topics = topics;
        this.lines = lines;
        this.counters = counters;
        this.nanoTime = nanoTime;
    }

    /** Makes room if it is needed and was not found. Called once a second. */
    public void sweep() {
        trim();
        memory.onTrimmed();
    }

    /** Makes room if it is needed. Where there is none to make, the next attempt is that of {@link #sweep}. */
    public void trim() {
        for (int round = 0; round < MAX_ROUNDS && memory.isTrimNeeded(); round++) {
            long before = memory.bytes();
            trimMessages();
            if (memory.bytes() >= before) {
                break;
            }
        }
        if (memory.isTrimNeeded()) {
            lines.evictHeld(memory.bytes() - memory.trimTo());
        } else {
            memory.onTrimmed();
        }
    }

    private void trimMessages() {
        Map<Publisher, Usage> usages = new IdentityHashMap<>();
        measure((publisher, appendedAt, bytes) -> usages.computeIfAbsent(publisher, Usage::new).bytes += bytes);
        lines.measureHeld((line, bytes) -> usages.computeIfAbsent(line.publisher(), Usage::new).bytes += bytes);
        List<Usage> largest = findExcess(usages.values());
        if (largest.isEmpty()) {
            return;
        }
        Map<Publisher, Usage> trimmed = new IdentityHashMap<>();
        largest.forEach(usage -> {
            usage.ages = new AgeTable();
            trimmed.put(usage.publisher, usage);
        });
        long now = nanoTime.getAsLong();
        measure((publisher, appendedAt, bytes) -> {
            Usage usage = trimmed.get(publisher);
            if (usage != null) {
                usage.ages.add(now - appendedAt, bytes);
            }
        });
        for (Usage usage : largest) {
            usage.trimmedFrom = usage.ages.oldest(usage.excess);
            counters.hit(Limit.MEMORY, usage.publisher);
        }
        TopicLog.Selection selection = (publisher, appendedAt) -> {
            Usage usage = trimmed.get(publisher);
            return usage != null && AgeTable.rowOf(now - appendedAt) >= usage.trimmedFrom;
        };
        topics.trim(selection);
        lines.all().forEach(line -> line.inbox().trim(selection));
    }

    private void measure(TopicLog.Meter meter) {
        topics.measure(meter);
        lines.all().forEach(line -> line.inbox().measure(meter));
    }

    /** The publishers that have more than their share, those with the most too much. */
    private List<Usage> findExcess(Collection<Usage> usages) {
        Map<String, List<Usage>> byOwner = new LinkedHashMap<>();
        usages.forEach(usage -> byOwner.computeIfAbsent(usage.publisher.owner(), owner -> new ArrayList<>()).add(usage));
        long level = FairShares.level(byOwner.values().stream().mapToLong(MemoryTrimmer::sum).toArray(), memory.trimTo());
        List<Usage> exceeding = new ArrayList<>();
        for (List<Usage> owned : byOwner.values()) {
            if (sum(owned) > level) {
                long ownLevel = FairShares.level(owned.stream().mapToLong(Usage::bytes).toArray(), level);
                for (Usage usage : owned) {
                    usage.excess = usage.bytes - ownLevel;
                    if (usage.excess > 0) {
                        exceeding.add(usage);
                    }
                }
            }
        }
        exceeding.sort(Comparator.comparingLong(Usage::excess).reversed());
        return exceeding.subList(0, Math.min(MAX_TRIMMED, exceeding.size()));
    }

    private static long sum(List<Usage> usages) {
        return usages.stream().mapToLong(Usage::bytes).sum();
    }

    /** How much memory the messages of each age take. An age is known to an eighth: that suffices to find the oldest, without a sort. */
    static final class AgeTable {

        private static final int ROWS_PER_DOUBLING_BITS = 3;
        private static final int ROWS_PER_DOUBLING = 1 << ROWS_PER_DOUBLING_BITS;

        private final long[] bytes = new long[(Long.SIZE - ROWS_PER_DOUBLING_BITS) * ROWS_PER_DOUBLING];

        /** Greater for a greater age. */
        static int rowOf(long ageNanos) {
            long age = Math.max(0, ageNanos);
            if (age < ROWS_PER_DOUBLING) {
                return (int) age;
            }
            int doubling = Long.SIZE - 1 - Long.numberOfLeadingZeros(age) - ROWS_PER_DOUBLING_BITS;
            return (doubling << ROWS_PER_DOUBLING_BITS) + (int) (age >> doubling);
        }

        void add(long ageNanos, long added) {
            bytes[rowOf(ageNanos)] += added;
        }

        /** The row from which on the messages take so many bytes or, if all together do not, the row from which on there are any. */
        int oldest(long wanted) {
            int row = bytes.length;
            for (long found = 0; found < wanted && row > 0; found += bytes[row]) {
                row--;
            }
            return row;
        }
    }
}
