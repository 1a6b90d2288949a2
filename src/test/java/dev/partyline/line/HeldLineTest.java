package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A line that has lost its connection, and what it receives on the next. */
class HeldLineTest {

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket first = fixture.socket();
    private final FakeSocket second = fixture.socket();
    private final Line line = fixture.line();
    private final LineConnection connection = fixture.attach(line, first, "t");

    @AfterEach
    void nothingIsInFlight() {
        fixture.assertNothingInFlight();
    }

    @Test
    void unacknowledgedMessagesFollowOnTheNextConnection() {
        Position start = fixture.topic("t").end();
        line.send("{\"n\":1}");
        line.send("{\"n\":2}");
        fixture.publish("t", 1);
        fixture.publish("t", 2);
        fixture.runAll();
        drop();
        line.send("{\"n\":3}");
        fixture.publish("t", 3);
        fixture.runAll();

        fixture.resume(line, second, 1, Map.of("t", at(start, 1)));

        assertThat(second.welcome().getBoolean("resumed")).isTrue();
        assertThat(second.welcome().getInt("inbox")).isEqualTo(1);
        assertThat(second.messages.get(0).lines().skip(1).limit(2)).containsExactly("{\"n\":2}", "{\"n\":3}");
        assertThat(second.values()).containsExactly("2", "3");
        assertThat(fixture.events.events).containsExactly("held");
    }

    /** What attaches the connection may fail, such as without memory, or find its client gone. */
    @Test
    void lineWhoseNextConnectionIsNeverAttachedIsHeldAgain() {
        drop();
        line.reserve();
        fixture.advance(Duration.ofMinutes(3));
        assertThat(line.isRemoved()).as("it is reserved").isFalse();
        line.cancelReservation();
        fixture.runAll();
        assertThat(fixture.lines().isHeld(line)).isTrue();

        fixture.advance(Duration.ofMinutes(2).plusSeconds(1));
        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void welcomeHasTheLastAcceptedRequest() {
        line.acceptRequest(12);
        drop();
        fixture.resume(line, second, 0, Map.of());

        assertThat(second.welcome().getInt("heard")).isEqualTo(12);
    }

    @Test
    void newerConnectionReplacesTheOlderAndNoMessageIsLost() {
        Position start = fixture.topic("t").end();
        fixture.publish("t", 1);
        fixture.runAll();
        fixture.resume(line, second, 0, Map.of("t", at(start, 0)));
        fixture.publish("t", 2);
        fixture.runAll();

        assertThat(first.closed).contains(CloseCode.REPLACED);
        assertThat(first.newFrames()).last().asString().contains("$bye", "4507");
        assertThat(second.values()).containsExactly("1", "2");

        line.onSocketClosed(connection, true);
        fixture.runAll();
        assertThat(line.isRemoved()).as("the end of the older socket has no effect").isFalse();
        assertThat(second.closed).isEmpty();
    }

    @Test
    void lateEndOfASendOnTheOlderSocketHasNoEffect() {
        first.inline = false;
        fixture.publish("t", 1);
        fixture.runAll();
        second.inline = false;
        fixture.resume(line, second, 0, Map.of());
        first.finish(false);
        fixture.runAll();

        assertThat(second.closed).isEmpty();
        assertThat(second.messages).hasSize(1);
        second.finish(true);
    }

    @Test
    void lineIsHeldForTheHoldTimeAndThenRemoved() {
        drop();
        fixture.advance(Duration.ofMinutes(2));
        assertThat(line.isRemoved()).isFalse();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(line.isRemoved()).isTrue();
        assertThat(line.reserve()).isFalse();
        assertThat(fixture.events.events).containsExactly("held", "removed");
    }

    @Test
    void resumedLineIsNotRemovedAtTheEndOfTheFormerHoldTime() {
        drop();
        fixture.advance(Duration.ofSeconds(119));
        LineConnection again = fixture.resume(line, second, 0, Map.of());
        for (int i = 0; i < 200; i++) {
            again.onReceived(1);
            fixture.advance(Duration.ofSeconds(1));
        }

        assertThat(line.isRemoved()).isFalse();
    }

    @Test
    void reservedLineIsNotRemoved() {
        drop();
        assertThat(line.reserve()).isTrue();
        fixture.advance(Duration.ofMinutes(5));
        assertThat(line.isRemoved()).isFalse();

        fixture.attach(line, second, new Line.Attachment(true, 0, Map.of(), Map.of(), "{}"));
        assertThat(second.welcome().getBoolean("resumed")).isTrue();
    }

    @Test
    void connectionToALineThatWasRemovedMeanwhileIsClosedWithARetryableCode() {
        assertThat(line.reserve()).isTrue();
        line.transition(LineState::remove);
        fixture.attach(line, second, new Line.Attachment(true, 0, Map.of(), Map.of(), "{}"));

        assertThat(second.closed).contains(CloseCode.INTERNAL);
        assertThat(CloseCode.INTERNAL.comesBack()).isTrue();
    }

    @Test
    void byeAndCloseOfAConnectionThatIsReplacedDoNotEndTheLine() {
        assertThat(line.reserve()).isTrue();
        line.onClientBye(connection);
        fixture.runAll();
        assertThat(first.closed).contains(CloseCode.NORMAL);
        LineConnection newer = fixture.attach(line, second, new Line.Attachment(true, 0, Map.of(), Map.of(), "{}"));
        line.onClientBye(connection);
        line.close(connection, CloseCode.BAD_FRAME, "three of them");
        line.onSocketClosed(connection, true);
        fixture.runAll();

        assertThat(second.welcome().getBoolean("resumed")).isTrue();
        assertThat(second.closed).isEmpty();
        assertThat(line.isRemoved()).isFalse();
        line.onClientBye(newer);
        fixture.runAll();
        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void topicThatTheBrowserNoLongerNamesIsLeft() {
        drop();
        fixture.resume(line, second, 0, Map.of());
        fixture.publish("t", 1);
        fixture.runAll();

        assertThat(second.values()).isEmpty();
        assertThat(second.welcome().getJsonObject("topics").keySet()).containsExactly("*");
    }

    @Test
    void socketClosedForGoodRemovesTheLine() {
        line.onSocketClosed(connection, true);
        fixture.runAll();

        assertThat(line.isRemoved()).isTrue();
        assertThat(fixture.events.events).containsExactly("removed");
    }

    @Test
    void heldLineCostsNoSends() {
        drop();
        fixture.publish("t", 1000, 10);
        line.send("{\"n\":1}");
        fixture.advance(Duration.ofSeconds(60));

        assertThat(first.newFrames()).hasSize(1);
        assertThat(fixture.events.events).containsExactly("held");
    }

    @Test
    void inboxOffsetBeyondTheEndIsReducedToTheEnd() {
        line.send("{\"n\":1}");
        fixture.runAll();
        drop();
        fixture.resume(line, second, Long.MAX_VALUE, Map.of());
        line.send("{\"n\":2}");
        fixture.runAll();

        assertThat(second.welcome().getInt("inbox")).isEqualTo(1);
        assertThat(second.newFrames()).last().isEqualTo("{\"n\":2}");
    }

    private void drop() {
        line.onSocketClosed(connection, false);
        fixture.runAll();
    }

    private static Position at(Position start, long more) {
        return new Position(start.epoch(), start.offset() + more);
    }
}
