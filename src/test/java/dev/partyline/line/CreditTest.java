package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reader grants credit, and a line whose reader grants none costs nobody anything. */
class CreditTest {

    private static final int WINDOW = 10_000;

    private final Stage stage = new Stage();
    private final FakeSocket socket = stage.socket();

    @BeforeEach
    void smallWindow() {
        stage.limits.window = WINDOW;
        stage.limits.batch = 2000;
    }

    @AfterEach
    void nothingIsLeft() {
        stage.assertNothingLeft();
    }

    @Test
    void noMoreThanAWindowIsUnacknowledged() {
        stage.open(socket, "t");
        stage.publish("t", 100, 300);
        stage.passes();

        assertThat(socket.chars()).isBetween(WINDOW - 2000L, WINDOW + 500L);
    }

    @Test
    void anAckLetsAsMuchFollowAsWasHeard() {
        Line line = stage.line();
        LineConnection connection = stage.attach(line, socket, "t");
        stage.publish("t", 100, 300);
        stage.passes();
        while (socket.values().size() > 0) {
            connection.onAcked(socket.chars());
            stage.passes();
        }

        assertThat(socket.messages.stream().flatMap(String::lines).filter(frame -> frame.startsWith("{\"topic\":\"t\""))).hasSize(100);
        assertThat(socket.closed).isEmpty();
    }

    @Test
    void whatIsLargeGoesAsBytesToAClientThatReadsThemAndCountsTheSame() {
        FakeSocket reader = stage.socket();
        reader.binary = true;
        Line line = stage.line();
        LineConnection connection = stage.attach(line, reader, "t");
        stage.open(socket, "t");
        int welcome = reader.binaries;

        stage.publish("t", 1, 10);
        stage.passes();
        assertThat(reader.binaries - welcome).isZero();

        stage.publish("t", 1, 1_100);
        stage.passes();
        assertThat(reader.binaries - welcome).isOne();
        assertThat(socket.binaries).isZero();
        assertThat(reader.values()).isEqualTo(socket.values()).hasSize(2);
        assertThat(connection.window.sent()).isEqualTo(reader.chars());
    }

    @Test
    void repliesUseCreditLikeEverythingElse() {
        Line line = stage.open(socket);
        for (int i = 0; i < 100; i++) {
            line.send("{\"type\":\"a\",\"value\":\"" + "x".repeat(300) + "\"}");
        }
        stage.passes();

        assertThat(socket.chars()).isBetween(WINDOW - 2000L, WINDOW + 500L);
    }

    @Test
    void aMessageLargerThanAllCreditPassesWhenAllElseIsHeard() {
        Line line = stage.line();
        LineConnection connection = stage.attach(line, socket);
        line.send("{\"value\":\"" + "x".repeat(5 * WINDOW) + "\"}");
        line.send("{\"value\":\"last\"}");
        stage.passes();
        assertThat(socket.heard()).hasSize(2);

        connection.onAcked(socket.chars());
        stage.passes();
        assertThat(socket.heard()).containsExactly("{\"value\":\"last\"}");
    }

    @Test
    void readerThatStopsReadingIsClosedAfterTheDeadlineAndHeld() {
        Line line = stage.open(socket, "t");
        stage.publish("t", 100, 300);
        stage.forward(Duration.ofSeconds(5));
        assertThat(socket.closed).isEmpty();

        stage.forward(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isFalse();
        assertThat(stage.news.told).containsExactly("held");
    }

    @Test
    void readerThatHasNothingToReadOwesNothing() {
        LineConnection connection = stage.attach(stage.line(), socket, "t");
        stage.publish("t", 1, 2 * WINDOW);
        stage.passes();
        for (int i = 0; i < 15; i++) {
            connection.onReceived();
            stage.forward(Duration.ofSeconds(1));
        }

        assertThat(socket.closed).as("its window is full, but nothing waits").isEmpty();
    }

    @Test
    void aLittleCreditInTimeIsEnough() {
        LineConnection connection = stage.attach(stage.line(), socket, "t");
        stage.publish("t", 200, 300);
        stage.passes();
        for (int i = 1; i <= 30; i++) {
            stage.forward(Duration.ofSeconds(1));
            connection.onReceived();
            connection.onAcked(socket.chars() - WINDOW + 1000);
        }

        assertThat(socket.closed).isEmpty();
    }

    @Test
    void aSendThatDoesNotEndIsGivenUpAfterTheDeadline() {
        stage.open(socket, "t");
        socket.inline = false;
        stage.publish("t", 1);
        stage.forward(Duration.ofSeconds(5));
        assertThat(socket.closed).isEmpty();

        stage.forward(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(socket.messages).as("no goodbye over a send under way").hasSize(2);
        socket.finish(false);
        stage.passes();
        assertThat(stage.news.told).containsExactly("held");
    }

    @Test
    void aSendThatFailsHoldsTheLine() {
        stage.open(socket, "t");
        socket.inline = false;
        stage.publish("t", 1);
        stage.passes();
        socket.finish(false);
        stage.passes();

        assertThat(socket.closed).isPresent();
        assertThat(stage.news.told).containsExactly("held");
    }

    @Test
    void aSlowReaderHoldsUpNobody() {
        FakeSocket stuck = stage.socket();
        FakeSocket unread = stage.socket();
        stuck.inline = false;
        stage.attach(stage.line(), stuck, "t");
        stage.open(unread, "t");
        LineConnection connection = stage.attach(stage.line(), socket, "t");
        int heard = 0;
        for (int i = 0; i < 1000; i++) {
            stage.publish("t", 1, 100);
            stage.passes();
            connection.onAcked(socket.chars());
            heard += socket.values().size();
        }

        assertThat(heard).isEqualTo(1000);
        assertThat(stuck.messages).hasSize(1);
        assertThat(unread.chars()).isLessThan(WINDOW + 2000);
        stuck.finish(true);
    }

    @Test
    void whenItReturnsASlowReaderCatchesUpFromTheLogs() {
        Line line = stage.open(socket, "t");
        Position before = stage.topic("t").end();
        stage.publish("t", 100, 300);
        stage.forward(Duration.ofSeconds(6));
        int lost = socket.values().size();

        FakeSocket newer = stage.socket();
        LineConnection connection = stage.resume(line, newer, 0, Map.of("t", new Position(before.epoch(), before.offset() + 3)));
        while (newer.chars() > 0 && stage.topic("t").end().offset() > newer.messages.stream().flatMap(String::lines).filter(frame -> frame.startsWith("{\"topic")).count() + 3) {
            connection.onAcked(newer.chars());
            stage.passes();
        }

        assertThat(lost).isLessThan(100);
        assertThat(newer.values()).startsWith("3", "4").endsWith("99").hasSize(97);
    }

    @Test
    void anAckedInboxIsForgottenAndNothingElse() {
        Line line = stage.open(socket);
        for (int i = 0; i < 3; i++) {
            line.send("{\"from\":\"a\",\"re\":" + i + "}");
        }
        stage.passes();
        line.onInboxAcked(2);

        assertThat(line.inboxChars()).isEqualTo("{\"from\":\"a\",\"re\":2}".length());
    }

    @Test
    void anInboxThatOverflowsClosesTheSocketRatherThanLoseSilently() {
        stage.limits.inboxMessages = 10;
        Line line = stage.open(socket);
        socket.inline = false;
        line.send("{\"n\":0}");
        stage.passes();
        for (int i = 1; i <= 11; i++) {
            line.send("{\"n\":" + i + "}");
        }
        socket.finish(true);
        socket.inline = true;
        stage.passes();

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(socket.messages).noneMatch(message -> message.contains("\"n\":11"));
        FakeSocket newer = stage.socket();
        stage.resume(line, newer, 1, Map.of());
        assertThat(newer.welcome().getInt("inbox")).as("says that replies were lost").isEqualTo(2);
        assertThat(newer.heard()).hasSize(11).last().isEqualTo("{\"n\":11}");
    }
}
