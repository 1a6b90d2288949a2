package dev.partyline.line;

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
 * The one thread that may touch a given line, but for what its {@link SendPermit} guards: a reply goes out by the thread that made it.
 *
 * <p>It works in passes: whatever has piled up is looked at once, and each line that can take more is sent all that is new for it, in one WebSocket message. So frames for a
 * busy line batch by themselves, and a burst of publishes costs each line one send.
 *
 * <p>Other threads leave word by {@link #execute}, {@link #signal} and {@link #appended}, none of which blocks. What might block goes {@link #runBlocking}.
 */
final class EventLoop implements Runnable {

    private static final System.Logger LOG = System.getLogger(EventLoop.class.getName());

    /** How often a stopping operator looks whether its last words are said. */
    private static final long SHUTDOWN_POLL_NANOS = Duration.ofMillis(10).toNanos();

    /** Most tasks, and most lines that called, that one pass takes up. */
    private static final int MAX_TASKS_PER_ITERATION = 10_000;

    private final TopicRegistry topics;
    private final Executor blockingExecutor;
    private final LongSupplier nanoTime;
    private final long tickNanos;
    private final Thread thread;
    /** The thread that runs the iterations. Written by that thread only. */
    private volatile Thread owner;

    /** Word from other threads. */
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<Line> signalled = new ConcurrentLinkedQueue<>();
    private final Queue<TopicFanOut> appended = new ConcurrentLinkedQueue<>();
    private volatile boolean parked;
    private volatile boolean stopping;
    /** Whether nobody waits for the last words any longer. */
    private volatile boolean abandoned;

    /** Any thread may read it. */
    final OutboundStats stats = new OutboundStats();

    /** The operator's own. */
    private final Set<Line> lines = new HashSet<>();
    private final Map<String, TopicFanOut> fanOuts = new HashMap<>();
    private final Queue<Line> ready = new ArrayDeque<>();
    private final List<TopicFanOut> cached = new ArrayList<>();
    private final List<GracefulClose> closings = new ArrayList<>();
    private long nextTick;

    /**
     * @param blockingExecutor  run what may block for seconds
     * @param nanoTime the clock
     * @param tick     how often deadlines are looked at
     */
    EventLoop(String name, TopicRegistry topics, Executor blockingExecutor, LongSupplier nanoTime, Duration tick) {
        this.topics = topics;
        this.blockingExecutor = blockingExecutor;
        this.nanoTime = nanoTime;
        this.tickNanos = tick.toNanos();
        this.nextTick = nanoTime.getAsLong() + tickNanos;
        this.thread = new Thread(this, name);
        this.thread.setDaemon(true);
    }

    void start() {
        // Needed for the end, when one container has taken the application's classes away already.
        GracefulClose.class.getName();
        thread.start();
    }

    /** Lets the thread end once it has done what it was asked to do. */
    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    /** Waits for the thread to end. If its last words cannot be said in time, it ends with the pass that it is at. */
    void join(Duration timeout) throws InterruptedException {
        thread.join(timeout.toMillis());
        abandoned = true;
    }

    /** Makes the calling thread the owner of this loop and of its lines: called by {@link #run}, and by tests that run iterations one by one. */
    void adoptCurrentThread() {
        owner = Thread.currentThread();
    }

    /** Any thread: whether it is the one that runs the iterations. */
    boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    /** Stands at the head of every method that only the owner may call. Costs nothing where assertions are off, which is the default of a JVM. */
    void assertInLoop() {
        assert inLoop() : "called by " + Thread.currentThread().getName() + ", not by " + thread.getName();
    }

    @Override
    public void run() {
        adoptCurrentThread();
        boolean more = true;
        while (more && !abandoned) {
            try {
                while (runOnce() && !abandoned) {
                    // There may be more by now.
                }
                more = !isFinished();
            } catch (RuntimeException | Error e) {
                logFailure(e);
            }
            if (more) {
                park();
            }
        }
    }

    /** One line's trouble must not end everybody's operator. */
    private static void logFailure(Throwable e) {
        LOG.log(System.Logger.Level.ERROR, "an operator's pass failed and goes on with the next", e);
    }

    /** Whether there is nothing left to do, ever. */
    private boolean isFinished() {
        // In this order: who stops us has left word before, and it may have come since the last pass.
        if (!stopping || hasPendingWork()) {
            return false;
        }
        closings.removeIf(closing -> closing.isDone(nanoTime.getAsLong()));
        return closings.isEmpty();
    }

    /** Waits for word from others. */
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

    /** One walk over all that has piled up; false if there was nothing. */
    boolean runOnce() {
        assertInLoop();
        long now = nanoTime.getAsLong();
        boolean worked = false;
        // Bounded: those who publish without a pause would keep the pass from ever sending anything.
        for (int left = MAX_TASKS_PER_ITERATION; left > 0 && !tasks.isEmpty(); left--) {
            tasks.remove().run();
            worked = true;
        }
        for (int left = MAX_TASKS_PER_ITERATION; left > 0 && !signalled.isEmpty(); left--) {
            signalled.remove().onSignal();
            worked = true;
        }
        for (int left = Math.max(1, fanOuts.size()); left > 0 && !appended.isEmpty(); left--) {
            appended.remove().markSubscribersPending();
            worked = true;
        }
        worked |= flushReady(now);
        if (worked) {
            stats.onIteration(nanoTime.getAsLong() - now);
        }
        if (now - nextTick >= 0) {
            nextTick = now + tickNanos;
            tick(now);
        }
        return worked || !ready.isEmpty();
    }

    /** Sends every line that is ready what is new for it. */
    private boolean flushReady(long now) {
        int count = ready.size();
        for (int left = count; left > 0; left--) {
            ready.remove().flush(now);
        }
        cached.forEach(TopicFanOut::clearCache);
        cached.clear();
        return count > 0;
    }

    private void tick(long now) {
        stats.tick(now);
        List.copyOf(lines).forEach(line -> line.tick(now));
        closings.removeIf(closing -> closing.isDone(now));
    }

    /** Any thread: has {@code task} run by the operator. */
    void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** Any thread: has the operator look at a line. */
    void signal(Line line) {
        if (line.signalled.compareAndSet(false, true)) {
            signalled.add(line);
            wake();
        }
    }

    /** Any thread: has the operator look at a topic. */
    void onAppend(TopicFanOut fanOut) {
        appended.add(fanOut);
        wake();
    }

    /** Any thread: runs what may block, not on this thread. */
    void runBlocking(Runnable task) {
        blockingExecutor.execute(task);
    }

    private void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** From here on the operator's own. */

    long now() {
        return nanoTime.getAsLong();
    }

    void add(Line line) {
        assertInLoop();
        lines.add(line);
    }

    void remove(Line line) {
        assertInLoop();
        lines.remove(line);
    }

    Set<Line> lines() {
        assertInLoop();
        return lines;
    }

    /** Has a line sent what is new for it in the next pass. */
    void markReady(Line line) {
        assertInLoop();
        ready.add(line);
    }

    /** The subscription to a topic, made if need be; empty if there are too many topics. */
    Optional<TopicFanOut> fanOut(String topic) {
        assertInLoop();
        TopicFanOut known = fanOuts.get(topic);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<TopicFanOut> made = topics.listen(topic, found -> new TopicFanOut(found, this));
        made.ifPresent(fanOut -> fanOuts.put(topic, fanOut));
        return made;
    }

    void markCached(TopicFanOut fanOut) {
        assertInLoop();
        cached.add(fanOut);
    }

    /** Forgets a subscription that no line has any more. */
    void release(TopicFanOut fanOut) {
        assertInLoop();
        if (fanOut.isEmpty()) {
            fanOuts.remove(fanOut.topic().name());
            fanOut.topic().unlisten(fanOut, now());
        }
    }

    void closeGracefully(GracefulClose closing) {
        assertInLoop();
        closings.add(closing);
    }
}
