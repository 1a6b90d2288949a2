package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A line whose socket dropped, and what it hears on the next. */
class HeldLineTest {

    private final Stage stage = new Stage();
    private final FakeSocket first = stage.socket();
    private final FakeSocket second = stage.socket();
    private final Line line = stage.line();
    private final LineConnection connection = stage.attach(line, first, "t");

    @AfterEach
    void nothingIsLeft() {
        stage.assertNothingLeft();
    }

    @Test
    void whatWasNotHeardIsHeardOnTheNextSocket() {
        Position start = stage.topic("t").end();
        line.send("{\"n\":1}");
        line.send("{\"n\":2}");
        stage.publish("t", 1);
        stage.publish("t", 2);
        stage.passes();
        drop();
        line.send("{\"n\":3}");
        stage.publish("t", 3);
        stage.passes();

        stage.resume(line, second, 1, Map.of("t", at(start, 1)));

        assertThat(second.welcome().getBoolean("resumed")).isTrue();
        assertThat(second.welcome().getInt("inbox")).isEqualTo(1);
        assertThat(second.messages.get(0).lines().skip(1).limit(2)).containsExactly("{\"n\":2}", "{\"n\":3}");
        assertThat(second.values()).containsExactly("2", "3");
        assertThat(stage.news.told).containsExactly("held");
    }

    @Test
    void theWelcomeTellsTheLastRequestTaken() {
        line.acceptRequest(12);
        drop();
        stage.resume(line, second, 0, Map.of());

        assertThat(second.welcome().getInt("heard")).isEqualTo(12);
    }

    @Test
    void anIdIsTakenOnceAndOnlyRises() {
        assertThat(line.acceptRequest(1)).isTrue();
        assertThat(line.acceptRequest(1)).isFalse();
        assertThat(line.acceptRequest(5)).isTrue();
        assertThat(line.acceptRequest(3)).isFalse();
    }

    @Test
    void aStoredReplyIsSentAgainWordForWord() {
        String reply = FrameWriter.reply(Optional.of("tab-1"), 7, Optional.of("{\"x\":1}"));
        line.send(FrameWriter.reply(Optional.of("tab-1"), 71, Optional.empty()));
        line.send(reply);
        line.send(FrameWriter.reply(Optional.of("tab-2"), 7, Optional.empty()));
        stage.passes();
        first.heard();

        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isTrue();
        stage.passes();
        assertThat(first.heard()).containsExactly(reply);
    }

    @Test
    void anEmptyReplyAndAFailureAreStoredToo() {
        line.send(FrameWriter.reply(Optional.empty(), 8, Optional.empty()));
        line.send(FrameWriter.error(Optional.of("tab-1"), OptionalLong.of(9), "failed", "x", false));

        assertThat(line.resendReply(Optional.empty(), 8)).isTrue();
        assertThat(line.resendReply(Optional.of("tab-1"), 9)).isTrue();
        assertThat(line.resendReply(Optional.of("tab-1"), 90)).isFalse();
    }

    @Test
    void aReplyThatWasAcknowledgedIsNotStored() {
        line.send(FrameWriter.reply(Optional.of("tab-1"), 7, Optional.empty()));
        stage.passes();
        line.onInboxAcked(1);

        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isFalse();
    }

    @Test
    void aNewerSocketReplacesTheOlderAndNothingIsLostBetween() {
        Position start = stage.topic("t").end();
        stage.publish("t", 1);
        stage.passes();
        stage.resume(line, second, 0, Map.of("t", at(start, 0)));
        stage.publish("t", 2);
        stage.passes();

        assertThat(first.closed).contains(CloseCode.REPLACED);
        assertThat(first.heard()).last().asString().contains("$bye", "4507");
        assertThat(second.values()).containsExactly("1", "2");

        line.onSocketClosed(connection, true);
        stage.passes();
        assertThat(line.isRemoved()).as("the older socket's end is nobody's").isFalse();
        assertThat(second.closed).isEmpty();
    }

    @Test
    void aSendOfTheOlderSocketThatEndsLateMeansNothing() {
        first.inline = false;
        stage.publish("t", 1);
        stage.passes();
        second.inline = false;
        stage.resume(line, second, 0, Map.of());
        first.finish(false);
        stage.passes();

        assertThat(second.closed).isEmpty();
        assertThat(second.messages).hasSize(1);
        second.finish(true);
    }

    @Test
    void aLineIsHeldForItsTimeAndNotLonger() {
        drop();
        stage.forward(Duration.ofMinutes(2));
        assertThat(line.isRemoved()).isFalse();

        stage.forward(Duration.ofSeconds(1));
        assertThat(line.isRemoved()).isTrue();
        assertThat(line.reserve()).isFalse();
        assertThat(stage.news.told).containsExactly("held", "gone");
    }

    @Test
    void aLineThatCameBackIsNotForgottenByTheOldTime() {
        drop();
        stage.forward(Duration.ofSeconds(119));
        LineConnection again = stage.resume(line, second, 0, Map.of());
        for (int i = 0; i < 200; i++) {
            again.onReceived();
            stage.forward(Duration.ofSeconds(1));
        }

        assertThat(line.isRemoved()).isFalse();
    }

    @Test
    void aLineThatIsBeingResumedIsNotForgotten() {
        drop();
        assertThat(line.reserve()).isTrue();
        stage.forward(Duration.ofMinutes(5));
        assertThat(line.isRemoved()).isFalse();

        stage.attach(line, second, new Line.Attachment(true, 0, Map.of(), Map.of(), "{}"));
        assertThat(second.welcome().getBoolean("resumed")).isTrue();
    }

    @Test
    void aLineThatEndedWhileItWasBeingResumedSendsItsBrowserBack() {
        assertThat(line.reserve()).isTrue();
        line.onClientBye();
        stage.passes();
        stage.attach(line, second, new Line.Attachment(true, 0, Map.of(), Map.of(), "{}"));

        assertThat(second.closed).contains(CloseCode.INTERNAL);
        assertThat(CloseCode.INTERNAL.comesBack()).isTrue();
    }

    @Test
    void aTopicThatTheBrowserNoLongerNamesIsLeft() {
        drop();
        stage.resume(line, second, 0, Map.of());
        stage.publish("t", 1);
        stage.passes();

        assertThat(second.values()).isEmpty();
        assertThat(second.welcome().getJsonObject("topics").keySet()).containsExactly("*");
    }

    @Test
    void aSocketClosedForGoodEndsTheLine() {
        line.onSocketClosed(connection, true);
        stage.passes();

        assertThat(line.isRemoved()).isTrue();
        assertThat(stage.news.told).containsExactly("gone");
    }

    @Test
    void aHeldLineCostsNoSends() {
        drop();
        stage.publish("t", 1000, 10);
        line.send("{\"n\":1}");
        stage.forward(Duration.ofSeconds(60));

        assertThat(first.heard()).hasSize(1);
        assertThat(stage.news.told).containsExactly("held");
    }

    @Test
    void aWordTooHighAboutTheInboxIsCutToWhatThereIs() {
        line.send("{\"n\":1}");
        stage.passes();
        drop();
        stage.resume(line, second, Long.MAX_VALUE, Map.of());
        line.send("{\"n\":2}");
        stage.passes();

        assertThat(second.welcome().getInt("inbox")).isEqualTo(1);
        assertThat(second.heard()).last().isEqualTo("{\"n\":2}");
    }

    private void drop() {
        line.onSocketClosed(connection, false);
        stage.passes();
    }

    private static Position at(Position start, long more) {
        return new Position(start.epoch(), start.offset() + more);
    }
}
