package dev.partyline.topic;

import dev.partyline.stats.Counters;
import dev.partyline.stats.KeyedCounter;
import dev.partyline.stats.Limit;
import dev.partyline.wire.Position;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * All topics of a server.
 *
 * <p>A topic is created when it is published to or listened to, and removed when it holds nothing and has no listener: one that was never published to with its last listener,
 * another one when its last message has expired and its keys are forgotten. It costs nothing then: {@link #endOf} knows its position without it, and if it is created again it goes on
 * after that position, so that a browser that comes back misses nothing.
 *
 * <p>Their number is limited in total, per line, user and address. The topics of the server itself, {@code *} and {@code @user:NAME}, are never refused and do not count.
 *
 * <p>Any thread may call.
 */
public final class TopicRegistry {

    /** The topic to which every line is subscribed. */
    public static final String EVERYONE = "*";

    private static final String USER = "@user:";
    private static final char[] EPOCH_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789".toCharArray();
    private static final int EPOCH_LENGTH = 8;
    /** So many groups of names share the position of their removed topics. A power of two. */
    private static final int END_GROUPS = 4096;

    private final ConcurrentMap<String, Entry> topics = new ConcurrentHashMap<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final Retention defaultRetention;
    private final TopicQuotas quotas;
    private final long keyNanos;
    private final LongSupplier nanoTime;
    private final RetainedMemory memory;
    private final Counters counters;
    private final AtomicInteger counted = new AtomicInteger();
    private final KeyedCounter countByLine = new KeyedCounter();
    private final KeyedCounter countByUser = new KeyedCounter();
    private final KeyedCounter countByAddress = new KeyedCounter();
    /** The epoch of all topics of this registry. */
    private final String epoch = randomEpoch();
    /**
     * Where removed topics have ended, by a hash of their names: the greatest offset of each group. A topic goes on after it when it is created again, so that no position means two
     * messages. That names share an offset costs at most a gap where none was, if a client returns to a topic while another one of its group has ended at a greater offset.
     */
    private final AtomicLongArray ends = new AtomicLongArray(END_GROUPS);

    private record Rule(String pattern, Retention retention) {

        boolean matches(String topic) {
            return pattern.endsWith("*") ? topic.startsWith(pattern.substring(0, pattern.length() - 1)) : topic.equals(pattern);
        }
    }

    /** A topic, whose share it counts towards, and how many listeners and publishers have it now: in the meantime, it is not removed. */
    private record Entry(Topic topic, TopicOwner owner, AtomicInteger users) {

        private static final int REMOVED = -1;

        /** False if the topic is about to be removed. */
        boolean acquire() {
            return users.updateAndGet(count -> count == REMOVED ? REMOVED : count + 1) != REMOVED;
        }

        void release() {
            users.decrementAndGet();
        }

        /** Whether the topic is idle and, from now on, cannot be acquired. */
        boolean retire(long nowNanos) {
            if (!users.compareAndSet(0, REMOVED)) {
                return false;
            }
            boolean idle = topic.isIdle(nowNanos);
            if (!idle) {
                users.set(0);
            }
            return idle;
        }
    }

    /**
     * @param defaultRetention the retention of topics that match no rule
     * @param keyMemory        how long the key of a publish is remembered
     */
    public TopicRegistry(Retention defaultRetention, TopicQuotas quotas, Duration keyMemory, LongSupplier nanoTime, Counters counters, RetainedMemory memory) {
        this.defaultRetention = defaultRetention;
        this.quotas = quotas;
        this.keyNanos = keyMemory.toNanos();
        this.nanoTime = nanoTime;
        this.counters = counters;
        this.memory = memory;
    }

    /** Where the memory of the topics is counted, and that of inboxes and held lines as well. */
    public RetainedMemory memory() {
        return memory;
    }

    /** Looks at the messages and keys of all topics. */
    public void measure(TopicLog.Meter meter) {
        topics.values().forEach(entry -> entry.topic().measure(meter));
    }

    /** Trims messages and keys of all topics. */
    public void trim(TopicLog.Selection selection) {
        topics.values().forEach(entry -> entry.topic().trim(selection));
    }

    /** The topic to which all lines of a user are subscribed. */
    public static String ofUser(String user) {
        return USER + user;
    }

    /**
     * Sets the retention of topics that match a pattern and are created from now on; the latest matching rule counts.
     *
     * @param pattern a topic's name, or a prefix followed by {@code *}
     */
    public void retain(String pattern, Retention retention) {
        rules.add(0, new Rule(Objects.requireNonNull(pattern, "pattern"), Objects.requireNonNull(retention, "retention")));
    }

    /**
     * Uses the topic of this name, created if necessary, such as for a publish. It is not removed meanwhile: what is appended to it is not lost.
     *
     * @return what {@code use} returns; empty if a limit of topics is reached
     */
    public <T> Optional<T> use(String name, TopicOwner by, Function<Topic, T> use) {
        Optional<Entry> acquired = acquire(name, by);
        if (acquired.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(use.apply(acquired.get().topic()));
        } finally {
            acquired.get().release();
        }
    }

    /**
     * Adds a listener to the topic of this name, created if necessary. The topic is not removed before {@link #unlisten}.
     *
     * @return the new listener; empty if a limit of topics is reached
     */
    public <L extends Topic.Listener> Optional<L> listen(String name, TopicOwner by, Function<Topic, L> listener) {
        Optional<Entry> acquired = acquire(name, by);
        if (acquired.isEmpty()) {
            return Optional.empty();
        }
        Topic topic = acquired.get().topic();
        boolean listening = false;
        try {
            Optional<L> made = Optional.of(listener.apply(topic));
            topic.listen(made.get());
            listening = true;
            return made;
        } finally {
            if (!listening) {
                acquired.get().release();
            }
        }
    }

    /** Removes a listener, and the topic if nothing is lost with it. */
    public void unlisten(Topic topic, Topic.Listener listener) {
        topic.unlisten(listener);
        Entry entry = topics.get(topic.name());
        entry.release();
        if (topic.isUnused()) {
            removeIfIdle(entry, nanoTime.getAsLong());
        }
    }

    private Optional<Entry> acquire(String name, TopicOwner by) {
        while (true) {
            Entry known = topics.get(name);
            // Before it is acquired: without memory for this, it must not be, or the topic would never be removed.
            Optional<Entry> entry = Optional.ofNullable(known == null ? findOrCreate(name, by) : known);
            if (entry.isEmpty() || entry.get().acquire()) {
                return entry;
            }
            // Another thread is about to remove it.
            Thread.yield();
        }
    }

    /** Null if a limit of topics is reached. */
    private Entry findOrCreate(String name, TopicOwner by) {
        boolean[] pending = {false};
        try {
            Entry entry = topics.computeIfAbsent(name, key -> {
                pending[0] = !isReserved(key) && count(by);
                return isReserved(key) || pending[0] ? create(key, by) : null;
            });
            pending[0] = false;
            return entry;
        } finally {
            // Without memory, the topic is counted and not created.
            if (pending[0]) {
                uncount(by);
            }
        }
    }

    /** The position of the newest message, also of a topic that does not exist now. Creates nothing. */
    public Position endOf(String name) {
        Entry entry = topics.get(name);
        return entry == null ? endOfRemoved(name) : entry.topic().end();
    }

    /** Trims expired messages, and removes topics without which nothing is lost. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        for (Entry entry : topics.values()) {
            entry.topic().trimAged(now);
            if (entry.topic().isIdle(now)) {
                removeIfIdle(entry, now);
            }
        }
    }

    private void removeIfIdle(Entry entry, long nowNanos) {
        if (!entry.retire(nowNanos)) {
            return;
        }
        String name = entry.topic().name();
        // Before the removal, so that the topic goes on there if it is created again.
        ends.accumulateAndGet(endGroup(name), entry.topic().end().offset(), Math::max);
        topics.remove(name);
        entry.topic().discard();
        if (!isReserved(name)) {
            uncount(entry.owner());
        }
    }

    public int count() {
        return topics.size();
    }

    private static boolean isReserved(String name) {
        return name.equals(EVERYONE) || name.startsWith(USER);
    }

    /** Counts one more topic, unless a limit is reached, or there is no memory to count it. */
    private boolean count(TopicOwner by) {
        boolean line = false;
        boolean user = false;
        boolean all = false;
        boolean room = counted.incrementAndGet() <= quotas.total();
        try {
            if (!room) {
                counters.hit(Limit.LOGS, by);
            }
            line = room && count(countByLine, by.line(), quotas.perLine(), Limit.LOGS_PER_LINE, by);
            user = line && count(countByUser, by.user(), quotas.perUser(), Limit.LOGS_PER_USER, by);
            all = user && count(countByAddress, by.address(), quotas.perAddress(), Limit.LOGS_PER_ADDRESS, by);
        } finally {
            if (!all) {
                counted.decrementAndGet();
                if (line) {
                    by.line().ifPresent(countByLine::decrement);
                }
                if (user) {
                    by.user().ifPresent(countByUser::decrement);
                }
            }
        }
        return all;
    }

    /** Where there is no key, nothing is counted. */
    private boolean count(KeyedCounter counter, Optional<String> key, int max, Limit limit, TopicOwner by) {
        boolean within = key.isEmpty() || counter.tryIncrement(key.get(), max);
        if (!within) {
            counters.hit(limit, by);
        }
        return within;
    }

    private void uncount(TopicOwner by) {
        counted.decrementAndGet();
        by.line().ifPresent(countByLine::decrement);
        by.user().ifPresent(countByUser::decrement);
        by.address().ifPresent(countByAddress::decrement);
    }

    private Entry create(String name, TopicOwner by) {
        Retention retention = rules.stream().filter(rule -> rule.matches(name)).map(Rule::retention).findFirst().orElse(defaultRetention);
        return new Entry(new Topic(name, endOfRemoved(name), retention, keyNanos, memory), by, new AtomicInteger());
    }

    /** After which a topic that does not exist now would go on. */
    private Position endOfRemoved(String name) {
        return new Position(epoch, ends.get(endGroup(name)));
    }

    private static int endGroup(String name) {
        int hash = name.hashCode();
        return (hash ^ hash >>> 16) & END_GROUPS - 1;
    }

    private static String randomEpoch() {
        SecureRandom random = new SecureRandom();
        char[] epoch = new char[EPOCH_LENGTH];
        for (int i = 0; i < EPOCH_LENGTH; i++) {
            epoch[i] = EPOCH_CHARS[random.nextInt(EPOCH_CHARS.length)];
        }
        return new String(epoch);
    }
}
