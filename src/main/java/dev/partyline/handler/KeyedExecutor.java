package dev.partyline.handler;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Runs the tasks of one key one after another, in order, and those of different keys in parallel. A key may also have several that run at the same time, and then no order.
 *
 * <p>After each task the key gives its thread back, so that one with many tasks keeps no thread from others. The queue of each key is bounded, and so is what waits in the pool:
 * {@link #offer} returns false if one of them is full.
 *
 * @param <K> the key
 */
public final class KeyedExecutor<K> {

    private static final System.Logger LOG = System.getLogger(KeyedExecutor.class.getName());

    private final ApplicationPool pool;
    private final int maxQueued;
    /** By key; a queue exists while a task of its key is queued or runs. */
    private final ConcurrentMap<K, TaskQueue> queues = new ConcurrentHashMap<>();

    /**
     * A task, and whose share of the pool it takes.
     *
     * <p>A class and no record: see {@code Dispatcher.Key}.
     */
    private static final class Task {

        private final Object owner;
        private final Runnable work;

        private Task(Object owner, Runnable work) {
            this.owner = owner;
            this.work = work;
        }
    }

    /** The tasks of a key that wait, changed only while the map computes the entry of the key. The pool runs it for each of them. */
    private final class TaskQueue implements Runnable {

        private final K key;
        private final Queue<Task> tasks = new ArrayDeque<>(2);
        /** How many runs of this queue the pool has, waiting or running. */
        private int runs;

        private TaskQueue(K key) {
            this.key = key;
        }

        @Override
        public void run() {
            Task[] next = {null};
            queues.computeIfPresent(key, (k, queue) -> {
                next[0] = queue.tasks.poll();
                return queue;
            });
            try {
                if (next[0] != null) {
                    next[0].work.run();
                }
            } finally {
                continueLater(key);
            }
        }

        private boolean add(Task task) {
            return tasks.size() < maxQueued && tasks.add(task);
        }
    }

    public KeyedExecutor(ApplicationPool pool, int maxQueued) {
        this.pool = pool;
        this.maxQueued = maxQueued;
    }

    /**
     * Has a task run after the earlier ones of its key.
     *
     * @param owner whose share of the pool it takes
     */
    public boolean offer(K key, Object owner, Runnable work) {
        return offer(key, 1, owner, work);
    }

    /**
     * As {@link #offer(Object, Object, Runnable)}, beside other tasks of its key.
     *
     * @param parallel how many tasks of the key run at the same time, always the same for one key
     */
    boolean offer(K key, int parallel, Object owner, Runnable work) {
        boolean[] accepted = {false};
        queues.compute(key, (k, queue) -> {
            TaskQueue tasks = queue == null ? new TaskQueue(k) : queue;
            boolean added = tasks.add(new Task(owner, work));
            if (added && tasks.runs < parallel && pool.offer(owner, tasks)) {
                tasks.runs++;
            }
            // Beside others that run, it runs after one of them at the latest.
            accepted[0] = added && tasks.runs > 0;
            return tasks.runs > 0 ? tasks : null;
        });
        return accepted[0];
    }

    /** Runs a task that never blocks on the calling thread if no other task of its key is queued or runs; else like {@link #offer}. */
    boolean runOrOffer(K key, Object owner, Runnable work) {
        boolean[] idle = {false};
        boolean[] accepted = {false};
        queues.compute(key, (k, queue) -> {
            idle[0] = queue == null;
            accepted[0] = idle[0] || queue.add(new Task(owner, work));
            TaskQueue tasks = idle[0] ? new TaskQueue(k) : queue;
            tasks.runs = Math.max(1, tasks.runs);
            return tasks;
        });
        if (idle[0]) {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "a task failed; the next task of its key follows", e);
            } finally {
                // Tasks that were queued meanwhile may block, so they run on the pool.
                continueLater(key);
            }
        }
        return accepted[0];
    }

    /** Whether no task of a key is queued or runs. */
    public boolean isIdle(K key) {
        return !queues.containsKey(key);
    }

    private void continueLater(K key) {
        queues.computeIfPresent(key, (k, queue) -> {
            try {
                if (!queue.tasks.isEmpty()) {
                    pool.offerAgain(queue.tasks.peek().owner, queue);
                    return queue;
                }
            } catch (OutOfMemoryError e) {
                // The tasks of the last run are lost, and what waits for them times out. Kept, they would block their key for ever.
            }
            queue.runs--;
            return queue.runs == 0 ? null : queue;
        });
    }
}
