package dev.partyline.line;

import dev.partyline.stats.Counter;
import dev.partyline.stats.Counters;
import dev.partyline.stats.RecentMaximum;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * One thread and the lines that it owns for life: no other thread touches their cursors or changes their connections, so neither needs a lock.
 *
 * <p>It runs iterations. Each drains the queues and then writes to every ready line all that is new for it, as one WebSocket message. So frames for a busy line are batched, and
 * many publishes in a row cost each line one send. An iteration takes a bounded number of tasks, so that it gets to writing however fast others publish.
 *
 * <p>Other threads reach it by {@link #execute}, {@link #signal} and {@link #onAppend}, which never block. What may block, the loop hands to {@link #runBlocking}. The methods
 * from {@link #runOnce} on are confined to the thread of the loop, and those that other classes call assert it.
 */
final class EventLoop implements Runnable {

    private static final System.Logger LOG = System.getLogger(EventLoop.class.getName());

    /** How often a stopping loop checks whether its connections are closed. */
    private static final long SHUTDOWN_POLL_NANOS = Duration.ofMillis(10).toNanos();

    /** At most so many tasks, and so many signalled lines, in one iteration. */
    private static final int MAX_TASKS_PER_ITERATION = 10_000;

    /** A tick that comes so much too late comes after a pause of the whole process, such as a virtual machine that was moved. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

    /** Where an error happens again and again, such as without memory, the loop must not use up a processor. */
    private static final long FAILURE_PAUSE_NANOS = Duration.ofMillis(1).toNanos();
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final TopicRegistry topics;
    private final Executor blockingExecutor;
    private final LongSupplier nanoTime;
    private final long tickNanos;
    private final Thread thread;
    /** The thread that runs the iterations. Written by that thread only. */
    private volatile Thread owner;

    /** Filled by any thread. */
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<LineDelivery> signalled = new ConcurrentLinkedQueue<>();
    private final Queue<TopicFanOut> appended = new ConcurrentLinkedQueue<>();
    private volatile boolean parked;
    private volatile boolean stopping;
    /** Whether the loop must end even if connections are still open. */
    private volatile boolean abandoned;
    /** Any thread: whether a signal or an append could not be queued, for lack of memory or stack. The next tick looks at every line and every topic instead. */
    volatile boolean signalsLost;
    /** When the last tick was, or the start. Written by the owner, read by any thread. */
    private volatile long tickedAt;

    final Counters counters;
    /** How long a task of another thread waits at worst. */
    final RecentMaximum longestIteration = new RecentMaximum();

    /** Confined to this loop. */
    private final Set<LineDelivery> lines = new HashSet<>();
    private final Map<String, TopicFanOut> fanOuts = new HashMap<>();
    private final Queue<LineDelivery> ready = new ArrayDeque<>();
    private final List<TopicFanOut> cached = new ArrayList<>();
    private final List<GracefulClose> closings = new ArrayList<>();
    private long nextTick;
    private boolean paused;
    private long resumedAt;

    /**
     * @param blockingExecutor runs what may block for seconds
     * @param nanoTime         the clock
     * @param tick             how often deadlines are checked
     */
    EventLoop(String name, TopicRegistry topics, Executor blockingExecutor, LongSupplier nanoTime, Duration tick, Counters counters) {
        this.topics = topics;
        this.counters = counters;
        this.blockingExecutor = blockingExecutor;
        this.nanoTime = nanoTime;
        this.tickNanos = tick.toNanos();
        this.tickedAt = nanoTime.getAsLong();
        this.nextTick = tickedAt + tickNanos;
        this.thread = new Thread(this, name);
        this.thread.setDaemon(true);
    }

    void start() {
        // Loads the classes that the stop needs: Open Liberty takes an application's classes away before it stops the application.
        GracefulClose.class.getName();
        LineDelivery.class.getName();
        thread.start();
    }

    /** Ends the thread once its queues are empty and its connections are closed. */
    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    /** Waits for the thread to end. After the timeout, it ends with its current task. */
    void join(Duration timeout) throws InterruptedException {
        thread.join(timeout.toMillis());
        abandoned = true;
    }

    /** Makes the calling thread the owner: called by {@link #run}, and by tests that run iterations one by one. */
    void adoptCurrentThread() {
        owner = Thread.currentThread();
    }

    /** Any thread: whether it is the owner. */
    boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    /** Stands at the head of every method that only the owner may call. It costs nothing unless assertions are enabled. */
    void assertInLoop() {
        assert inLoop() : "called by " + Thread.currentThread().getName() + ", not by " + thread.getName();
    }

    /** Nothing but the stop ends the loop: not even that the log throws, as it does without memory. */
    @Override
    public void run() {
        adoptCurrentThread();
        boolean more = true;
        while (more && !abandoned) {
            try {
                more = runUntilIdle();
            } catch (RuntimeException | Error e) {
                onFailure(e);
                LockSupport.parkNanos(this, FAILURE_PAUSE_NANOS);
            }
        }
    }

    /** Runs iterations until there is nothing to do, and waits; false if the loop has to end. */
    private boolean runUntilIdle() {
        while (runOnce() && !abandoned) {
            // Until there is nothing to do.
        }
        if (isFinished()) {
            return false;
        }
        park();
        return true;
    }

    /** Must not throw: the failure of one line must not keep the loop from the others. */
    private static void onFailure(Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "a task of an event loop failed; the loop goes on", failure);
        } catch (RuntimeException | Error e) {
            // There may be no memory for the log either.
        }
    }

    /** Any thread: when it last checked the deadlines, which it does every tick. Long ago if its thread hangs. */
    long tickedAt() {
        return tickedAt;
    }

    private boolean isFinished() {
        // In this order: a task that was queued before the stop may have come after the last iteration.
        if (!stopping || hasPendingWork()) {
            return false;
        }
        removeDoneClosings(nanoTime.getAsLong());
        return closings.isEmpty();
    }

    /** Waits for other threads or the next tick. */
    private void park() {
        long timeout = stopping ? SHUTDOWN_POLL_NANOS : nextTick - nanoTime.getAsLong();
        parked = true;
        if (!hasPendingWork()) {
            LockSupport.parkNanos(this, Math.max(1, timeout));
        }
        parked = false;
    }

    private boolean hasPendingWork() {
        return !(tasks.isEmpty() && signalled.isEmpty() && appended.isEmpty() && ready.isEmpty());
    }

    /**
     * Any thread: has the loop run a task.
     *
     * @throws OutOfMemoryError if there is no memory to queue it
     */
    void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** Any thread: has the loop look at a line. Never throws. */
    void signal(LineDelivery line) {
        if (line.signalled.compareAndSet(false, true)) {
            try {
                signalled.add(line);
                wake();
            } catch (VirtualMachineError e) {
                signalsLost = true;
                line.signalled.set(false);
            }
        }
    }

    /** Any thread: has the loop look at a topic. */
    void onAppend(TopicFanOut fanOut) {
        appended.add(fanOut);
        wake();
    }

    /** Any thread: runs what may block on another thread. */
    void runBlocking(Runnable task) {
        blockingExecutor.execute(task);
    }

    /** Any thread: whether it has nothing to do until another thread or its next tick wakes it. */
    boolean isIdle() {
        return parked && !hasPendingWork();
    }

    private void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** Any thread. */
    long now() {
        return nanoTime.getAsLong();
    }

    /** One iteration; false if there was nothing to do. */
    boolean runOnce() {
        assertInLoop();
        long now = nanoTime.getAsLong();
        boolean worked = false;
        for (int left = MAX_TASKS_PER_ITERATION; left > 0 && !abandoned && !tasks.isEmpty(); left--) {
            run(tasks.remove());
            worked = true;
        }
        for (int left = MAX_TASKS_PER_ITERATION; left > 0 && !signalled.isEmpty(); left--) {
            onSignal(signalled.remove());
            worked = true;
        }
        for (int left = Math.max(1, fanOuts.size()); left > 0 && !appended.isEmpty(); left--) {
            markSubscribersPending(appended.remove());
            worked = true;
        }
        worked |= flushReady(now);
        if (worked) {
            long nanos = nanoTime.getAsLong() - now;
            counters.increment(Counter.EVENT_LOOP_ITERATIONS);
            counters.add(Counter.EVENT_LOOP_BUSY_NANOS, nanos);
            longestIteration.record(nanos);
        }
        if (now - nextTick >= 0) {
            if (now - nextTick > PAUSE_NANOS) {
                paused = true;
                resumedAt = now;
                LOG.log(System.Logger.Level.DEBUG, "the last check of the deadlines was {0} ms ago, deadlines are extended", (now - nextTick + tickNanos) / NANOS_PER_MILLI);
            }
            nextTick = now + tickNanos;
            tick(now);
        }
        return worked || !ready.isEmpty();
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            onFailure(e);
        }
    }

    private static void onSignal(LineDelivery line) {
        try {
            line.onSignal();
        } catch (RuntimeException | Error e) {
            fail(line, e);
        }
    }

    /** Lines that this does not reach are reached at the next tick. */
    private void markSubscribersPending(TopicFanOut fanOut) {
        try {
            fanOut.markSubscribersPending();
        } catch (RuntimeException | Error e) {
            signalsLost = true;
            onFailure(e);
        }
    }

    /** Where a line's own work failed, its state is unknown: its client gets a new connection, which begins with a new welcome. */
    private static void fail(LineDelivery line, Throwable failure) {
        onFailure(failure);
        try {
            line.onFailure();
        } catch (RuntimeException | Error e) {
            onFailure(e);
        }
    }

    private boolean flushReady(long now) {
        int count = ready.size();
        for (int left = count; left > 0; left--) {
            LineDelivery line = ready.remove();
            try {
                line.flush(now);
            } catch (RuntimeException | Error e) {
                fail(line, e);
            }
        }
        cached.forEach(TopicFanOut::clearCache);
        cached.clear();
        return count > 0;
    }

    private void tick(long now) {
        tickedAt = now;
        longestIteration.tick(now);
        removeDoneClosings(now);
        List<LineDelivery> present = List.copyOf(lines);
        if (signalsLost) {
            signalsLost = false;
            List.copyOf(fanOuts.values()).forEach(this::markSubscribersPending);
            present.forEach(EventLoop::onSignal);
        }
        for (LineDelivery line : present) {
            try {
                line.tick(now);
            } catch (RuntimeException | Error e) {
                fail(line, e);
            }
        }
    }

    private void removeDoneClosings(long now) {
        for (int i = closings.size() - 1; i >= 0; i--) {
            if (closings.get(i).isDone(now)) {
                closings.remove(i);
            }
        }
    }

    /**
     * Whether a pause of the whole process ended less than this ago. What clients sent meanwhile may still be in the buffers of their sockets, so their silence says nothing yet,
     * and neither does the duration of a send.
     */
    boolean hasResumedWithin(Duration time, long now) {
        assertInLoop();
        return paused && now - resumedAt < time.toNanos();
    }

    void add(LineDelivery line) {
        assertInLoop();
        lines.add(line);
    }

    void remove(LineDelivery line) {
        assertInLoop();
        lines.remove(line);
    }

    Set<LineDelivery> lines() {
        assertInLoop();
        return lines;
    }

    /** Has a line flushed by this iteration, or by the next one if this one is flushing already. */
    void markReady(LineDelivery line) {
        assertInLoop();
        ready.add(line);
    }

    /** The fan-out of a topic, created if need be; empty if a limit of topics is reached. */
    Optional<TopicFanOut> fanOut(String topic, TopicOwner by) {
        assertInLoop();
        TopicFanOut known = fanOuts.get(topic);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<TopicFanOut> made = topics.listen(topic, by, found -> new TopicFanOut(found, this));
        made.ifPresent(fanOut -> fanOuts.put(topic, fanOut));
        return made;
    }

    /** Has the cache of a fan-out cleared at the end of this iteration. */
    void markCached(TopicFanOut fanOut) {
        assertInLoop();
        cached.add(fanOut);
    }

    /** Removes a fan-out that no line uses any more. */
    void release(TopicFanOut fanOut) {
        assertInLoop();
        if (fanOut.isEmpty()) {
            fanOuts.remove(fanOut.topic().name());
            topics.unlisten(fanOut.topic(), fanOut);
        }
    }

    /** Watches the deadline of a close. */
    void closeGracefully(GracefulClose closing) {
        assertInLoop();
        closings.add(closing);
    }
}
