package dev.partyline.stats;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The counters of a node. There is one object of this class for all its connections and event loops: adders keep threads that count the same apart.
 *
 * <p>Any thread may call. Sums of different counters are not of the same instant.
 */
public final class Counters {

    private static final System.Logger LOG = System.getLogger(Counters.class.getName());
    private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MAX_DETAIL_CHARS = 200;

    private final LongAdder[] adders = new LongAdder[Counter.values().length];
    private final Map<Limit, Hits> hits = new EnumMap<>(Limit.class);
    private final LongSupplier nanoTime;

    /** How often a limit was reached, and what of that was logged. */
    private static final class Hits {
        private final LongAdder count = new LongAdder();
        private final AtomicLong loggedAt;
        private volatile long loggedCount;

        private Hits(long neverLogged) {
            this.loggedAt = new AtomicLong(neverLogged);
        }
    }

    public Counters() {
        this(System::nanoTime);
    }

    /** @param nanoTime the clock */
    Counters(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        Arrays.setAll(adders, i -> new LongAdder());
        long neverLogged = nanoTime.getAsLong() - LOG_INTERVAL_NANOS;
        for (Limit limit : Limit.values()) {
            hits.put(limit, new Hits(neverLogged));
        }
    }

    public void increment(Counter counter) {
        adders[counter.ordinal()].increment();
    }

    public void add(Counter counter, long amount) {
        adders[counter.ordinal()].add(amount);
    }

    public long sum(Counter counter) {
        return adders[counter.ordinal()].sum();
    }

    /**
     * Counts that a limit was reached, and logs it, at most once a minute per limit: a client that reaches one again and again must not fill the log.
     *
     * @param who which line, user or address reached it
     */
    public void hit(Limit limit, String who) {
        Hits of = hits.get(limit);
        of.count.increment();
        long now = nanoTime.getAsLong();
        long last = of.loggedAt.get();
        if (now - last >= LOG_INTERVAL_NANOS && of.loggedAt.compareAndSet(last, now)) {
            long count = of.count.sum();
            LOG.log(System.Logger.Level.INFO, "limit reached: {0}, by {1}; {2} times since the last message about it", limit.setting(), printable(who),
                count - of.loggedCount);
            of.loggedCount = count;
        }
    }

    /** How often a limit was reached. */
    public long hits(Limit limit) {
        return hits.get(limit).count.sum();
    }

    /** Names come from clients: they must not forge lines of the log. */
    private static String printable(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= MAX_DETAIL_CHARS ? line : line.substring(0, MAX_DETAIL_CHARS) + "…";
    }
}
