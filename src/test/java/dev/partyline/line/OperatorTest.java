package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.topic.Retention;
import dev.partyline.topic.Topics;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OperatorTest {

    private final Stage stage = new Stage();

    @Test
    void tasksRunInTheirOrder() {
        List<Integer> ran = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            stage.operator.execute(() -> ran.add(number));
        }
        stage.passes();

        assertThat(ran).hasSize(100).isSorted();
    }

    @Test
    void aPassThatFindsNothingSaysSo() {
        assertThat(stage.operator.pass()).isFalse();
        stage.operator.execute(() -> { });
        assertThat(stage.operator.pass()).isTrue();
        assertThat(stage.operator.pass()).isFalse();
    }

    @Test
    void aBurstOfPublishesIsOneSend() {
        FakeSocket socket = stage.socket();
        stage.open(socket, "t");
        stage.publish("t", 100, 10);
        stage.passes();

        assertThat(socket.messages).hasSize(2);
        assertThat(socket.values()).hasSize(100);
    }

    @Test
    void aTaskThatAsksForAnotherDoesNotKeepThePass() {
        FakeSocket socket = stage.socket();
        stage.open(socket, "t");
        AtomicBoolean over = new AtomicBoolean();
        Runnable[] again = {null};
        again[0] = () -> {
            if (!over.get()) {
                stage.operator.execute(again[0]);
            }
        };
        again[0].run();
        stage.publish("t", 1);
        stage.operator.pass();
        over.set(true);

        assertThat(socket.values()).containsExactly("1");
    }

    /** Else those who publish without a pause keep the operator from ever sending. */
    @Test
    void aPassEndsHoweverFastOthersPublish() throws InterruptedException {
        FakeSocket socket = stage.socket();
        stage.open(socket, "t");
        for (int i = 0; i < 3000; i++) {
            FakeSocket stuck = new FakeSocket();
            stuck.inline = false;
            stage.open(stuck, "t");
        }
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch published = new CountDownLatch(1);
        Thread publisher = new Thread(() -> {
            while (!over.get()) {
                stage.publish("t", 1);
                published.countDown();
            }
        });
        Thread passing = new Thread(() -> {
            for (int i = 0; i < 100; i++) {
                stage.operator.pass();
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
    void oneLinesTroubleIsNotEverybodys() {
        FakeSocket socket = stage.socket();
        stage.operator.start();
        Line line = stage.line();
        stage.operator.execute(() -> {
            throw new IllegalStateException("thrown by a test");
        });
        stage.operator.execute(() -> {
            throw new StackOverflowError("thrown by a test");
        });
        line.attach(line.carrier(socket, false), new Line.Arrival(false, 0, Map.of(), Map.of(), "{}"));

        await().until(() -> !socket.messages.isEmpty());
        stage.operator.stop();
    }

    @Test
    void anOperatorAtRestWakesForAPublish() throws InterruptedException {
        stage.operator.start();
        FakeSocket socket = stage.socket();
        Line line = stage.line();
        line.attach(line.carrier(socket, false), new Line.Arrival(false, 0, Map.of(), Map.of(), "{}"));
        await().until(() -> socket.messages.size() == 1);
        for (int i = 2; i < 200; i++) {
            int expected = i;
            stage.publish("*", i);
            await().pollInterval(Duration.ofMillis(1)).until(() -> socket.messages.size() == expected);
        }
        stage.operator.stop();
        stage.operator.join(Duration.ofSeconds(5));
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("operator"));
    }

    /** The clock is read between the pass that found nothing and the decision to end: just there, the last word comes. */
    @Test
    void whatWasAskedBeforeTheStopIsDone() throws InterruptedException {
        AtomicInteger read = new AtomicInteger();
        AtomicBoolean done = new AtomicBoolean();
        Operator[] operator = {null};
        LongSupplier clock = () -> {
            if (read.incrementAndGet() == 3) {
                operator[0].execute(() -> done.set(true));
                operator[0].stop();
            }
            return 0;
        };
        Topics topics = new Topics(Retention.latest(), 10, Duration.ofMinutes(1), stage.clock);
        operator[0] = new Operator("stopped", topics, Runnable::run, clock, Duration.ofSeconds(1));
        operator[0].run();

        assertThat(read.get()).isGreaterThanOrEqualTo(3);
        assertThat(done).isTrue();
    }

    /** As on a container that takes an application's classes away before it stops it. */
    @Test
    void stoppedOperatorWhoseTroubleIsEndlessEndsAllTheSame() throws InterruptedException {
        Runnable[] trouble = new Runnable[1];
        trouble[0] = () -> {
            stage.operator.execute(trouble[0]);
            throw new NoClassDefFoundError("thrown by a test");
        };
        stage.operator.start();
        stage.operator.execute(trouble[0]);
        stage.operator.stop();
        stage.operator.join(Duration.ofMillis(1));

        await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("operator")));
    }

    @Test
    void replyWaitsForNoOperatorThatIsBusy() throws InterruptedException {
        stage.operator.start();
        FakeSocket socket = stage.socket();
        Line line = stage.line();
        line.attach(line.carrier(socket, false), new Line.Arrival(false, 0, Map.of(), Map.of(), "{}"));
        await().until(() -> socket.messages.size() == 1);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        stage.operator.execute(() -> {
            busy.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        busy.await();
        line.tell("{\"n\":1}");

        assertThat(socket.messages).last().isEqualTo("{\"n\":1}");
        goOn.countDown();
        stage.operator.stop();
    }

    @Test
    void aTopicThatNoLineHearsAnyMoreIsLetGo() {
        FakeSocket socket = stage.socket();
        Line line = stage.open(socket, "t");
        line.leave("t", Optional.empty(), OptionalLong.empty());
        stage.passes();
        stage.clock.forward(Duration.ofMinutes(10));
        stage.topics.sweep(Duration.ofMinutes(4));

        assertThat(stage.topics.count()).as("only everyone's is left").isEqualTo(1);
    }
}
