package dev.partyline.handler;

import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Threads that run the code of the application, which may block, hang or leave its thread's interrupt flag set.
 *
 * <p>Each task has an owner, such as a line, and each owner belongs to a party, such as the user of the line. Neither has more than its share: it runs at most so many tasks at a time,
 * and only so many more wait. Of the owners that wait, those whose party runs nothing come first, then those that run nothing themselves, and then each after the other. So neither
 * one line nor the lines of one user can keep others from being served.
 *
 * <p>Within {@link #call}, code has a time limit, after which its thread is interrupted. A thread that ignores that is replaced by another one, up to a number, and ends when the code
 * returns. An interrupt reaches nothing but such code: neither the next task nor a socket, which it would close. The code runs in a {@link CallContext}, and leaves nothing of it behind.
 *
 * <p>Any thread may call. The state of all is guarded by this object's monitor, that of a thread by the thread's.
 */
public final class ApplicationPool {

    private static final System.Logger LOG = System.getLogger(ApplicationPool.class.getName());
    private static final long IDLE_MILLIS = Duration.ofSeconds(10).toMillis();
    /** How long after its interrupt a thread counts as hung. */
    private static final long REACTION_NANOS = Duration.ofSeconds(1).toNanos();
    /** So much of all that waits may be of one owner, and of one party. */
    private static final int WAITING_SHARES = 4;
    private static final int WAITING_SHARES_OF_PARTIES = 2;

    private final String name;
    private final Limits limits;
    private final UnaryOperator<Object> partyOf;
    private final CallContext context;
    private final LongSupplier nanoTime;
    private final Counters counters;

    /** The owners that have a task, waiting or running. */
    private final Map<Object, Share> shares = new HashMap<>();
    /** Their parties. */
    private final Map<Object, Party> parties = new HashMap<>();
    /** Shares with waiting tasks that may run one more, by {@link Priority}. One whose priority falls while it is listed is moved. */
    private final Map<Priority, Queue<Share>> listed = new EnumMap<>(Priority.class);
    private final Set<Worker> workers = new HashSet<>();
    private final Set<String> namedInLog = new HashSet<>();
    private int waiting;
    /** Threads that count towards the limit: all but those that were replaced. */
    private int threads;
    private int idle;
    /** Idle threads that were notified and have not woken yet. */
    private int notified;
    private int replacedThreads;
    private int number;
    private boolean stopped;

    /**
     * The limits of a pool.
     *
     * @param threads         threads that run at a time
     * @param threadsPerOwner threads that run for one owner at a time
     * @param threadsPerParty threads that run for the owners of one party at a time
     * @param waiting         tasks that wait for a thread
     * @param replaced        threads that ignore their interrupt and are replaced
     * @param within          time limit of a call that has none of its own
     */
    public record Limits(int threads, int threadsPerOwner, int threadsPerParty, int waiting, int replaced, Duration within) {

        public Limits {
            if (threads < 1 || threadsPerOwner < 1 || threadsPerParty < 1 || waiting < 1 || replaced < 0) {
                throw new IllegalArgumentException("threads is " + threads + ", threadsPerOwner " + threadsPerOwner + ", threadsPerParty " + threadsPerParty + " and waiting " + waiting
                    + ", each must be positive; replaced is " + replaced + ", must not be negative");
            }
        }

        int waitingPerParty() {
            return Math.max(1, waiting / WAITING_SHARES_OF_PARTIES);
        }

        int waitingPerOwner() {
            return Math.max(1, waiting / WAITING_SHARES);
        }
    }

    /** The time of a call was up. */
    public static final class TimeLimitException extends Exception {

        private static final long serialVersionUID = 1;

        private TimeLimitException(String message) {
            super(message);
        }
    }

    /** Of a share, highest first. */
    private enum Priority { PARTY_RUNS_NONE, OWNER_RUNS_NONE, OWNER_RUNS_SOME }

    /** The tasks of all owners that belong together. Guarded by the pool's monitor. */
    private static final class Party {

        private final Object name;
        private int shares;
        private int waiting;
        private int running;
        /** The shares that have to wait until the party runs less. */
        private final Queue<Share> held = new ArrayDeque<>(0);

        private Party(Object name) {
            this.name = name;
        }
    }

    /** The tasks of one owner. Guarded by the pool's monitor. */
    private static final class Share {

        private final Object owner;
        private final Party party;
        private final Queue<Runnable> tasks = new ArrayDeque<>(2);
        private int running;
        /** Whether it is among those that may run a task, or is held by its party. */
        private boolean listed;

        private Share(Object owner, Party party) {
            this.owner = owner;
            this.party = party;
        }

        private Priority priority() {
            return party.running == 0 ? Priority.PARTY_RUNS_NONE : running == 0 ? Priority.OWNER_RUNS_NONE : Priority.OWNER_RUNS_SOME;
        }
    }

    /** Code that ignores its interrupt. */
    private record Hanging(String code, Duration within) {
    }

    /** A thread of the pool. */
    private final class Worker extends Thread {

        /** The code that is being called, or null. Guarded by this thread's monitor, as is what follows. */
        private String calling;
        private long since;
        private Duration within;
        private boolean timedOut;
        /** Guarded by the pool's monitor. */
        private boolean replaced;
        /** Of the task that it runs, or ran last. */
        private Share share;
        /** Written and read by this thread, as is what follows. */
        private Runnable task;
        /** Whether code has left something on this thread that cannot be removed. */
        private boolean unusable;

        /** Inherits nothing: the thread that happens to start it may have the identity of a user in an inheritable thread local, as on Payara. */
        private Worker(String name) {
            super(null, null, name, 0, false);
            setDaemon(true);
            setContextClassLoader(context.loader());
        }

        @Override
        public void run() {
            try {
                for (Share share = take(this); share != null; share = unusable ? null : take(this)) {
                    try {
                        task.run();
                    } catch (Throwable e) {
                        logFailure(e);
                    }
                    task = null;
                    Thread.interrupted();
                    onDone(this, share);
                }
            } finally {
                onEnd(this);
            }
        }

        private synchronized void begin(String code, Duration limit) {
            calling = code;
            since = nanoTime.getAsLong();
            within = limit;
            timedOut = false;
        }

        /** Returns whether the time was up. From here on the thread is not interrupted any more. */
        private synchronized boolean end() {
            calling = null;
            Thread.interrupted();
            return timedOut;
        }

        /** Interrupts the call if its time is up. Returns the call if it has ignored that. */
        private synchronized Hanging check(long now) {
            if (calling == null || now - since <= within.toNanos()) {
                return null;
            }
            if (!timedOut) {
                timedOut = true;
                interrupt();
            }
            return isHung(now) ? new Hanging(calling, within) : null;
        }

        private synchronized boolean isHung(long now) {
            return calling != null && timedOut && now - since > within.toNanos() + REACTION_NANOS;
        }
    }

    /**
     * @param name    the names of its threads begin with it
     * @param partyOf the party of an owner
     * @param context in which code is called
     */
    public ApplicationPool(String name, Limits limits, UnaryOperator<Object> partyOf, CallContext context, LongSupplier nanoTime, Counters counters) {
        this.name = name;
        this.context = context;
        this.limits = limits;
        this.partyOf = partyOf;
        for (Priority priority : Priority.values()) {
            listed.put(priority, new ArrayDeque<>());
        }
        this.nanoTime = nanoTime;
        this.counters = counters;
    }

    /** Has a task run by a thread; false if too many are waiting, in all, of this owner or of its party. */
    public synchronized boolean offer(Object owner, Runnable task) {
        if (stopped) {
            return false;
        }
        Share share = shares.get(owner);
        Party party = share != null ? share.party : parties.get(partyOf.apply(owner));
        if (waiting >= limits.waiting() || share != null && share.tasks.size() >= limits.waitingPerOwner() || party != null && party.waiting >= limits.waitingPerParty()) {
            counters.hit(Limit.HANDLER_WAITING, owner);
            return false;
        }
        add(owner, task);
        return true;
    }

    /** As {@link #offer}, for the continuation of a task that was accepted: it is never refused. */
    synchronized void offerAgain(Object owner, Runnable task) {
        if (!stopped) {
            add(owner, task);
        }
    }

    private void add(Object owner, Runnable task) {
        Share share = shares.computeIfAbsent(owner, this::newShare);
        share.tasks.add(task);
        share.party.waiting++;
        waiting++;
        list(share);
        provideThread();
    }

    private Share newShare(Object owner) {
        Party party = parties.computeIfAbsent(partyOf.apply(owner), Party::new);
        party.shares++;
        return new Share(owner, party);
    }

    private void list(Share share) {
        if (share.listed || share.tasks.isEmpty() || share.running >= limits.threadsPerOwner()) {
            return;
        }
        share.listed = true;
        queue(share).add(share);
    }

    private Queue<Share> queue(Share share) {
        return isServedFully(share.party) ? share.party.held : listed.get(share.priority());
    }

    private boolean isServedFully(Party party) {
        return party.running >= limits.threadsPerParty();
    }

    private boolean isNothingListed() {
        for (Queue<Share> queue : listed.values()) {
            if (!queue.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** The share that is served next, or null. Since it was listed, its party may have begun to run something, or even as much as it may. */
    private Share nextShare() {
        for (Map.Entry<Priority, Queue<Share>> priority : listed.entrySet()) {
            for (Share share = priority.getValue().poll(); share != null; share = priority.getValue().poll()) {
                if (!isServedFully(share.party) && share.priority().compareTo(priority.getKey()) <= 0) {
                    return share;
                }
                queue(share).add(share);
            }
        }
        return null;
    }

    /** Wakes a thread or starts one, if there is something to run for it. Where no thread can be started, the next sweep tries again. */
    private void provideThread() {
        if (stopped || isNothingListed()) {
            return;
        }
        if (idle > 0) {
            idle--;
            notified++;
            notify();
        } else if (threads < limits.threads()) {
            try {
                Worker worker = new Worker(name + "-" + number);
                workers.add(worker);
                worker.start();
                number++;
                threads++;
            } catch (OutOfMemoryError e) {
                workers.removeIf(worker -> !worker.isAlive());
            }
        }
    }

    /** Waits for a task, and gives it to the thread. Returns the share that it belongs to, or null if the thread has to end. */
    private synchronized Share take(Worker worker) {
        while (!stopped && !worker.replaced) {
            Share share = nextShare();
            if (share != null) {
                worker.task = share.tasks.remove();
                worker.share = share;
                share.listed = false;
                share.running++;
                share.party.running++;
                share.party.waiting--;
                waiting--;
                list(share);
                return share;
            }
            if (!awaitTask() && isNothingListed()) {
                return null;
            }
        }
        return null;
    }

    /** Waits to be notified of a task. False if there was none for long. */
    private boolean awaitTask() {
        idle++;
        try {
            wait(IDLE_MILLIS);
        } catch (InterruptedException e) {
            // The pool interrupts its threads within a call only: the code of an earlier task did this, and it means nothing.
        }
        if (notified > 0) {
            notified--;
            return true;
        }
        idle--;
        return false;
    }

    private synchronized void onDone(Worker worker, Share share) {
        share.running--;
        if (!worker.replaced) {
            // First, or the share that has just run something would always be ahead.
            onPartyRunsLess(share.party);
        }
        list(share);
        if (share.running == 0 && share.tasks.isEmpty() && shares.remove(share.owner, share) && --share.party.shares == 0) {
            parties.remove(share.party.name, share.party);
        }
    }

    private void onPartyRunsLess(Party party) {
        party.running--;
        Share held = party.held.poll();
        if (held != null) {
            held.listed = false;
            list(held);
        }
    }

    private synchronized void onEnd(Worker worker) {
        workers.remove(worker);
        if (worker.replaced) {
            replacedThreads--;
        } else {
            threads--;
        }
        // It may have found nothing to do just before there was something.
        provideThread();
    }

    /** Neither a task that throws nor the log ends the thread. */
    private static void logFailure(Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "a task failed; the next one follows", failure);
        } catch (RuntimeException | Error e) {
            // There may be no memory for the log.
        }
    }

    /**
     * Calls code of the application in its contexts. On a thread of this pool the code has a time limit; on another thread it must not block.
     *
     * @param code what is called, for the log
     * @throws TimeLimitException if the time was up before the code returned, whatever it returned or threw
     * @throws Exception          what the code throws, or {@link CallContext.OpenTransactionException}
     */
    public <T> T call(String code, Callable<T> callable) throws Exception {
        return call(code, limits.within(), Optional.empty(), callable);
    }

    /** As {@link #call(String, Callable)}, with a time limit of its own, and in the name of a user. */
    <T> T call(String code, Duration within, Optional<Executor> user, Callable<T> callable) throws Exception {
        if (!(Thread.currentThread() instanceof ApplicationPool.Worker worker)) {
            try {
                return context.call(code, user, callable);
            } finally {
                Thread.interrupted();
            }
        }
        if (worker.calling != null) {
            // Within another call, which has the time limit.
            return callable.call();
        }
        worker.begin(code, within);
        boolean timedOut = false;
        try {
            T result = context.call(code, user, callable);
            timedOut = worker.end();
            if (!timedOut) {
                return result;
            }
        } catch (Throwable e) {
            timedOut |= worker.end();
            worker.unusable |= e instanceof CallContext.OpenTransactionException open && !open.isThreadUsable();
            if (!timedOut) {
                throw e;
            }
        }
        throw new TimeLimitException(code + " did not return in time");
    }

    /**
     * As {@link #call(String, Callable)}, for a thread that runs other code of the application, too: a transaction and an interrupt that were there before are not this code's, and stay.
     */
    <T> T callBeside(String code, Callable<T> callable) throws Exception {
        if (Thread.currentThread() instanceof ApplicationPool.Worker) {
            return call(code, callable);
        }
        boolean interrupted = Thread.interrupted();
        try {
            return context.callBeside(code, callable);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            } else {
                Thread.interrupted();
            }
        }
    }

    /** Interrupts calls whose time is up, and replaces the threads of those that have ignored it. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        for (Worker worker : running()) {
            Hanging hanging = worker.check(now);
            if (hanging != null) {
                replace(worker, hanging);
            }
        }
        startMissing();
    }

    private synchronized List<Worker> running() {
        return new ArrayList<>(workers);
    }

    /** In case that no thread could be started when there was a task for it. */
    private synchronized void startMissing() {
        if (idle == 0 && notified == 0) {
            provideThread();
        }
    }

    private synchronized void replace(Worker worker, Hanging hanging) {
        if (worker.replaced || !workers.contains(worker)) {
            return;
        }
        if (replacedThreads >= limits.replaced()) {
            counters.hit(Limit.HANDLER_THREADS_REPLACED, hanging.code());
            return;
        }
        worker.replaced = true;
        replacedThreads++;
        threads--;
        // The thread counts no longer: an address whose code hangs is served by the thread in its place.
        onPartyRunsLess(worker.share.party);
        if (namedInLog.add(hanging.code())) {
            LOG.log(System.Logger.Level.WARNING, "{0} ignores the interrupt after {1}; its thread {2} was replaced, as at most {3} are", hanging.code(), hanging.within(), worker.getName(),
                limits.replaced());
        }
        provideThread();
    }

    /** How many threads ignore their interrupt, whether they were replaced or not. */
    public int hung() {
        long now = nanoTime.getAsLong();
        return (int) running().stream().filter(worker -> worker.isHung(now)).count();
    }

    /** Whether a task of an owner without others would be accepted, and run before long. */
    public synchronized boolean hasRoom() {
        return waiting < limits.waiting() && replacedThreads < Math.max(1, limits.replaced());
    }

    /** Whether no task waits or runs. */
    public synchronized boolean isIdle() {
        return shares.isEmpty();
    }

    public void stop(Duration timeout) throws InterruptedException {
        List<Worker> left;
        synchronized (this) {
            stopped = true;
            shares.clear();
            parties.clear();
            listed.values().forEach(Queue::clear);
            notifyAll();
            left = running();
        }
        long deadline = nanoTime.getAsLong() + timeout.toNanos();
        for (Worker worker : left) {
            synchronized (worker) {
                if (worker.calling != null) {
                    worker.interrupt();
                }
            }
            worker.join(Math.max(1, Duration.ofNanos(deadline - nanoTime.getAsLong()).toMillis()));
        }
    }
}
