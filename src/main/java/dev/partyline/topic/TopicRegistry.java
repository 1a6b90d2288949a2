package dev.partyline.topic;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * All topics of a server. A topic is created at its first use, and removed when it is empty and was not used for longer than a line is held: a line that is resumed
 * in time must not find a new topic with another epoch.
 *
 * <p>Any thread may call.
 */
public final class TopicRegistry {

    /** The topic to which every line is subscribed. */
    public static final String EVERYONE = "*";

    private static final char[] EPOCH_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789".toCharArray();
    private static final int EPOCH_LENGTH = 8;

    private final ConcurrentMap<String, Topic> topics = new ConcurrentHashMap<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final SecureRandom random = new SecureRandom();
    private final Retention defaultRetention;
    private final int maxTopics;
    private final long keyNanos;
    private final LongSupplier nanoTime;
    private final RetainedMemory memory;

    private record Rule(String pattern, Retention retention) {

        boolean matches(String topic) {
            return pattern.endsWith("*") ? topic.startsWith(pattern.substring(0, pattern.length() - 1)) : topic.equals(pattern);
        }
    }

    /**
     * @param defaultRetention the retention of topics that match no rule
     * @param maxTopics        maximum number of topics
     * @param keyMemory        how long the key of a publish is remembered
     */
    public TopicRegistry(Retention defaultRetention, int maxTopics, Duration keyMemory, LongSupplier nanoTime, RetainedMemory memory) {
        this.defaultRetention = defaultRetention;
        this.maxTopics = maxTopics;
        this.keyNanos = keyMemory.toNanos();
        this.nanoTime = nanoTime;
        this.memory = memory;
    }

    /** Where the memory of the topics is counted, and that of inboxes and held lines as well. */
    public RetainedMemory memory() {
        return memory;
    }

    /** Looks at the messages and keys of all topics. */
    public void measure(TopicLog.Meter meter) {
        topics.values().forEach(topic -> topic.measure(meter));
    }

    /** Trims messages and keys of all topics. */
    public void trim(TopicLog.Selection selection) {
        topics.values().forEach(topic -> topic.trim(selection));
    }

    /** The topic to which all lines of a user are subscribed. */
    public static String ofUser(String user) {
        return "@user:" + user;
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
     * The topic of this name, created if necessary.
     *
     * @return empty if the maximum number of topics is reached
     */
    public Optional<Topic> get(String name) {
        Topic known = topics.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        if (isFullFor(name)) {
            return Optional.empty();
        }
        return Optional.of(topics.computeIfAbsent(name, this::create));
    }

    /** The broadcast topic can always be created, even if the maximum number of topics is reached. */
    private boolean isFullFor(String name) {
        return topics.size() >= maxTopics && !name.equals(EVERYONE);
    }

    /**
     * Adds a listener to the topic of this name, created if necessary. Atomic, so that the topic is not removed in between.
     *
     * @return the new listener; empty if the maximum number of topics is reached
     */
    public <L extends Topic.Listener> Optional<L> listen(String name, Function<Topic, L> listener) {
        if (isFullFor(name) && !topics.containsKey(name)) {
            return Optional.empty();
        }
        AtomicReference<L> made = new AtomicReference<>();
        topics.compute(name, (key, known) -> {
            Topic topic = known == null ? create(key) : known;
            made.set(listener.apply(topic));
            topic.listen(made.get(), nanoTime.getAsLong());
            return topic;
        });
        return Optional.of(made.get());
    }

    /** Trims expired messages, and removes empty topics that were not used for {@code idle}. */
    public void sweep(Duration idle) {
        long now = nanoTime.getAsLong();
        for (Topic topic : topics.values()) {
            topic.trimAged(now);
            if (topic.isIdle(now, idle.toNanos())) {
                topics.computeIfPresent(topic.name(), (name, known) -> {
                    if (!known.isIdle(now, idle.toNanos())) {
                        return known;
                    }
                    known.discard();
                    return null;
                });
            }
        }
    }

    public int count() {
        return topics.size();
    }

    private Topic create(String name) {
        Retention retention = rules.stream().filter(rule -> rule.matches(name)).map(Rule::retention).findFirst().orElse(defaultRetention);
        return new Topic(name, epoch(), retention, keyNanos, nanoTime.getAsLong(), memory);
    }

    private String epoch() {
        char[] epoch = new char[EPOCH_LENGTH];
        for (int i = 0; i < EPOCH_LENGTH; i++) {
            epoch[i] = EPOCH_CHARS[random.nextInt(EPOCH_CHARS.length)];
        }
        return new String(epoch);
    }
}
