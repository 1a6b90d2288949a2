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
 * All topics of a node, made when they are first used and forgotten when they are empty and nobody has used them for longer than a line is held: a line
 * that comes back in time never meets a topic that was made anew under its feet.
 *
 * <p>Any thread may call.
 */
public final class TopicRegistry {

    /** Every line hears this topic. */
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

    private record Rule(String pattern, Retention retention) {

        boolean matches(String topic) {
            return pattern.endsWith("*") ? topic.startsWith(pattern.substring(0, pattern.length() - 1)) : topic.equals(pattern);
        }
    }

    /**
     * @param defaultRetention  what is kept of a topic that no rule names
     * @param maxTopics most topics at a time
     * @param keyMemory how long the key of a publish is remembered
     */
    public TopicRegistry(Retention defaultRetention, int maxTopics, Duration keyMemory, LongSupplier nanoTime) {
        this.defaultRetention = defaultRetention;
        this.maxTopics = maxTopics;
        this.keyNanos = keyMemory.toNanos();
        this.nanoTime = nanoTime;
    }

    /** The topic that lines of one user hear. */
    public static String ofUser(String user) {
        return "@user:" + user;
    }

    /**
     * What is kept of the topics that a pattern names; the latest rule that fits wins, for topics made from now on.
     *
     * @param pattern a topic's name, or the beginning of one followed by {@code *}
     */
    public void retain(String pattern, Retention retention) {
        rules.add(0, new Rule(Objects.requireNonNull(pattern, "pattern"), Objects.requireNonNull(retention, "retention")));
    }

    /**
     * The topic of this name, made if need be.
     *
     * @return empty if there are too many topics already
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

    /** However many topics others have made, there is room for the one that every line hears. */
    private boolean isFullFor(String name) {
        return topics.size() >= maxTopics && !name.equals(EVERYONE);
    }

    /**
     * Listens to the topic of this name, made if need be: in one step with its being kept.
     *
     * @return the listener made for it; empty if there are too many topics already
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

    /** Forgets what is too old, and empty topics that nobody used for {@code idle}. */
    public void sweep(Duration idle) {
        long now = nanoTime.getAsLong();
        for (Topic topic : topics.values()) {
            topic.trimAged(now);
            if (topic.isIdle(now, idle.toNanos())) {
                topics.computeIfPresent(topic.name(), (name, known) -> known.isIdle(now, idle.toNanos()) ? null : known);
            }
        }
    }

    public int count() {
        return topics.size();
    }

    private Topic create(String name) {
        Retention retention = rules.stream().filter(rule -> rule.matches(name)).map(Rule::retention).findFirst().orElse(defaultRetention);
        return new Topic(name, epoch(), retention, keyNanos, nanoTime.getAsLong());
    }

    private String epoch() {
        char[] epoch = new char[EPOCH_LENGTH];
        for (int i = 0; i < EPOCH_LENGTH; i++) {
            epoch[i] = EPOCH_CHARS[random.nextInt(EPOCH_CHARS.length)];
        }
        return new String(epoch);
    }
}
