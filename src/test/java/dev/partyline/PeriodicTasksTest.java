package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PeriodicTasksTest {

    private static final Logger LOG = Logger.getLogger(PeriodicTasks.class.getName());
    private static final Duration SHORT = Duration.ofMillis(1);

    private final PeriodicTasks tasks = new PeriodicTasks("periodic", System::nanoTime, Duration.ofSeconds(20));
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger ran = new AtomicInteger();

    @AfterEach
    void stop() throws InterruptedException {
        tasks.stop(Duration.ofSeconds(5));
        LOG.setFilter(null);
    }

    /** Neither does the log, which throws as well without memory. */
    @Test
    void taskThatThrowsAnErrorKeepsNeitherItselfNorOthersFromRunning() {
        LOG.setFilter(record -> {
            throw new OutOfMemoryError("thrown by a test");
        });
        tasks.every(SHORT, () -> {
            failed.incrementAndGet();
            throw new OutOfMemoryError("thrown by a test");
        });
        tasks.every(SHORT, ran::incrementAndGet);
        tasks.start();

        await().until(() -> failed.get() > 3 && ran.get() > 3);
    }

    @Test
    void workIsDoneSoonAfterItIsRequestedAndNotBefore() {
        Clock clock = new Clock();
        PeriodicTasks requested = new PeriodicTasks("requested", clock, Duration.ofSeconds(20));
        Runnable request = requested.onRequest(ran::incrementAndGet);
        clock.forward(Duration.ofDays(1));
        requested.runDue();
        assertThat(ran).hasValue(0);

        request.run();
        requested.runDue();
        requested.runDue();
        assertThat(ran).hasValue(1);
    }

    @Test
    void itTellsWhenItLastPassed() {
        long before = tasks.passedAt();
        tasks.every(SHORT, ran::incrementAndGet);
        tasks.start();

        await().until(() -> tasks.passedAt() - before > SHORT.toNanos());
    }

    /** What would prove a client well may still be in the buffer of its socket. */
    @Test
    void afterAPauseNothingIsJudgedForAWhile() {
        Clock clock = new Clock();
        PeriodicTasks paused = new PeriodicTasks("paused", clock, Duration.ofSeconds(20));
        AtomicInteger judged = new AtomicInteger();
        paused.judgeEvery(Duration.ofSeconds(1), judged::incrementAndGet);
        paused.every(Duration.ofSeconds(1), ran::incrementAndGet);
        clock.forward(Duration.ofMinutes(3));
        for (int second = 0; second < 20; second++) {
            paused.runDue();
            clock.forward(Duration.ofSeconds(1));
        }
        assertThat(judged).hasValue(0);
        assertThat(ran).hasValue(20);

        paused.runDue();
        assertThat(judged).hasValue(1);
    }

    @Test
    void noTaskRunsAfterTheStop() throws InterruptedException {
        tasks.every(SHORT, ran::incrementAndGet);
        tasks.start();
        await().until(() -> ran.get() > 0);
        tasks.stop(Duration.ofSeconds(5));

        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("periodic"));
    }
}
