package dev.partyline;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The periodic checks of a server, on one thread of their own.
 *
 * <p>Nothing but {@link #stop} ends the thread. A {@link java.util.concurrent.ScheduledExecutorService} never runs a task again that has thrown once, and needs memory to wait: without
 * memory for a second, it loses its thread, and then its tasks for good.
 *
 * <p>A pause of the whole process, such as a virtual machine that is moved, ends with deadlines that are over, and with clients whose messages wait in the buffers of their
 * sockets. After one, the tasks that judge clients by time are left out for a grace period.
 */
final class PeriodicTasks implements Runnable {

    private static final System.Logger LOG = System.getLogger(PeriodicTasks.class.getName());
    /** It passes every second. A busy machine may delay it by one more. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long MAX_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long NEVER_NANOS = Long.MAX_VALUE / 2;
    private static final long FAILURE_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

    private final LongSupplier nanoTime;
    private final long graceNanos;
    private final Thread thread;
    private final List<Task> tasks = new CopyOnWriteArrayList<>();
    private volatile long passedAt;
    private volatile boolean stopped;
    /** Confined to the thread. */
    private boolean paused;
    private long resumedAt;

    /** Confined to the thread, but for the construction. */
    private static final class Task {

        private final long periodNanos;
        private final boolean judging;
        private final Runnable work;
        private long dueAt;
        /** Written by any thread. */
        private volatile boolean requested;

        private Task(long periodNanos, boolean judging, Runnable work, long now) {
            this.periodNanos = periodNanos;
            this.judging = judging;
            this.work = work;
            this.dueAt = now + periodNanos;
        }
    }

    /** @param grace how long after a pause tasks that judge are left out */
    PeriodicTasks(String name, LongSupplier nanoTime, Duration grace) {
        this.nanoTime = nanoTime;
        this.graceNanos = grace.toNanos();
        this.thread = new Thread(this, name);
        this.thread.setDaemon(true);
        this.passedAt = nanoTime.getAsLong();
    }

    /** Any thread may call. */
    void every(Duration period, Runnable work) {
        tasks.add(new Task(period.toNanos(), false, work, nanoTime.getAsLong()));
    }

    /** As {@link #every}, for a task that ends what has taken too long. */
    void judgeEvery(Duration period, Runnable work) {
        tasks.add(new Task(period.toNanos(), true, work, nanoTime.getAsLong()));
    }

    /** Called before {@link #start}. Any thread may run the result, which has the thread of the tasks do the work soon. */
    Runnable onRequest(Runnable work) {
        Task task = new Task(NEVER_NANOS, false, work, nanoTime.getAsLong());
        tasks.add(task);
        return () -> {
            task.requested = true;
            LockSupport.unpark(thread);
        };
    }

    void start() {
        thread.start();
    }

    void stop(Duration timeout) throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join(timeout.toMillis());
    }

    /** Any thread: when all tasks were last looked at. Long ago if one of them hangs. */
    long passedAt() {
        return passedAt;
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                LockSupport.parkNanos(this, runDue());
            } catch (RuntimeException | Error e) {
                // Even the log has thrown, or there is no memory to wait.
                LockSupport.parkNanos(this, FAILURE_PAUSE_NANOS);
            }
        }
    }

    /** Runs what is due, and returns for how long nothing else is. */
    long runDue() {
        long now = nanoTime.getAsLong();
        if (now - passedAt > PAUSE_NANOS) {
            paused = true;
            resumedAt = now;
        }
        boolean inGrace = paused && now - resumedAt < graceNanos;
        long wait = MAX_WAIT_NANOS;
        for (int i = 0; i < tasks.size(); i++) {
            Task task = tasks.get(i);
            if (inGrace && task.judging) {
                continue;
            }
            if (task.requested || nanoTime.getAsLong() - task.dueAt >= 0) {
                task.requested = false;
                try {
                    task.work.run();
                } catch (RuntimeException | Error e) {
                    onFailure(e);
                }
                task.dueAt = nanoTime.getAsLong() + task.periodNanos;
            }
            wait = Math.min(wait, task.dueAt - nanoTime.getAsLong());
        }
        passedAt = nanoTime.getAsLong();
        return Math.max(1, wait);
    }

    private static void onFailure(Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "a periodic task failed; it runs again when it is due", failure);
        } catch (RuntimeException | Error e) {
            // There may be no memory for the log either.
        }
    }
}
