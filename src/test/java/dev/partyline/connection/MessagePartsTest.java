package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.line.InboundMemory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MessagePartsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final InboundMemory memory = new InboundMemory(8 * 40_000);
    private final MessageParts parts = parts(10);

    private MessageParts parts(int maxChars) {
        return new MessageParts(maxChars, memory, () -> "address a");
    }

    @Test
    void messageOfOnePartIsThatPart() {
        assertThat(parts.end("abc")).isEqualTo("abc");
    }

    @Test
    void partsAreJoinedAndTheNextMessageBeginsAnew() {
        parts.add("ab", 0);
        parts.add("", 0);
        parts.add("cd", 0);

        assertThat(parts.end("ef")).isEqualTo("abcdef");
        assertThat(parts.end("gh")).isEqualTo("gh");
    }

    @Test
    void roomIsWhatTheMaximumLeavesAfterThePartsOfThisMessage() {
        assertThat(parts.hasRoomFor(10)).isTrue();
        assertThat(parts.hasRoomFor(11)).isFalse();
        parts.add("abcdef", 0);
        assertThat(parts.hasRoomFor(4)).isTrue();
        assertThat(parts.hasRoomFor(5)).isFalse();
        parts.end("");
        assertThat(parts.hasRoomFor(10)).isTrue();
    }

    @Test
    void partsOfABinaryMessageAreCounted() {
        parts.addBinary(4, 0);
        parts.addBinary(3, 0);
        assertThat(parts.hasRoomFor(3)).isTrue();
        assertThat(parts.hasRoomFor(4)).isFalse();

        assertThat(parts.endBinary()).isEqualTo(7);
        assertThat(parts.endBinary()).isZero();
    }

    @Test
    void incompleteMessageTakesMemoryUntilItEnds() {
        MessageParts large = parts(100_000);
        assertThat(large.add("x".repeat(10_000), 0)).isTrue();
        assertThat(memory.bytes()).isBetween(20_000L, 40_000L);

        large.end("x");
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void partIsRefusedBeyondTheShareAndTheShareIsFreeAfterTheEndOfTheConnection() {
        MessageParts one = parts(100_000);
        MessageParts other = parts(100_000);
        assertThat(one.add("x".repeat(10_000), 0)).isTrue();
        assertThat(other.add("x".repeat(10_000), 0)).isFalse();

        one.discard();
        assertThat(other.add("x", 0)).isTrue();
        other.discard();
        assertThat(memory.bytes()).isZero();
        assertThat(other.add("x", 0)).as("a part that comes with the close").isFalse();
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void ageIsCountedFromTheFirstPart() {
        assertThat(parts.isOlderThan(MINUTE, Long.MAX_VALUE)).isFalse();
        parts.add("a", 5);
        parts.add("b", MINUTE.toNanos());
        assertThat(parts.isOlderThan(MINUTE, MINUTE.toNanos() + 5)).isFalse();
        assertThat(parts.isOlderThan(MINUTE, MINUTE.toNanos() + 6)).isTrue();

        parts.end("");
        assertThat(parts.isOlderThan(MINUTE, Long.MAX_VALUE)).isFalse();
    }

    /** As containers deliver it, a part may be empty. */
    @Test
    void messageThatBeganWithAnEmptyPartIsOverAtItsEnd() {
        parts.add("", 0);
        assertThat(parts.end("a")).isEqualTo("a");

        assertThat(parts.isOlderThan(MINUTE, Long.MAX_VALUE)).isFalse();
    }
}
