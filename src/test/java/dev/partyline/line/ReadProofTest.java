package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadProofTest {

    private static final int MAX_BYTES = 1000;
    private static final int MAX_FRAMES = 10;
    private static final int PING_BYTES = 8;

    private final FakeTraffic traffic = new FakeTraffic();
    private final ReadProof proof = new ReadProof(Optional.of(traffic), MAX_BYTES, MAX_FRAMES, 1);

    @Test
    void messageFitsBesideAllThatTheContainerHasWrittenAndAPing() {
        traffic.bytesSent = 900;
        assertThat(proof.fits(0, 100 - PING_BYTES, true)).isTrue();
        assertThat(proof.fits(0, 101 - PING_BYTES, true)).isFalse();
        assertThat(proof.pingFits(0)).isTrue();
        traffic.bytesSent = 1001 - PING_BYTES;
        assertThat(proof.pingFits(0)).isFalse();
    }

    @Test
    void framesTakeRoomHoweverShortTheyAre() {
        traffic.framesSent = 8;
        assertThat(proof.fits(0, 1, true)).isTrue();
        traffic.framesSent = 9;
        assertThat(proof.fits(0, 1, true)).isFalse();
        assertThat(proof.pingFits(0)).isTrue();
        traffic.framesSent = 10;
        assertThat(proof.pingFits(0)).isFalse();
    }

    @Test
    void textIsSplitIntoFrames() {
        traffic.framesSent = 8;
        assertThat(proof.fits(0, 511, false)).isTrue();
        assertThat(proof.fits(0, 512, false)).as("two frames").isFalse();
        assertThat(proof.fits(0, 512, true)).as("one frame").isTrue();
    }

    @Test
    void whatIsSentCountsBeforeTheContainerCountsIt() {
        assertThat(proof.fits(900, 101, true)).isFalse();
        assertThat(proof.pingFits(1000)).isFalse();
    }

    @Test
    void pongsOfTheContainerCount() {
        traffic.answerPings(11);
        assertThat(proof.fits(0, 1, true)).isFalse();
    }

    @Test
    void pingIsDueOnceTwoMoreMessagesDoNotFit() {
        traffic.bytesSent = 400;
        traffic.framesSent = 5;
        assertThat(proof.isPingDue(400, 296, true)).isFalse();
        assertThat(proof.isPingDue(400, 297, true)).isTrue();
        traffic.framesSent = 7;
        assertThat(proof.isPingDue(400, 1, true)).isFalse();
        traffic.framesSent = 8;
        assertThat(proof.isPingDue(400, 1, true)).isTrue();
        traffic.bytesSent = 0;
        traffic.framesSent = 5;
        assertThat(proof.isPingDue(0, 490, false)).isFalse();
        assertThat(proof.isPingDue(0, 512, false)).as("two frames each, and more bytes than there is room").isTrue();
    }

    @Test
    void connectionsArePingedAtDifferentTimes() {
        ReadProof early = new ReadProof(Optional.of(traffic), MAX_BYTES, MAX_FRAMES, 0.5);
        traffic.bytesSent = 300;
        assertThat(early.isPingDue(300, 100, true)).isTrue();
        assertThat(early.fits(300, 1000 - 300 - PING_BYTES, true)).as("of what fits, all").isTrue();
        assertThat(proof.isPingDue(300, 100, true)).isFalse();
    }

    @Test
    void pingFitsAfterEachMessageThatFits() {
        for (int length = 1; length < MAX_BYTES; length += 7) {
            FakeTraffic written = new FakeTraffic();
            ReadProof asked = new ReadProof(Optional.of(written), MAX_BYTES, MAX_FRAMES, 1);
            while (asked.fits(written.bytesSent, length, false)) {
                written.bytesSent += length;
                written.framesSent += written.framesOfText(length);
            }
            assertThat(asked.pingFits(written.bytesSent)).as("after messages of %d", length).isTrue();
        }
    }

    @Test
    void pongProvesWhatWasWrittenBeforeItsPing() {
        traffic.bytesSent = 600;
        traffic.framesSent = 6;
        assertThat(proof.isPingDue(600, 600, true)).isTrue();
        ByteBuffer ping = proof.newPing(600);
        assertThat(proof.isPingDue(600, 600, true)).as("one at a time").isFalse();
        traffic.bytesSent = 1000;
        traffic.framesSent = 8;
        assertThat(proof.fits(1000, 1, true)).isFalse();

        assertThat(proof.onPong(ping)).hasValue(600);
        assertThat(proof.fits(1000, 600 - PING_BYTES, true)).isTrue();
        assertThat(proof.fits(1000, 601 - PING_BYTES, true)).isFalse();
        assertThat(proof.isPinging()).isFalse();
    }

    @Test
    void pongThatAnswersNoPingProvesNothing() {
        traffic.bytesSent = 1000;
        assertThat(proof.onPong(ByteBuffer.allocate(8))).as("before any ping").isEmpty();
        ByteBuffer ping = proof.newPing(1000);
        assertThat(proof.onPong(ByteBuffer.allocate(0))).isEmpty();
        assertThat(proof.onPong(ByteBuffer.allocate(8))).isEmpty();
        assertThat(proof.onPong(ByteBuffer.allocate(9).put(ping.duplicate()).rewind())).isEmpty();
        assertThat(proof.fits(1000, 1, true)).isFalse();

        assertThat(proof.onPong(ping.duplicate())).hasValue(1000);
        assertThat(proof.onPong(ping)).as("the same once more").isEmpty();
    }

    @Test
    void payloadsAreNotAlike() {
        ByteBuffer first = proof.newPing(0).duplicate();
        proof.onPong(first.duplicate());
        assertThat(proof.newPing(0)).isNotEqualTo(first);
    }

    @Test
    void nothingFitsForCertainWhereTheContainerTellsNothing() {
        ReadProof unknown = new ReadProof(Optional.empty(), MAX_BYTES, MAX_FRAMES, 1);
        assertThat(unknown.isTrafficKnown()).isFalse();
        assertThat(unknown.fits(0, 1, true)).isFalse();
        assertThat(unknown.pingFits(0)).isFalse();
        assertThat(unknown.isPingDue(1_000_000, 1, true)).isFalse();
        assertThat(unknown.onPong(unknown.newPing(7))).hasValue(7);
    }
}
