package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.stats.Counters;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class KeyedExecutorTest {

    private static final CallContext CONTEXT = new CallContext(KeyedExecutorTest.class.getClassLoader(), System::nanoTime);

    private final ApplicationPool pool = pool(2, 3);
    private final KeyedExecutor<String> executor = new KeyedExecutor<>(pool, 4);
    private final AtomicInteger waiting = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void stop() throws InterruptedException {
        gate.countDown();
        pool.stop(Duration.ofSeconds(5));
    }

    @Test
    void tasksOfOneKeyRunInOrderAndOneAtATime() {
        List<Integer> ran = new CopyOnWriteArrayList<>();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 500; i++) {
            int number = i;
            Runnable task = () -> {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                ran.add(number);
                atOnce.decrementAndGet();
            };
            await().pollInterval(1, TimeUnit.MILLISECONDS).until(() -> executor.offer("a", "a", task));
        }
        await().until(() -> ran.size() == 500);

        assertThat(ran).isSorted();
        assertThat(most).hasValue(1);
    }

    @Test
    void tasksOfDifferentKeysRunInParallel() {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger met = new AtomicInteger();
        for (String lane : List.of("a", "b")) {
            executor.offer(lane, lane, () -> {
                try {
                    both.await();
                    met.incrementAndGet();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        await().until(() -> met.get() == 2);
    }

    @Test
    void keyMayHaveSeveralTasksThatRunAtTheSameTimeAndNoMore() {
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CyclicBarrier three = new CyclicBarrier(3);
        ApplicationPool wide = pool(4, 100);
        KeyedExecutor<String> parallel = new KeyedExecutor<>(wide, 1000);
        for (int i = 0; i < 999; i++) {
            assertThat(parallel.offer("a", 3, "a", () -> {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                try {
                    three.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                atOnce.decrementAndGet();
                ran.incrementAndGet();
            })).isTrue();
        }
        await().until(() -> ran.get() == 999 && parallel.isIdle("a"));

        assertThat(most).hasValue(3);
        assertThat(wide.isIdle()).isTrue();
    }

    @Test
    void parallelTaskForWhichThePoolHasNoRoomRunsAfterTheOthersOfItsKey() {
        AtomicInteger ran = new AtomicInteger();
        executor.offer("b", "b", this::waitAtTheGate);
        executor.offer("c", "c", this::waitAtTheGate);
        await().until(() -> waiting.get() == 2);
        for (int i = 0; i < 4; i++) {
            assertThat(executor.offer("a", 4, "a", ran::incrementAndGet)).isTrue();
        }
        assertThat(executor.offer("a", 4, "a", ran::incrementAndGet)).as("the queue of the key is full").isFalse();

        gate.countDown();
        await().until(() -> ran.get() == 4 && executor.isIdle("a"));
    }

    @Test
    void theQueueOfAKeyIsBounded() {
        executor.offer("a", "a", this::waitAtTheGate);
        await().until(() -> waiting.get() == 1);
        for (int i = 0; i < 4; i++) {
            assertThat(executor.offer("a", "a", () -> { })).isTrue();
        }

        assertThat(executor.offer("a", "a", () -> { })).isFalse();
        assertThat(executor.offer("b", "b", () -> { })).as("another lane has room").isTrue();
    }

    @Test
    void whatWaitsForAThreadIsBoundedAndAKeyThatWasRejectedCanBeUsedAgain() {
        executor.offer("a", "a", this::waitAtTheGate);
        executor.offer("b", "b", this::waitAtTheGate);
        await().until(() -> waiting.get() == 2);
        for (String lane : List.of("c", "d", "e")) {
            assertThat(executor.offer(lane, lane, () -> { })).isTrue();
        }
        assertThat(executor.offer("f", "f", () -> { })).isFalse();

        gate.countDown();
        AtomicInteger ran = new AtomicInteger();
        await().until(() -> executor.offer("f", "f", ran::incrementAndGet));
        await().until(() -> ran.get() == 1);
    }

    @Test
    void aNonBlockingTaskRunsAtOnceWhereNothingIsBeforeIt() {
        Thread[] ranOn = {null};

        assertThat(executor.runOrOffer("a", "a", () -> ranOn[0] = Thread.currentThread())).isTrue();
        assertThat(ranOn[0]).isSameAs(Thread.currentThread());
    }

    @Test
    void aNonBlockingTaskDoesNotOvertake() {
        List<String> ran = new CopyOnWriteArrayList<>();
        executor.offer("a", "a", () -> {
            waitAtTheGate();
            ran.add("first");
        });
        executor.runOrOffer("a", "a", () -> ran.add("second"));
        assertThat(ran).isEmpty();

        gate.countDown();
        await().until(() -> ran.size() == 2);
        assertThat(ran).containsExactly("first", "second");
    }

    /** Non-blocking and blocking tasks, from several threads at once: none lost, each thread's in order. */
    @Test
    void whateverTheMixEachKeyKeepsItsOrder() throws InterruptedException {
        ApplicationPool wide = pool(4, 1000);
        KeyedExecutor<Integer> mixed = new KeyedExecutor<>(wide, 1_000_000);
        ConcurrentMap<Integer, List<Integer>> ran = new ConcurrentHashMap<>();
        List<Thread> threads = new CopyOnWriteArrayList<>();
        for (int lane = 0; lane < 4; lane++) {
            int key = lane;
            ran.put(key, new CopyOnWriteArrayList<>());
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 2000; i++) {
                    int number = i;
                    boolean taken = i % 3 == 0 ? mixed.runOrOffer(key, key, () -> ran.get(key).add(number)) : mixed.offer(key, key, () -> ran.get(key).add(number));
                    assertThat(taken).isTrue();
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        await().untilAsserted(() -> assertThat(ran.values()).allSatisfy(numbers -> assertThat(numbers).hasSize(2000).isSorted()));
        wide.stop(Duration.ofSeconds(5));
    }

    private static ApplicationPool pool(int threads, int waiting) {
        return new ApplicationPool("pool", new ApplicationPool.Limits(threads, threads, threads, waiting, 1, Duration.ofSeconds(10)), owner -> owner, CONTEXT, System::nanoTime, new Counters());
    }

    private void waitAtTheGate() {
        waiting.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
