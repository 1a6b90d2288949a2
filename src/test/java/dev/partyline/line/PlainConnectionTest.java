package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A line of a plain client: the shapes of the post, one frame a message, credit by WebSocket ping and pong. */
class PlainConnectionTest {

    private static final int WINDOW = 10_000;

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();

    @Test
    void plainClientIsSentNoFrameOfTheLineItself() {
        Line line = fixture.plain(socket);
        fixture.advance(Duration.ofSeconds(30));
        line.close(line.delivery().connection(), CloseCode.INTERNAL, "x");
        fixture.runAll();

        assertThat(socket.messages).isEmpty();
        assertThat(socket.closed).contains(CloseCode.INTERNAL);
    }

    @Test
    void plainClientIsSentOneFrameAMessage() {
        Line line = fixture.plain(socket);
        line.send("{\"a\":1}");
        line.send("{\"a\":2}");
        fixture.publish("*", 3);
        fixture.publish("*", 4);
        fixture.runAll();

        assertThat(socket.messages).containsExactly("{\"a\":1}", "{\"a\":2}", "{\"value\":3}", "{\"value\":4}");
    }

    @Test
    void manySendsThatEndAtOnceDoNotRecurse() throws InterruptedException {
        fixture.limits.window = Integer.MAX_VALUE;
        fixture.limits.inboxMessages = 20_000;
        fixture.limits.inboxChars = Integer.MAX_VALUE;
        Line line = fixture.plain(socket);
        for (int i = 0; i < 20_000; i++) {
            line.send("{\"n\":" + i + "}");
        }
        Throwable[] failure = {null};
        Thread small = new Thread(null, fixture::runAll, "small stack", 128 * 1024);
        small.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
        small.start();
        small.join();

        assertThat(failure[0]).isNull();
        assertThat(socket.messages).hasSize(20_000).last().isEqualTo("{\"n\":19999}");
    }

    @Test
    void fullWindowIsPingedAndThePongGrantsCredit() {
        fixture.limits.window = WINDOW;
        LineConnection connection = fixture.attach(fixture.line(true, Optional.empty()), socket);
        fixture.publish("*", 200, 300);
        fixture.runAll();
        assertThat(socket.chars()).isBetween((long) WINDOW, WINDOW + 500L);
        assertThat(socket.pings).isEqualTo(1);

        for (int i = 0; i < 10; i++) {
            connection.onPong(socket.ping);
            fixture.runAll();
        }
        assertThat(socket.messages).hasSize(200);
        assertThat(socket.closed).isEmpty();
    }

    @Test
    void plainClientThatDoesNotReadIsClosedAndItsLineRemoved() {
        fixture.limits.window = WINDOW;
        Line line = fixture.plain(socket);
        fixture.publish("*", 200, 300);
        fixture.advance(Duration.ofSeconds(6));

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isTrue();
        assertThat(fixture.events.events).containsExactly("removed");
    }

    @Test
    void pongThatLeavesTheWindowFullIsFollowedByAnotherPing() {
        fixture.limits.window = WINDOW;
        LineConnection connection = fixture.attach(fixture.line(true, Optional.empty()), socket);
        fixture.advance(Duration.ofSeconds(21));
        assertThat(socket.pings).isEqualTo(1);
        fixture.publish("*", 200, 300);
        fixture.runAll();
        connection.onPong(socket.ping);
        fixture.runAll();
        assertThat(socket.pings).isEqualTo(2);

        connection.onPong(socket.ping);
        fixture.runAll();
        assertThat(socket.chars()).isGreaterThan(WINDOW + 5000L);
    }

    @Test
    void plainClientThatOnlyReceivesIsPinged() {
        LineConnection connection = fixture.attach(fixture.line(true, Optional.empty()), socket);
        for (int i = 0; i < 60; i++) {
            fixture.publish("*", i);
            int before = socket.pings;
            fixture.advance(Duration.ofSeconds(1));
            if (socket.pings > before) {
                connection.onReceived(1);
                connection.onPong(socket.ping);
            }
        }

        assertThat(socket.closed).isEmpty();
        assertThat(socket.messages).hasSize(60);
        assertThat(socket.pings).isBetween(1, 4);
    }

    @Test
    void plainClientThatAnswersNoPingIsDisconnected() {
        fixture.plain(socket);
        fixture.advance(Duration.ofSeconds(36));

        assertThat(socket.closed).contains(CloseCode.HEARTBEAT_TIMEOUT);
    }

    @Test
    void plainLineIsRemovedWithItsConnection() {
        Line line = fixture.line(true, Optional.empty());
        LineConnection connection = fixture.attach(line, socket);
        line.onSocketClosed(connection, false);
        fixture.runAll();

        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void plainLineThatFellOffTheLogIsRemoved() {
        Line line = fixture.plain(socket);
        socket.inline = false;
        fixture.publish("*", 0);
        fixture.runAll();
        fixture.publish("*", 300, 1);
        socket.finish(true);
        fixture.runAll();

        assertThat(socket.closed).contains(CloseCode.TOO_SLOW);
        assertThat(line.isRemoved()).isTrue();
    }

    @Test
    void sentFramesAreDroppedFromTheInboxOfAPlainLine() {
        Line line = fixture.plain(socket);
        for (String frame : List.of("{\"a\":1}", "{\"a\":2}")) {
            line.send(frame);
        }
        fixture.runAll();

        assertThat(line.inboxChars()).isZero();
    }

    @Test
    void pongWithoutItsPayloadGrantsNoCredit() {
        fixture.limits.window = WINDOW;
        LineConnection connection = fixture.attach(fixture.line(true, Optional.empty()), socket);
        fixture.publish("*", 200, 300);
        fixture.runAll();
        int sent = socket.messages.size();
        for (int i = 0; i < 10; i++) {
            connection.onPong(ByteBuffer.allocate(0));
            connection.onPong(ByteBuffer.allocate(8));
            fixture.runAll();
        }

        assertThat(socket.messages).hasSize(sent);
    }
}
