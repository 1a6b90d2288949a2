package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.FrameWriter;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests and stored replies, which any thread may ask a line about. */
class LineTest {

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();
    private final Line line = fixture.open(socket);

    @AfterEach
    void nothingIsInFlight() {
        fixture.assertNothingInFlight();
    }

    @Test
    void requestIdIsAcceptedOnceAndMustRise() {
        assertThat(line.acceptRequest(1)).isTrue();
        assertThat(line.acceptRequest(1)).isFalse();
        assertThat(line.acceptRequest(5)).isTrue();
        assertThat(line.acceptRequest(3)).isFalse();
    }

    @Test
    void storedReplyIsSentAgainUnchanged() {
        String reply = FrameWriter.reply(Optional.of("tab-1"), 7, Optional.of("{\"x\":1}"));
        answer(71, FrameWriter.reply(Optional.of("tab-1"), 71, Optional.empty()));
        answer(7, reply);
        answer(72, FrameWriter.reply(Optional.of("tab-2"), 72, Optional.empty()));
        fixture.runAll();
        socket.newFrames();

        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isTrue();
        fixture.runAll();
        assertThat(socket.newFrames()).containsExactly(reply);
        assertThat(line.resendReply(Optional.of("tab-2"), 7)).as("the reply of another tab").isFalse();
    }

    @Test
    void replyThatWasSentAgainIsStoredAsLongAsItsLastCopy() {
        String reply = FrameWriter.reply(Optional.of("tab-1"), 7, Optional.empty());
        answer(7, reply);
        line.resendReply(Optional.of("tab-1"), 7);
        fixture.runAll();
        line.onInboxAcked(1);

        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isTrue();
        fixture.runAll();
        line.onInboxAcked(3);
        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isFalse();
    }

    @Test
    void emptyRepliesAndErrorsAreStored() {
        answer(8, FrameWriter.reply(Optional.empty(), 8, Optional.empty()));
        answer(9, FrameWriter.error(Optional.of("tab-1"), OptionalLong.of(9), "failed", "x", false));

        assertThat(line.resendReply(Optional.empty(), 8)).isTrue();
        assertThat(line.resendReply(Optional.of("tab-1"), 9)).isTrue();
        assertThat(line.resendReply(Optional.of("tab-1"), 90)).isFalse();
    }

    @Test
    void acknowledgedReplyIsNotStored() {
        answer(7, FrameWriter.reply(Optional.of("tab-1"), 7, Optional.empty()));
        fixture.runAll();
        line.onInboxAcked(1);

        assertThat(line.resendReply(Optional.of("tab-1"), 7)).isFalse();
    }

    @Test
    void ackDropsTheAcknowledgedFramesAndNoOthers() {
        for (int i = 0; i < 3; i++) {
            line.send("{\"from\":\"a\",\"re\":" + i + "}");
        }
        fixture.runAll();
        line.onInboxAcked(2);

        assertThat(line.inboxChars()).isEqualTo("{\"from\":\"a\",\"re\":2}".length());
    }

    private void answer(long request, String reply) {
        line.answer(OptionalLong.of(request), reply);
    }
}
