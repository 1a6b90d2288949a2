package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.stats.Limit;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Credit and deadlines: a reader that grants no credit delays no other line. */
class LineConnectionTest {

    private static final int WINDOW = 10_000;

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();

    @BeforeEach
    void smallWindow() {
        fixture.limits.window = WINDOW;
        fixture.limits.batch = 2000;
    }

    @AfterEach
    void nothingIsInFlight() {
        fixture.assertNothingInFlight();
    }

    @Test
    void atMostOneWindowIsUnacknowledged() {
        fixture.open(socket, "t");
        fixture.publish("t", 100, 300);
        fixture.runAll();

        assertThat(socket.chars()).isBetween(WINDOW - 2000L, WINDOW + 500L);
    }

    @Test
    void ackGrantsAsMuchCreditAsItAcknowledges() {
        Line line = fixture.line();
        LineConnection connection = fixture.attach(line, socket, "t");
        fixture.publish("t", 100, 300);
        fixture.runAll();
        while (socket.values().size() > 0) {
            connection.onAcked(socket.chars());
            fixture.runAll();
        }

        assertThat(socket.messages.stream().flatMap(String::lines).filter(frame -> frame.startsWith("{\"topic\":\"t\""))).hasSize(100);
        assertThat(socket.closed).isEmpty();
    }

    @Test
    void largeMessagesAreSentAsBytesToAClientThatReadsThemAndCountTheSame() {
        FakeSocket reader = fixture.socket();
        reader.binary = true;
        Line line = fixture.line();
        LineConnection connection = fixture.attach(line, reader, "t");
        fixture.open(socket, "t");
        int welcome = reader.binaries;

        fixture.publish("t", 1, 10);
        fixture.runAll();
        assertThat(reader.binaries - welcome).isZero();

        fixture.publish("t", 1, 1_100);
        fixture.runAll();
        assertThat(reader.binaries - welcome).isOne();
        assertThat(socket.binaries).isZero();
        assertThat(reader.values()).isEqualTo(socket.values()).hasSize(2);
        assertThat(connection.window.sent()).isEqualTo(reader.chars());
    }

    @Test
    void repliesUseCredit() {
        Line line = fixture.open(socket);
        for (int i = 0; i < 100; i++) {
            line.send("{\"type\":\"a\",\"value\":\"" + "x".repeat(300) + "\"}");
        }
        fixture.runAll();

        assertThat(socket.chars()).isBetween(WINDOW - 2000L, WINDOW + 500L);
    }

    @Test
    void messageLargerThanTheWindowIsSentOnceAllIsAcknowledged() {
        Line line = fixture.line();
        LineConnection connection = fixture.attach(line, socket);
        line.send("{\"value\":\"" + "x".repeat(5 * WINDOW) + "\"}");
        line.send("{\"value\":\"last\"}");
        fixture.runAll();
        assertThat(socket.newFrames()).hasSize(2);

        connection.onAcked(socket.chars());
        fixture.runAll();
        assertThat(socket.newFrames()).containsExactly("{\"value\":\"last\"}");
    }

    /** The ack of the reader may have come during the pause. */
    @Test
    void pauseOfTheProcessDoesNotCountAsTheReadersTime() {
        Line line = fixture.line();
        LineConnection connection = fixture.attach(line, socket, "t");
        fixture.publish("t", 100, 300);
        fixture.runAll();
        fixture.clock.forward(Duration.ofSeconds(6));
        fixture.runAll();
        assertThat(socket.closed).isEmpty();

        connection.onAcked(socket.chars());
        connection.onReceived(1);
        fixture.runAll();
        fixture.advance(Duration.ofSeconds(4));
        assertThat(socket.closed).isEmpty();
    }

    @Test
    void readerThatStopsReadingIsClosedAfterTheDeadlineAndHeld() {
        Line line = fixture.open(socket, "t");
        fixture.publish("t", 100, 300);
        fixture.advance(Duration.ofSeconds(5));
        assertThat(socket.closed).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isFalse();
        assertThat(fixture.events.events).containsExactly("held");
    }

    @Test
    void fullWindowWithNothingToSendIsNotTooSlow() {
        LineConnection connection = fixture.attach(fixture.line(), socket, "t");
        fixture.publish("t", 1, 2 * WINDOW);
        fixture.runAll();
        for (int i = 0; i < 15; i++) {
            connection.onReceived(1);
            fixture.advance(Duration.ofSeconds(1));
        }

        assertThat(socket.closed).as("its window is full, but nothing waits").isEmpty();
    }

    @Test
    void readerThatGrantsALittleCreditInTimeIsNotTooSlow() {
        LineConnection connection = fixture.attach(fixture.line(), socket, "t");
        fixture.publish("t", 200, 300);
        fixture.runAll();
        for (int i = 1; i <= 30; i++) {
            fixture.advance(Duration.ofSeconds(1));
            connection.onReceived(1);
            connection.onAcked(socket.chars() - WINDOW + 1000);
        }

        assertThat(socket.closed).isEmpty();
    }

    @Test
    void connectionIsClosedIfASendExceedsTheDeadline() {
        fixture.open(socket, "t");
        socket.inline = false;
        fixture.publish("t", 1);
        fixture.advance(Duration.ofSeconds(5));
        assertThat(socket.closed).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(socket.messages).as("no bye while a send is in flight").hasSize(2);
        assertThat(fixture.counters.hits(Limit.SEND_WITHIN)).isEqualTo(1);
        socket.finish(false);
        fixture.runAll();
        assertThat(fixture.events.events).containsExactly("held");
    }

    @Test
    void failedSendHoldsTheLine() {
        fixture.open(socket, "t");
        socket.inline = false;
        fixture.publish("t", 1);
        fixture.runAll();
        socket.finish(false);
        fixture.runAll();

        assertThat(socket.closed).isPresent();
        assertThat(fixture.events.events).containsExactly("held");
    }

    @Test
    void slowReaderDelaysNoOtherLine() {
        FakeSocket stuck = fixture.socket();
        FakeSocket unread = fixture.socket();
        stuck.inline = false;
        fixture.attach(fixture.line(), stuck, "t");
        fixture.open(unread, "t");
        LineConnection connection = fixture.attach(fixture.line(), socket, "t");
        int heard = 0;
        for (int i = 0; i < 1000; i++) {
            fixture.publish("t", 1, 100);
            fixture.runAll();
            connection.onAcked(socket.chars());
            heard += socket.values().size();
        }

        assertThat(heard).isEqualTo(1000);
        assertThat(stuck.messages).hasSize(1);
        assertThat(unread.chars()).isLessThan(WINDOW + 2000);
        stuck.finish(true);
    }

    @Test
    void slowReaderCatchesUpFromTheLogsAfterItsReturn() {
        Line line = fixture.open(socket, "t");
        Position before = fixture.topic("t").end();
        fixture.publish("t", 100, 300);
        fixture.advance(Duration.ofSeconds(6));
        int lost = socket.values().size();

        FakeSocket newer = fixture.socket();
        LineConnection connection = fixture.resume(line, newer, 0, Map.of("t", new Position(before.epoch(), before.offset() + 3)));
        while (newer.chars() > 0 && fixture.topic("t").end().offset() > newer.messages.stream().flatMap(String::lines).filter(frame -> frame.startsWith("{\"topic")).count() + 3) {
            connection.onAcked(newer.chars());
            fixture.runAll();
        }

        assertThat(lost).isLessThan(100);
        assertThat(newer.values()).startsWith("3", "4").endsWith("99").hasSize(97);
    }

    @Test
    void inboxOverflowClosesTheConnectionInsteadOfLosingFramesSilently() {
        fixture.limits.inboxMessages = 10;
        Line line = fixture.open(socket);
        socket.inline = false;
        line.send("{\"n\":0}");
        fixture.runAll();
        for (int i = 1; i <= 11; i++) {
            line.send("{\"n\":" + i + "}");
        }
        socket.finish(true);
        socket.inline = true;
        fixture.runAll();

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(socket.messages).noneMatch(message -> message.contains("\"n\":11"));
        assertThat(fixture.counters.hits(Limit.INBOX_MESSAGES)).isEqualTo(1);
        FakeSocket newer = fixture.socket();
        fixture.resume(line, newer, 1, Map.of());
        assertThat(newer.welcome().getInt("inbox")).as("says that replies were lost").isEqualTo(2);
        assertThat(newer.newFrames()).hasSize(11).last().isEqualTo("{\"n\":11}");
    }

    /** A client with a window and batches of the usual size, of which the container tells what it has written. */
    private LineConnection attachWithTraffic() {
        fixture.limits.window = 262_144;
        fixture.limits.batch = 65_536;
        fixture.limits.inboxMessages = 10_000;
        socket.traffic = new FakeTraffic();
        return fixture.attach(fixture.line(), socket, "t");
    }

    private void publishOneByOne(int count, int chars) {
        for (int i = 0; i < count; i++) {
            fixture.publish("t", 1, chars);
            fixture.runAll();
        }
    }

    private int sentOtherwise() {
        return socket.messages.size() - socket.syncs;
    }

    @Test
    void sendsAreSynchronousWhileTheClientAnswersPings() {
        LineConnection connection = attachWithTraffic();
        socket.onPing = () -> connection.onPong(socket.ping);
        publishOneByOne(1000, 100);

        assertThat(sentOtherwise()).isZero();
        assertThat(socket.pings).isBetween(20, 200);
    }

    @Test
    void acknowledgementWithoutAProofKeepsNoSendSynchronous() {
        LineConnection connection = attachWithTraffic();
        for (int i = 0; i < 100; i++) {
            publishOneByOne(1, 100);
            connection.onAcked(socket.chars());
        }

        assertThat(socket.syncs).as("as many as fit into the buffers").isBetween(1, 24);
        assertThat(socket.pings).isOne();
    }

    @Test
    void clientThatTellsNoTrafficIsNeverSentToSynchronously() {
        LineConnection connection = fixture.attach(fixture.line(), socket, "t");
        publishOneByOne(10, 100);
        connection.onAcked(socket.chars());

        assertThat(socket.syncs).isZero();
        assertThat(socket.pings).isZero();
    }

    @Test
    void pongsThatTheContainerHasWrittenKeepNoSendSynchronous() {
        LineConnection connection = attachWithTraffic();
        socket.onPing = () -> connection.onPong(socket.ping);
        publishOneByOne(1, 10);
        int before = socket.syncs;
        socket.onPing = () -> { };
        socket.traffic.answerPings(30);
        publishOneByOne(5, 10);

        assertThat(socket.syncs).isEqualTo(before);
    }

    @Test
    void afterABurstTheProofIsAskedForOnceTheClientSaysThatItHasProcessedMostOfIt() {
        LineConnection connection = attachWithTraffic();
        fixture.publish("t", 100, 1000);
        fixture.runAll();
        assertThat(sentOtherwise()).as("too much for the buffers").isPositive();
        int pings = socket.pings;
        int syncs = socket.syncs;
        socket.onPing = () -> connection.onPong(socket.ping);
        publishOneByOne(1, 10);
        assertThat(socket.pings).as("it has not processed all").isEqualTo(pings);

        connection.onAcked(socket.chars());
        publishOneByOne(2, 10);
        assertThat(socket.pings).isEqualTo(pings + 1);
        assertThat(socket.syncs).isEqualTo(syncs + 2);
    }

    /** As without memory: the permit must not be lost, or the client would receive nothing any more. */
    @Test
    void pingThatThrowsWhileAnAnswerIsSentEndsTheConnection() {
        Line line = fixture.line();
        LineConnection connection = attachToPingBeforeNextSend(line);
        socket.onPing = () -> {
            throw new OutOfMemoryError("a ping");
        };

        assertThatThrownBy(() -> line.answer(OptionalLong.empty(), "{\"re\":1}")).isInstanceOf(OutOfMemoryError.class);
        fixture.runAll();

        assertThat(connection.hasFailed()).isTrue();
        assertThat(connection.permit.tryAcquire()).as("the permit is released").isTrue();
        connection.permit.release();
        assertThat(socket.closed).contains(CloseCode.HEARTBEAT_TIMEOUT);
    }

    /** All is acknowledged, and the buffers may be full but for a ping. */
    private LineConnection attachToPingBeforeNextSend(Line line) {
        fixture.limits.window = 262_144;
        fixture.limits.batch = 65_536;
        socket.traffic = new FakeTraffic();
        LineConnection connection = fixture.attach(line, socket, "t");
        connection.onAcked(socket.chars());
        socket.traffic.answerPings(22);
        return connection;
    }

    @Test
    void pingsAreCountedAndTheLineOfAFloodOfThemIsClosed() {
        LineConnection connection = attachWithTraffic();
        connection.onReceived(1);
        socket.traffic.framesReceived = 1;
        for (int i = 0; i < 20; i++) {
            socket.traffic.answerPings(40);
            fixture.advance(Duration.ofSeconds(1));
        }
        assertThat(socket.closed).as("less than the rate of messages").isEmpty();

        socket.traffic.answerPings(900);
        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.RATE);
        assertThat(fixture.counters.hits(Limit.RATE)).isOne();
    }

    @Test
    void partsOfMessagesAndPongsAreNoPings() {
        LineConnection connection = attachWithTraffic();
        socket.traffic.framesReceived = 5000;
        connection.onReceived(5000);
        fixture.advance(Duration.ofSeconds(1));

        assertThat(socket.closed).isEmpty();
    }
}
