package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.testing.Clock;
import dev.partyline.testing.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No owner takes more than its share, and no code keeps a thread for good. */
@Timeout(30)
class ApplicationPoolTest {

    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final Logger QUIET = Logger.getLogger(ApplicationPool.class.getName());

    private final Clock clock = new Clock();
    private final Counters counters = new Counters();
    private final CallContext contexts = new CallContext(ApplicationPoolTest.class.getClassLoader(), clock);
    private final ApplicationPool pool = new ApplicationPool("pool", new ApplicationPool.Limits(4, 2, 3, 8, 1, WITHIN), ApplicationPoolTest::partyOf, contexts, clock, counters);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @BeforeEach
    void quiet() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterEach
    void stop() throws InterruptedException {
        gate.countDown();
        pool.stop(Duration.ofSeconds(5));
        QUIET.setLevel(null);
    }

    @Test
    void ownerTakesItsShareOfTheThreadsAndNoMore() {
        pool.offer("a", this::waitAtTheGate);
        pool.offer("a", this::waitAtTheGate);
        await().until(() -> running.get() == 2);
        pool.offer("a", this::waitAtTheGate);
        pool.offer("a", this::waitAtTheGate);
        pool.offer("b", () -> ran.add("b"));
        await().until(() -> ran.contains("b"));

        assertThat(running).as("the other tasks of a wait, though two threads are free").hasValue(2);
    }

    @Test
    void ownerThatRunsNothingComesFirst() {
        CountDownLatch thread = takeAllThreads("a", "b", "b");
        pool.offer("a", () -> ran.add("a"));
        pool.offer("c", () -> ran.add("c"));
        thread.countDown();

        await().until(() -> ran.size() == 2);
        assertThat(ran).containsExactly("c", "a");
    }

    /** Returns what frees one thread: two that are free would run two tasks at the same time, in any order. */
    private CountDownLatch takeAllThreads(String... owners) {
        for (String owner : owners) {
            pool.offer(owner, this::waitAtTheGate);
        }
        CountDownLatch thread = new CountDownLatch(1);
        pool.offer("another", () -> waitAt(thread));
        await().until(() -> running.get() == 4);
        return thread;
    }

    /** As the lines of a user: {@code ann-1} and {@code ann-2} are of one party. */
    private static Object partyOf(Object owner) {
        return owner.toString().replaceFirst("-.*", "");
    }

    @Test
    void partyTakesItsShareOfTheThreadsHoweverManyOwnersItHas() {
        for (int i = 0; i < 4; i++) {
            pool.offer("ann-" + i, this::waitAtTheGate);
        }
        await().until(() -> running.get() == 3);
        pool.offer("bob", () -> ran.add("bob"));
        await().until(() -> ran.contains("bob"));

        assertThat(running).as("the fourth task waits, though a thread is free").hasValue(3);
        gate.countDown();
        await().until(() -> running.get() == 4);
    }

    @Test
    void partyThatRunsNothingComesFirst() {
        CountDownLatch thread = takeAllThreads("ann-1", "ann-2", "bob");
        pool.offer("ann-3", () -> ran.add("ann-3"));
        pool.offer("eve-1", () -> ran.add("eve-1"));
        thread.countDown();

        await().until(() -> ran.size() == 2);
        assertThat(ran).containsExactly("eve-1", "ann-3");
    }

    @Test
    void ownersOfAPartyTakeTurns() {
        AtomicInteger left = new AtomicInteger(1000);
        for (String owner : List.of("ann-1", "ann-2", "ann-3")) {
            pool.offer(owner, () -> {
                waitAtTheGate();
                again(owner, left);
            });
        }
        await().until(() -> running.get() == 3);
        AtomicInteger leftThen = new AtomicInteger();
        pool.offer("ann-4", () -> {
            leftThen.set(left.get());
            ran.add("ann-4");
        });
        gate.countDown();

        await().until(() -> ran.contains("ann-4"));
        assertThat(leftThen).as("tasks of the others that were left").hasPositiveValue();
    }

    /** A task that is followed by another one of its owner until there have been so many. */
    private void again(String owner, AtomicInteger left) {
        if (left.decrementAndGet() > 0) {
            pool.offer(owner, () -> again(owner, left));
        }
    }

    @Test
    void whatWaitsIsBoundedPerParty() {
        for (int i = 0; i < 3; i++) {
            pool.offer("ann-" + i, this::waitAtTheGate);
        }
        await().until(() -> running.get() == 3);
        for (int i = 0; i < 4; i++) {
            assertThat(pool.offer("ann-" + i, () -> { })).isTrue();
        }

        assertThat(pool.offer("ann-9", () -> { })).as("half of eight").isFalse();
        assertThat(pool.offer("bob", () -> ran.add("bob"))).isTrue();
        await().until(() -> ran.contains("bob"));
    }

    @Test
    void whatWaitsIsBoundedInAllAndPerOwner() {
        for (String owner : List.of("a", "b")) {
            for (int i = 0; i < 2; i++) {
                pool.offer(owner, this::waitAtTheGate);
            }
        }
        await().until(() -> running.get() == 4);
        assertThat(pool.offer("a", () -> { })).isTrue();
        assertThat(pool.offer("a", () -> { })).isTrue();
        assertThat(pool.offer("a", () -> { })).as("a quarter of eight").isFalse();
        for (int i = 0; i < 6; i++) {
            assertThat(pool.offer("owner" + i, () -> { })).isTrue();
        }
        assertThat(pool.hasRoom()).isFalse();
        assertThat(pool.offer("last", () -> { })).isFalse();
        assertThat(counters.hits(Limit.HANDLER_WAITING)).isEqualTo(2);

        gate.countDown();
        await().until(pool::hasRoom);
    }

    @Test
    void taskThatThrowsEndsNoThread() {
        pool.offer("a", () -> {
            throw new OutOfMemoryError("thrown by a test");
        });
        pool.offer("a", () -> ran.add("next"));

        await().until(() -> ran.size() == 1);
    }

    @Test
    void callWhoseTimeIsUpIsInterruptedAndNothingElseIs() {
        List<Object> outcome = new CopyOnWriteArrayList<>();
        pool.offer("a", () -> {
            outcome.add(failureOf(() -> {
                running.incrementAndGet();
                new CountDownLatch(1).await();
                return null;
            }));
            outcome.add(Thread.currentThread().isInterrupted());
        });
        await().until(() -> running.get() == 1);
        pool.sweep();
        assertThat(outcome).isEmpty();

        sweepAfter(WITHIN, () -> outcome.size() == 2);
        assertThat(outcome.get(0)).isInstanceOf(ApplicationPool.TimeLimitException.class);
        assertThat(outcome.get(1)).isEqualTo(false);
    }

    @Test
    void threadThatIgnoresItsInterruptIsReplacedUpToANumber() {
        for (String owner : List.of("a", "b")) {
            for (int i = 0; i < 2; i++) {
                pool.offer(owner, this::hang);
            }
        }
        await().until(() -> running.get() == 4);
        pool.offer("c", () -> ran.add("c"));
        sweepAfter(WITHIN, () -> true);
        assertThat(pool.hung()).as("it may still react").isZero();
        assertThat(ran).isEmpty();

        sweepAfter(Duration.ofSeconds(1), () -> ran.contains("c"));
        assertThat(pool.hung()).as("the one that was replaced, and the others").isEqualTo(4);
        assertThat(pool.hasRoom()).isFalse();
        assertThat(counters.hits(Limit.HANDLER_THREADS_REPLACED)).isPositive();

        gate.countDown();
        await().until(() -> pool.hung() == 0 && pool.hasRoom());
        pool.offer("a", () -> ran.add("a"));
        await().until(() -> ran.contains("a"));
    }

    @Test
    void codeOnAnotherThreadLeavesNoInterruptFlag() throws Exception {
        assertThat(pool.call("code", () -> {
            Thread.currentThread().interrupt();
            return 1;
        })).isEqualTo(1);
        assertThat(Thread.interrupted()).isFalse();
        assertThatThrownBy(() -> pool.call("code", () -> {
            throw new IllegalStateException("thrown by a test");
        })).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void stopStartsNoThreadForWhatWaits() throws InterruptedException {
        pool.offer("a", this::waitAtTheGate);
        pool.offer("a", this::waitAtTheGate);
        await().until(() -> running.get() == 2);
        pool.offer("a", () -> ran.add("a"));
        Thread stopping = new Thread(() -> {
            try {
                pool.stop(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                ran.add("interrupted");
            }
        });
        stopping.start();
        await().until(() -> !pool.offer("b", () -> { }));
        gate.countDown();
        stopping.join();

        assertThat(ran).isEmpty();
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("pool-"));
    }

    @Test
    void stopInterruptsWhatRuns() throws InterruptedException {
        pool.offer("a", () -> ran.add(failureOf(() -> {
                running.incrementAndGet();
                new CountDownLatch(1).await();
                return null;
            }).getClass().getSimpleName()));
        await().until(() -> running.get() == 1);
        pool.stop(Duration.ofSeconds(5));

        assertThat(ran).containsExactly("InterruptedException");
        assertThat(pool.offer("a", () -> { })).isFalse();
    }

    /** Else an address whose code hangs would be served by no thread, however many were replaced. */
    @Test
    void threadThatWasReplacedIsNoPartOfItsPartysShare() {
        for (String owner : List.of("ann-1", "ann-2", "ann-3")) {
            pool.offer(owner, this::hang);
        }
        await().until(() -> running.get() == 3);
        pool.offer("ann-4", () -> ran.add("ann-4"));
        sweepAfter(WITHIN, () -> true);
        assertThat(ran).as("the party has its share, though a thread is free").isEmpty();

        sweepAfter(Duration.ofSeconds(1), () -> ran.contains("ann-4"));
        assertThat(pool.hung()).isEqualTo(3);
    }

    private void sweepAfter(Duration time, Callable<Boolean> until) {
        clock.forward(time.plusMillis(1));
        await().until(() -> {
            pool.sweep();
            return until.call();
        });
    }

    private Throwable failureOf(Callable<Object> code) {
        try {
            pool.call("code", code);
            throw new AssertionError("it did not fail");
        } catch (Exception e) {
            return e;
        }
    }

    private void waitAtTheGate() {
        waitAt(gate);
    }

    private void waitAt(CountDownLatch latch) {
        running.incrementAndGet();
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ignores its interrupt, as code that waits for a socket does. */
    private void hang() {
        try {
            pool.call("hanging code", () -> {
                running.incrementAndGet();
                while (gate.getCount() > 0) {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        // Ignored.
                    }
                }
                return null;
            });
        } catch (Exception e) {
            ran.add("late");
        }
    }

    /** Such as the identity of a user, on Payara: the thread of a pool is started by whatever thread has the first task for it. */
    @Test
    void threadInheritsNothingOfTheOneThatStartsIt() {
        InheritableThreadLocal<String> user = new InheritableThreadLocal<>();
        user.set("ann");
        try {
            pool.offer("a", () -> ran.add(user.get() + ", " + (Thread.currentThread().getContextClassLoader() == ApplicationPoolTest.class.getClassLoader())));
            await().until(() -> !ran.isEmpty());
            assertThat(ran).containsExactly("null, true");
        } finally {
            user.remove();
        }
    }

    /** The next code would join it, and what that code does would never be committed. */
    @Test
    void threadWhoseTransactionCannotBeEndedRunsNothingMore() {
        FakeTransaction transaction = new FakeTransaction();
        transaction.refuseRollback();
        contexts.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.of(transaction), Optional.empty())));
        List<Thread> threads = new CopyOnWriteArrayList<>();
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            for (int i = 0; i < 6; i++) {
                int done = i + 1;
                pool.offer("a", () -> {
                    threads.add(Thread.currentThread());
                    callQuietly(() -> {
                        transaction.begin();
                        return null;
                    });
                });
                await().until(() -> threads.size() == done && !threads.get(done - 1).isAlive());
            }
            assertThat(log.messages(Level.WARNING)).contains("code left a transaction open, which could not be rolled back");
        }
        assertThat(threads).doesNotHaveDuplicates();
    }

    private void callQuietly(Callable<?> code) {
        try {
            pool.call("code", code);
            throw new AssertionError("the transaction was not noticed");
        } catch (CallContext.OpenTransactionException e) {
            assertThat(e.isThreadUsable()).isFalse();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
