package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A line whose client knows nothing of lines: the post's shapes, one frame a message, credit by WebSocket ping and pong. */
class PlainLineTest {

    private static final int WINDOW = 10_000;

    private final Stage stage = new Stage();
    private final FakeSocket socket = stage.socket();

    @Test
    void aPlainClientGetsNoFrameOfTheLineItself() {
        Line line = stage.plain(socket);
        stage.forward(Duration.ofSeconds(30));
        line.close(CloseCode.INTERNAL, "x");
        stage.passes();

        assertThat(socket.messages).isEmpty();
        assertThat(socket.closed).contains(CloseCode.INTERNAL);
    }

    @Test
    void aPlainClientGetsOneFrameAMessage() {
        Line line = stage.plain(socket);
        line.send("{\"a\":1}");
        line.send("{\"a\":2}");
        stage.publish("*", 3);
        stage.publish("*", 4);
        stage.passes();

        assertThat(socket.messages).containsExactly("{\"a\":1}", "{\"a\":2}", "{\"value\":3}", "{\"value\":4}");
    }

    @Test
    void twentyThousandSendsThatEndAtOnceAreALoopAndNoRecursion() throws InterruptedException {
        stage.limits.window = Integer.MAX_VALUE;
        stage.limits.inboxMessages = 20_000;
        stage.limits.inboxChars = Integer.MAX_VALUE;
        Line line = stage.plain(socket);
        for (int i = 0; i < 20_000; i++) {
            line.send("{\"n\":" + i + "}");
        }
        Throwable[] failure = {null};
        Thread small = new Thread(null, stage::passes, "small stack", 128 * 1024);
        small.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
        small.start();
        small.join();

        assertThat(failure[0]).isNull();
        assertThat(socket.messages).hasSize(20_000).last().isEqualTo("{\"n\":19999}");
    }

    @Test
    void aFullWindowIsAskedAboutByPingAndOpenedByThePong() {
        stage.limits.window = WINDOW;
        LineConnection connection = stage.attach(stage.line(true, Optional.empty()), socket);
        stage.publish("*", 200, 300);
        stage.passes();
        assertThat(socket.chars()).isBetween((long) WINDOW, WINDOW + 500L);
        assertThat(socket.pings).isEqualTo(1);

        for (int i = 0; i < 10; i++) {
            connection.onPong();
            stage.passes();
        }
        assertThat(socket.messages).hasSize(200);
        assertThat(socket.closed).isEmpty();
    }

    @Test
    void aPlainClientThatDoesNotReadIsClosedAndGone() {
        stage.limits.window = WINDOW;
        Line line = stage.plain(socket);
        stage.publish("*", 200, 300);
        stage.forward(Duration.ofSeconds(6));

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isTrue();
        assertThat(stage.news.told).containsExactly("gone");
    }

    @Test
    void aPongThatCameForAnEarlierPingIsFollowedByAnotherPing() {
        stage.limits.window = WINDOW;
        LineConnection connection = stage.attach(stage.line(true, Optional.empty()), socket);
        stage.forward(Duration.ofSeconds(21));
        assertThat(socket.pings).isEqualTo(1);
        stage.publish("*", 200, 300);
        stage.passes();
        connection.onPong();
        stage.passes();
        assertThat(socket.pings).isEqualTo(2);

        connection.onPong();
        stage.passes();
        assertThat(socket.chars()).isGreaterThan(WINDOW + 5000L);
    }

    @Test
    void aPlainClientThatOnlyListensIsAskedWhetherItIsAlive() {
        LineConnection connection = stage.attach(stage.line(true, Optional.empty()), socket);
        for (int i = 0; i < 60; i++) {
            stage.publish("*", i);
            int before = socket.pings;
            stage.forward(Duration.ofSeconds(1));
            if (socket.pings > before) {
                connection.onPong();
            }
        }

        assertThat(socket.closed).isEmpty();
        assertThat(socket.messages).hasSize(60);
        assertThat(socket.pings).isBetween(1, 4);
    }

    @Test
    void aPlainClientThatAnswersNoPingIsTakenForDead() {
        stage.plain(socket);
        stage.forward(Duration.ofSeconds(36));

        assertThat(socket.closed).contains(CloseCode.NO_SIGN_OF_LIFE);
    }

    @Test
    void aPlainLineEndsWithItsSocket() {
        Line line = stage.line(true, Optional.empty());
        LineConnection connection = stage.attach(line, socket);
        line.onSocketClosed(connection, false);
        stage.passes();

        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void aGapThatCannotBeToldEndsThePlainLine() {
        Line line = stage.plain(socket);
        socket.inline = false;
        stage.publish("*", 0);
        stage.passes();
        stage.publish("*", 300, 1);
        socket.finish(true);
        stage.passes();

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void aPlainClientsInboxKeepsNothingThatWasSent() {
        Line line = stage.plain(socket);
        for (String frame : List.of("{\"a\":1}", "{\"a\":2}")) {
            line.send(frame);
        }
        stage.passes();

        assertThat(line.inboxChars()).isZero();
    }
}
