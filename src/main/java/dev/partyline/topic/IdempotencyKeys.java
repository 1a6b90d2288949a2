package dev.partyline.topic;

import dev.partyline.wire.Position;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The idempotency keys of a topic. A key belongs to its publisher: what one publisher uses, no other one can use up or guess.
 *
 * <p>Keys are remembered for a time. If there are more than {@value #MAX_KEYS}, the oldest key of the user or address that has the most is forgotten, so that no client makes the
 * topic forget the keys of others. It is not that of the publisher with the most: a client without a user is another publisher in each of its tabs.
 *
 * <p>Not thread-safe: the topic guards it.
 */
final class IdempotencyKeys {

    static final int MAX_KEYS = 1024;

    private final long keyNanos;
    private final RetainedMemory memory;
    /** By publisher and key, oldest first. */
    private final Map<String, Keyed> keys = new LinkedHashMap<>();
    /** The number of keys of each {@linkplain Publisher#owner owner}. */
    private final Map<String, Integer> counts = new HashMap<>();

    private record Keyed(Publisher by, byte[] digest, Position at, long since, int bytes) {
    }

    /**
     * @param keyNanos how long a key is remembered
     * @param memory   where the memory of the keys is counted
     */
    IdempotencyKeys(long keyNanos, RetainedMemory memory) {
        this.keyNanos = keyNanos;
        this.memory = memory;
    }

    /**
     * Where the message with this key is; empty if the key is new.
     *
     * @param digest of the message's body
     * @throws KeyConflictException if the key was used with another body
     */
    Optional<Position> find(String publisher, String key, byte[] digest, long nowNanos) {
        expire(nowNanos);
        Keyed first = keys.get(idOf(publisher, key));
        if (first == null) {
            return Optional.empty();
        }
        if (!MessageDigest.isEqual(first.digest(), digest)) {
            throw new KeyConflictException();
        }
        return Optional.of(first.at());
    }

    /** @param by whose memory the key takes */
    void add(Publisher by, String publisher, String key, byte[] digest, Position at, long nowNanos) {
        String id = idOf(publisher, key);
        Keyed keyed = new Keyed(by, digest, at, nowNanos, RetainedMemory.keyBytes(id));
        keys.put(id, keyed);
        memory.add(keyed.bytes());
        counts.merge(by.owner(), 1, Integer::sum);
        if (keys.size() > MAX_KEYS) {
            forgetOldestOf(counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey());
        }
    }

    /** Whether no key is remembered any more. */
    boolean isEmpty(long nowNanos) {
        expire(nowNanos);
        return keys.isEmpty();
    }

    private void expire(long nowNanos) {
        Iterator<Keyed> oldest = keys.values().iterator();
        while (oldest.hasNext()) {
            Keyed next = oldest.next();
            if (nowNanos - next.since() <= keyNanos) {
                return;
            }
            forget(next, oldest);
        }
    }

    private void forgetOldestOf(String owner) {
        Iterator<Keyed> oldest = keys.values().iterator();
        while (oldest.hasNext()) {
            Keyed next = oldest.next();
            if (next.by().owner().equals(owner)) {
                forget(next, oldest);
                return;
            }
        }
    }

    void measure(TopicLog.Meter meter) {
        keys.values().forEach(key -> meter.count(key.by(), key.since(), key.bytes()));
    }

    /** Forgets keys for lack of memory. */
    void trim(TopicLog.Selection selection) {
        Iterator<Keyed> all = keys.values().iterator();
        while (all.hasNext()) {
            Keyed next = all.next();
            if (selection.contains(next.by(), next.since())) {
                forget(next, all);
            }
        }
    }

    private void forget(Keyed keyed, Iterator<Keyed> at) {
        at.remove();
        memory.add(-keyed.bytes());
        counts.computeIfPresent(keyed.by().owner(), (owner, count) -> count == 1 ? null : count - 1);
    }

    /** With the length in front, no two pairs have the same id. No record: its generated comparison leaks the class loader of a stopped application. */
    private static String idOf(String publisher, String key) {
        return publisher.length() + " " + publisher + key;
    }

    /** What is remembered of a body, which may be long. */
    static byte[] digest(String body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
