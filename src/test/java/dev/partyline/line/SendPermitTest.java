package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.wire.CloseCode;
import dev.partyline.stats.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread at a time writes to a socket, whichever has something to send, and no thread waits. */
@Timeout(60)
class SendPermitTest {

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();

    @Test
    void replyIsWrittenByTheThreadThatProducedIt() {
        Line line = fixture.open(socket);
        line.answer(OptionalLong.empty(), "{\"n\":1}");

        assertThat(socket.messages).last().isEqualTo("{\"n\":1}");
        assertThat(fixture.loop.runOnce()).as("nothing is left for the event loop").isFalse();
    }

    @Test
    void noFrameOvertakesTheWelcome() {
        Line line = fixture.line();
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        line.answer(OptionalLong.empty(), "{\"n\":1}");
        fixture.runAll();

        assertThat(socket.welcome().getString("type")).isEqualTo("$welcome");
        assertThat(socket.newFrames()).last().isEqualTo("{\"n\":1}");
    }

    /** As when the system preempts a thread in the middle of its send, and the browser resumes the line meanwhile. */
    @Test
    void sendOnTheOlderSocketTakesNoFrameFromTheNewerOne() {
        Line line = fixture.open(socket);
        FakeSocket newer = fixture.socket();
        socket.onSend = () -> {
            socket.onSend = () -> { };
            fixture.resume(line, newer, 0, Map.of());
            line.answer(OptionalLong.empty(), "{\"n\":2}");
        };
        line.answer(OptionalLong.empty(), "{\"n\":1}");
        fixture.runAll();

        assertThat(newer.newFrames().subList(1, 3)).containsExactly("{\"n\":1}", "{\"n\":2}");
        assertThat(socket.messages).noneMatch(message -> message.contains("\"n\":2"));
    }

    @Test
    void byeWaitsForTheSendInFlight() {
        Line line = fixture.open(socket);
        List<Integer> told = new ArrayList<>();
        socket.onSend = () -> {
            socket.onSend = () -> { };
            line.close(line.delivery().connection(), CloseCode.SHUTTING_DOWN, "the server is shutting down");
            line.answer(OptionalLong.empty(), "{\"n\":2}");
            told.add(socket.messages.size());
        };
        line.answer(OptionalLong.empty(), "{\"n\":1}");
        fixture.runAll();

        assertThat(told).hasSize(1);
        assertThat(socket.newFrames()).contains("{\"n\":1}", "{\"n\":2}").last().asString().contains("$bye");
        assertThat(socket.closed).contains(CloseCode.SHUTTING_DOWN);
    }

    @Test
    void retireRunsOnceAndAfterTheHolderReleases() {
        SendPermit permit = new SendPermit(fixture.line().delivery(), fixture.loop);
        List<String> done = new ArrayList<>();
        assertThat(permit.tryAcquire()).isTrue();
        assertThat(permit.tryAcquire()).isFalse();
        permit.retire(() -> done.add("one"));
        permit.retire(() -> done.add("two"));
        fixture.runAll();
        assertThat(done).isEmpty();

        permit.release();
        fixture.runAll();
        assertThat(done).containsExactly("one", "two");
        assertThat(permit.tryAcquire()).isFalse();
    }

    @Test
    void retireRunsAtOnceWhereThePermitIsFree() {
        SendPermit permit = new SendPermit(fixture.line().delivery(), fixture.loop);
        List<String> done = new ArrayList<>();
        permit.retire(() -> done.add("done"));

        assertThat(done).containsExactly("done");
    }

    /** If the permit were not released, the line would stay open and be sent nothing any more. */
    @Test
    void socketWhoseSendThrowsIsClosedAndItsLineHeld() {
        Line line = fixture.open(socket);
        socket.onSend = () -> {
            throw new NoClassDefFoundError("thrown by a test");
        };
        try {
            line.answer(OptionalLong.empty(), "{\"n\":1}");
        } catch (NoClassDefFoundError e) {
            assertThat(e).hasMessage("thrown by a test");
        }
        fixture.runAll();
        assertThat(socket.closed).isPresent();
        assertThat(fixture.events.events).containsExactly("held");

        FakeSocket newer = fixture.socket();
        fixture.resume(line, newer, 0, Map.of());
        assertThat(newer.newFrames()).contains("{\"n\":1}");
    }

    /** The fake socket fails at a second send while one is in flight. */
    @Test
    void framesOfEachOfManyThreadsAreSentCompletelyAndInOrder() throws InterruptedException {
        int threads = 4;
        int each = 5_000;
        fixture.limits.inboxMessages = threads * each + 1;
        fixture.limits.inboxChars = Integer.MAX_VALUE;
        fixture.limits.window = Integer.MAX_VALUE;
        fixture.loop.start();
        Line line = fixture.line();
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of("t", Optional.empty()), Map.of(), "{}"));
        // What is published before the event loop has subscribed the line to the topic is not for it.
        await().until(() -> fixture.counters.sum(Counter.FRAMES_OUT) == 1);
        CountDownLatch over = new CountDownLatch(threads);
        for (int thread = 0; thread < threads; thread++) {
            int from = thread;
            new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    line.answer(OptionalLong.empty(), "{\"thread\":" + from + ",\"n\":" + i + "}");
                    if (i % 100 == 0) {
                        fixture.publish("t", i);
                    }
                }
                over.countDown();
            }).start();
        }
        assertThat(over.await(30, TimeUnit.SECONDS)).isTrue();
        await().until(() -> fixture.counters.sum(Counter.FRAMES_OUT) == 1 + threads * each + threads * each / 100);
        fixture.loop.stop();
        fixture.loop.join(Duration.ofSeconds(5));

        List<String> heard = socket.newFrames();
        for (int thread = 0; thread < threads; thread++) {
            String start = "{\"thread\":" + thread + ",\"n\":";
            assertThat(heard.stream().filter(frame -> frame.startsWith(start)).map(frame -> frame.substring(start.length(), frame.length() - 1)))
                .containsExactlyElementsOf(IntStream.range(0, each).mapToObj(Integer::toString).toList());
        }
        assertThat(heard.stream().filter(frame -> frame.startsWith("{\"topic\":\"t\""))).hasSize(threads * each / 100);
    }
}
