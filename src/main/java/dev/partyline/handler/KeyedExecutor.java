package dev.partyline.handler;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Runs the tasks of one key one after another, in order, and those of different keys in parallel.
 *
 * <p>The queue of each key and the queue for a thread are bounded: {@link #offer} returns false if one of them is full.
 *
 * @param <K> the key
 */
final class KeyedExecutor<K> {

    private static final System.Logger LOG = System.getLogger(KeyedExecutor.class.getName());

    private final ThreadPoolExecutor pool;
    private final int maxQueued;
    /** By key; a queue exists while a task of its key is queued or runs. */
    private final ConcurrentMap<K, Queue<Runnable>> queues = new ConcurrentHashMap<>();

    KeyedExecutor(ThreadPoolExecutor pool, int maxQueued) {
        this.pool = pool;
        this.maxQueued = maxQueued;
    }

    boolean offer(K key, Runnable task) {
        boolean[] accepted = {false};
        queues.compute(key, (k, queue) -> {
            if (queue == null) {
                Queue<Runnable> started = start(k, task);
                accepted[0] = started != null;
                return started;
            }
            accepted[0] = queue.size() < maxQueued && queue.add(task);
            return queue;
        });
        return accepted[0];
    }

    /** Runs a task that never blocks on the calling thread if no other task of its key is queued or runs; else like {@link #offer}. */
    boolean runOrOffer(K key, Runnable task) {
        boolean[] idle = {false};
        boolean[] accepted = {false};
        queues.compute(key, (k, queue) -> {
            idle[0] = queue == null;
            accepted[0] = idle[0] || queue.size() < maxQueued && queue.add(task);
            return idle[0] ? new ArrayDeque<>(2) : queue;
        });
        if (idle[0]) {
            run(task);
            continueOnPool(key);
        }
        return accepted[0];
    }

    /** Tasks that were queued meanwhile may block, so they run on the pool. */
    private void continueOnPool(K key) {
        boolean[] rejected = {false};
        queues.compute(key, (k, queue) -> {
            if (queue.isEmpty()) {
                return null;
            }
            try {
                pool.execute(() -> run(k));
            } catch (RejectedExecutionException e) {
                rejected[0] = true;
            }
            return queue;
        });
        if (rejected[0]) {
            run(key);
        }
    }

    private Queue<Runnable> start(K key, Runnable task) {
        Queue<Runnable> queue = new ArrayDeque<>(2);
        queue.add(task);
        try {
            pool.execute(() -> run(key));
            return queue;
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    private void run(K key) {
        for (Runnable task = next(key); task != null; task = next(key)) {
            run(task);
        }
    }

    /** A task that throws must not stop the later tasks of its key. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a task failed; the next task of its key follows", e);
        }
    }

    private Runnable next(K key) {
        Runnable[] next = {null};
        queues.computeIfPresent(key, (k, queue) -> {
            next[0] = queue.poll();
            return next[0] == null ? null : queue;
        });
        return next[0];
    }
}
