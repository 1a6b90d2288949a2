package dev.partyline.stats;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The counters of a node. There is one object of this class for all its connections and event loops: adders keep threads that count the same apart.
 *
 * <p>Any thread may call. Sums of different counters are not of the same instant.
 */
public final class Counters {

    private static final System.Logger LOG = System.getLogger(Counters.class.getName());
    private static final int MAX_DETAIL_CHARS = 200;

    private final LongAdder[] adders = new LongAdder[Counter.values().length];
    private final Map<Limit, Hits> hits = new EnumMap<>(Limit.class);
    private final LongSupplier nanoTime;

    /** How often a limit was reached, and when that is logged. */
    private static final class Hits {
        private final LongAdder count = new LongAdder();
        private final LogThrottle throttle = new LogThrottle();
    }

    public Counters() {
        this(System::nanoTime);
    }

    /** @param nanoTime the clock */
    Counters(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        Arrays.setAll(adders, i -> new LongAdder());
        for (Limit limit : Limit.values()) {
            hits.put(limit, new Hits());
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
     * @param who which line, user or address reached it. Its text is made only if it is logged: clients reach some limits with each message
     */
    public void hit(Limit limit, Object who) {
        Hits of = hits.get(limit);
        of.count.increment();
        long since = of.throttle.onEvent(nanoTime.getAsLong());
        if (since > 0) {
            LOG.log(System.Logger.Level.INFO, "limit reached: {0}, by {1}; {2} times since the last message about it", limit.setting(), printable(who.toString()), since);
        }
    }

    /** How often a limit was reached. */
    public long hits(Limit limit) {
        return hits.get(limit).count.sum();
    }

    /** Names come from clients: they must not forge lines of the log, nor reverse them. Letters of any language stay. */
    private static String printable(String text) {
        String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return line.length() <= MAX_DETAIL_CHARS ? line : line.substring(0, MAX_DETAIL_CHARS) + "…";
    }
}
