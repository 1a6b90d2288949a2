package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessagePartsTest {

    private final MessageParts parts = new MessageParts(10);

    @Test
    void messageOfOnePartIsThatPart() {
        assertThat(parts.end("abc")).isEqualTo("abc");
    }

    @Test
    void partsAreJoinedAndTheNextMessageBeginsAnew() {
        parts.add("ab");
        parts.add("");
        parts.add("cd");

        assertThat(parts.end("ef")).isEqualTo("abcdef");
        assertThat(parts.end("gh")).isEqualTo("gh");
    }

    @Test
    void roomIsWhatTheMaximumLeavesAfterThePartsOfThisMessage() {
        assertThat(parts.hasRoomFor(10)).isTrue();
        assertThat(parts.hasRoomFor(11)).isFalse();
        parts.add("abcdef");
        assertThat(parts.hasRoomFor(4)).isTrue();
        assertThat(parts.hasRoomFor(5)).isFalse();
        parts.end("");
        assertThat(parts.hasRoomFor(10)).isTrue();
    }

    @Test
    void partsOfABinaryMessageAreCounted() {
        parts.addBinary(4);
        parts.addBinary(3);
        assertThat(parts.hasRoomFor(3)).isTrue();
        assertThat(parts.hasRoomFor(4)).isFalse();

        assertThat(parts.endBinary()).isEqualTo(7);
        assertThat(parts.endBinary()).isZero();
    }
}
