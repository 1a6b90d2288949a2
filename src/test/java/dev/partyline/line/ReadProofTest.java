package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadProofTest {

    private static final int MAX_BYTES = 1000;
    private static final int MAX_FRAMES = 10;

    private final FakeTraffic traffic = new FakeTraffic();
    private final ReadProof proof = new ReadProof(Optional.of(traffic), MAX_BYTES, MAX_FRAMES);

    @Test
    void messageFitsBesideAllThatTheContainerHasWritten() {
        traffic.bytesSent = 900;
        assertThat(proof.fits(0, 100, true)).isTrue();
        assertThat(proof.fits(0, 101, true)).isFalse();
    }

    @Test
    void framesTakeRoomHoweverShortTheyAre() {
        traffic.framesSent = 9;
        assertThat(proof.fits(0, 1, true)).isTrue();
        traffic.framesSent = 10;
        assertThat(proof.fits(0, 1, true)).isFalse();
    }

    @Test
    void textIsSplitIntoFrames() {
        traffic.framesSent = 9;
        assertThat(proof.fits(0, 511, false)).isTrue();
        assertThat(proof.fits(0, 512, false)).as("two frames").isFalse();
        assertThat(proof.fits(0, 512, true)).as("one frame").isTrue();
    }

    @Test
    void whatIsSentCountsBeforeTheContainerCountsIt() {
        assertThat(proof.fits(900, 101, true)).isFalse();
    }

    @Test
    void pongsOfTheContainerCount() {
        traffic.answerPings(11);
        assertThat(proof.fits(0, 1, true)).isFalse();
    }

    @Test
    void pongProvesWhatWasWrittenBeforeItsPing() {
        traffic.bytesSent = 600;
        traffic.framesSent = 6;
        assertThat(proof.isPingDue(600)).isTrue();
        ByteBuffer ping = proof.newPing(600);
        assertThat(proof.isPingDue(600)).as("one at a time").isFalse();
        traffic.bytesSent = 1000;
        traffic.framesSent = 8;
        assertThat(proof.fits(1000, 1, true)).isFalse();

        assertThat(proof.onPong(ping)).hasValue(600);
        assertThat(proof.fits(1000, 600, true)).isTrue();
        assertThat(proof.fits(1000, 601, true)).isFalse();
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
        ReadProof unknown = new ReadProof(Optional.empty(), MAX_BYTES, MAX_FRAMES);
        assertThat(unknown.isTrafficKnown()).isFalse();
        assertThat(unknown.fits(0, 1, true)).isFalse();
        assertThat(unknown.isPingDue(1_000_000)).isFalse();
        assertThat(unknown.onPong(unknown.newPing(7))).hasValue(7);
    }
}
