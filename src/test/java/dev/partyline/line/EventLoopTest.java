package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.stats.Counters;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.logging.Filter;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventLoopTest {

    private static final int STACK_DEPTHS = 200;

    private final EventLoopFixture fixture = new EventLoopFixture();

    @Test
    void tasksRunInTheirOrder() {
        List<Integer> ran = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            fixture.loop.execute(() -> ran.add(number));
        }
        fixture.runAll();

        assertThat(ran).hasSize(100).isSorted();
    }

    @Test
    void iterationReportsWhetherItFoundWork() {
        assertThat(fixture.loop.runOnce()).isFalse();
        fixture.loop.execute(() -> { });
        assertThat(fixture.loop.runOnce()).isTrue();
        assertThat(fixture.loop.runOnce()).isFalse();
    }

    @Test
    void manyPublishesInARowAreOneSend() {
        FakeSocket socket = fixture.socket();
        fixture.open(socket, "t");
        fixture.publish("t", 100, 10);
        fixture.runAll();

        assertThat(socket.messages).hasSize(2);
        assertThat(socket.values()).hasSize(100);
    }

    @Test
    void taskThatQueuesAnotherDoesNotProlongTheIteration() {
        FakeSocket socket = fixture.socket();
        fixture.open(socket, "t");
        AtomicBoolean over = new AtomicBoolean();
        Runnable[] again = {null};
        again[0] = () -> {
            if (!over.get()) {
                fixture.loop.execute(again[0]);
            }
        };
        again[0].run();
        fixture.publish("t", 1);
        fixture.loop.runOnce();
        over.set(true);

        assertThat(socket.values()).containsExactly("1");
    }

    @Test
    void confinedMethodsRejectCallsOfOtherThreads() throws InterruptedException {
        Line line = fixture.open(fixture.socket(), "t");
        List<Runnable> confined = List.of(() -> fixture.loop.runOnce(), () -> line.delivery().flush(0), () -> line.delivery().tick(0),
            () -> line.delivery().closeConnection(CloseCode.INTERNAL, "x", OptionalLong.empty()), () -> fixture.loop.fanOut("t", TopicOwner.SERVER), () -> fixture.lines().onRemoved(line));
        List<String> failures = new ArrayList<>();
        Thread stranger = new Thread(() -> confined.forEach(call -> {
            try {
                call.run();
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
        }), "stranger");
        stranger.start();
        stranger.join();

        assertThat(failures).hasSameSizeAs(confined).containsOnly("called by stranger, not by event-loop");
        confined.forEach(Runnable::run);
    }

    /** Otherwise continuous publishing would keep the loop from writing. */
    @Test
    void iterationEndsHoweverFastOthersPublish() throws InterruptedException {
        FakeSocket socket = fixture.socket();
        fixture.open(socket, "t");
        for (int i = 0; i < 3000; i++) {
            FakeSocket stuck = new FakeSocket();
            stuck.inline = false;
            fixture.open(stuck, "t");
        }
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch published = new CountDownLatch(1);
        Thread publisher = new Thread(() -> {
            while (!over.get()) {
                fixture.publish("t", 1);
                published.countDown();
            }
        });
        Thread passing = new Thread(() -> {
            fixture.loop.adoptCurrentThread();
            for (int i = 0; i < 100; i++) {
                fixture.loop.runOnce();
            }
        });
        publisher.start();
        published.await();
        passing.start();
        passing.join(5000);
        boolean ended = !passing.isAlive();
        over.set(true);
        publisher.join();
        passing.join();

        assertThat(ended).isTrue();
        assertThat(socket.messages).hasSizeGreaterThan(1);
    }

    @Test
    void failureOfOneTaskDoesNotStopTheLoop() {
        FakeSocket socket = fixture.socket();
        fixture.loop.start();
        Line line = fixture.line();
        fixture.loop.execute(() -> {
            throw new IllegalStateException("thrown by a test");
        });
        fixture.loop.execute(() -> {
            throw new StackOverflowError("thrown by a test");
        });
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));

        await().until(() -> !socket.messages.isEmpty());
        fixture.loop.stop();
    }

    /** Without memory, the log throws as well. */
    @Test
    void failureOfTheLogDoesNotStopTheLoop() {
        Logger log = Logger.getLogger(EventLoop.class.getName());
        Filter noMemory = record -> {
            throw new OutOfMemoryError("thrown by a test");
        };
        log.setFilter(noMemory);
        AtomicBoolean ran = new AtomicBoolean();
        fixture.loop.start();
        fixture.loop.execute(() -> {
            throw new OutOfMemoryError("thrown by a test");
        });
        fixture.loop.execute(() -> ran.set(true));

        await().untilTrue(ran);
        log.setFilter(null);
        fixture.loop.stop();
    }

    @Test
    void lineWhoseSocketThrowsKeepsNoOtherLineFromItsTurn() {
        FakeSocket broken = fixture.socket();
        FakeSocket well = fixture.socket();
        Line line = fixture.open(broken, "t");
        fixture.open(well, "t");
        broken.onSend = () -> {
            throw new OutOfMemoryError("thrown by a test");
        };
        fixture.publish("t", 1);
        fixture.loop.runOnce();

        assertThat(well.values()).containsExactly("1");
        fixture.runAll();
        assertThat(broken.closed).contains(CloseCode.INTERNAL);
        assertThat(fixture.lines().isHeld(line)).isTrue();
    }

    @Test
    void taskOfALineThatThrowsClosesItsConnectionSoThatItsClientDoesNotWaitForEver() {
        FakeSocket socket = fixture.socket();
        Line line = fixture.line();
        Line.Attachment broken = new Line.Attachment(false, 0, null, Map.of(), "{}");
        line.attach(line.newConnection(socket, false), broken);
        fixture.runAll();

        assertThat(socket.closed).contains(CloseCode.INTERNAL);
        assertThat(fixture.lines().isHeld(line)).isTrue();
    }

    /** The events of a line that ends are queued for its listeners, which fails without memory or threads. */
    @Test
    void removalThatThrowsIsCompletedByTheNextTick() {
        FakeSocket socket = fixture.socket();
        Line line = fixture.open(socket, "t");
        fixture.events.failures = 2;
        line.onClientBye(line.delivery().connection());
        fixture.runAll();
        assertThat(fixture.events.events).isEmpty();

        fixture.advance(EventLoopFixture.TICK.multipliedBy(3));
        assertThat(fixture.events.events).containsExactly("removed");
        assertThat(fixture.loop.lines()).isEmpty();
        assertThat(socket.closed).contains(CloseCode.NORMAL);
    }

    @Test
    void closeThatFindsNoThreadIsTriedAgain() {
        AtomicBoolean threads = new AtomicBoolean();
        EventLoop loop = new EventLoop("no-threads", fixture.topics, task -> {
            if (!threads.get()) {
                throw new OutOfMemoryError("unable to create native thread, says a test");
            }
            task.run();
        }, fixture.clock, EventLoopFixture.TICK, fixture.counters);
        loop.adoptCurrentThread();
        FakeSocket socket = new FakeSocket();
        Line line = fixture.line(loop);
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        loop.runOnce();
        line.close(line.delivery().connection(), CloseCode.SHUTTING_DOWN, "test");
        loop.runOnce();
        assertThat(socket.closed).isEmpty();

        threads.set(true);
        fixture.clock.forward(EventLoopFixture.TICK);
        loop.runOnce();
        assertThat(socket.closed).contains(CloseCode.SHUTTING_DOWN);
    }

    @Test
    void tickIsVisibleToOtherThreads() {
        long before = fixture.loop.tickedAt();
        fixture.clock.forward(EventLoopFixture.TICK);
        fixture.runAll();

        assertThat(fixture.loop.tickedAt() - before).isEqualTo(EventLoopFixture.TICK.toNanos());
    }

    @Test
    void parkedEventLoopWakesForAPublish() throws InterruptedException {
        fixture.loop.start();
        FakeSocket socket = fixture.socket();
        Line line = fixture.line();
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        await().until(() -> socket.messages.size() == 1);
        for (int i = 2; i < 200; i++) {
            int expected = i;
            fixture.publish("*", i);
            await().pollInterval(Duration.ofMillis(1)).until(() -> socket.messages.size() == expected);
        }
        fixture.loop.stop();
        fixture.loop.join(Duration.ofSeconds(5));
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("event-loop"));
    }

    @Test
    void publisherWithoutStackLeavesNoReaderWaiting() throws InterruptedException {
        FakeSocket socket = fixture.socket();
        fixture.open(socket, "t");
        Thread publisher = new Thread(null, () -> publishWhereTheStackEnds(new AtomicInteger(STACK_DEPTHS)), "publisher", 1 << 18);
        publisher.start();
        publisher.join();
        fixture.advance(EventLoopFixture.TICK.multipliedBy(2));

        Position last = fixture.publish("t", "\"last\"");
        fixture.runAll();

        assertThat(last.offset()).as("messages that were published").isGreaterThan(STACK_DEPTHS / 2);
        assertThat(socket.messages).last().asString().endsWith("\"value\":\"last\"}");
    }

    /** Publishes at each of so many depths of the stack, from the deepest up: at the first ones, the stack is used up somewhere within the publish. */
    private void publishWhereTheStackEnds(AtomicInteger depths) {
        try {
            publishWhereTheStackEnds(depths);
        } catch (StackOverflowError e) {
            // One depth less.
        }
        if (depths.getAndDecrement() > 0) {
            fixture.publish("t", 1);
        }
    }

    /** The clock is read between the iteration that found nothing and the decision to end: the task is queued just there. */
    @Test
    void taskQueuedBeforeTheStopIsRun() throws InterruptedException {
        AtomicInteger read = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        EventLoop[] loop = {null};
        LongSupplier clock = () -> {
            if (read.incrementAndGet() == 3) {
                loop[0].execute(() -> done.set(true));
                loop[0].stop();
            }
            return 0;
        };
        TopicRegistry topics = new TopicRegistry(Retention.latest(), new TopicQuotas(10, 10, 10, 10), Duration.ofMinutes(1), fixture.clock, fixture.counters, fixture.memory);
        loop[0] = new EventLoop("stopped", topics, Runnable::run, clock, Duration.ofSeconds(1), new Counters());
        loop[0].run();

        assertThat(read.get()).isGreaterThanOrEqualTo(3);
        assertThat(done).isTrue();
    }

    /** As on Open Liberty, which takes an application's classes away before it stops the application. */
    @Test
    void stoppedEventLoopEndsEvenIfEveryIterationFails() throws InterruptedException {
        Runnable[] trouble = new Runnable[1];
        trouble[0] = () -> {
            fixture.loop.execute(trouble[0]);
            throw new NoClassDefFoundError("thrown by a test");
        };
        fixture.loop.start();
        fixture.loop.execute(trouble[0]);
        fixture.loop.stop();
        fixture.loop.join(Duration.ofMillis(1));

        await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("event-loop")));
    }

    @Test
    void replyDoesNotWaitForABusyEventLoop() throws InterruptedException {
        fixture.loop.start();
        FakeSocket socket = fixture.socket();
        Line line = fixture.line();
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        await().until(() -> socket.messages.size() == 1);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        fixture.loop.execute(() -> {
            busy.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        busy.await();
        line.answer(OptionalLong.empty(), "{\"n\":1}");

        assertThat(socket.messages).last().isEqualTo("{\"n\":1}");
        goOn.countDown();
        fixture.loop.stop();
    }

    @Test
    void topicThatNoLineHasJoinedIsReleased() {
        FakeSocket socket = fixture.socket();
        Line line = fixture.open(socket, "t");
        line.leave(line.delivery().connection(), "t", Optional.empty(), OptionalLong.empty());
        fixture.runAll();

        assertThat(fixture.topics.count()).as("only everyone's is left").isEqualTo(1);
    }
}
