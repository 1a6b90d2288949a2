package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetainedMemoryTest {

    private final RetainedMemory memory = new RetainedMemory(8000);
    private final AtomicInteger trims = new AtomicInteger();

    @Test
    void trimIsRequestedOnceWhenTheBoundIsNear() {
        memory.onTrimRequested(trims::incrementAndGet);
        memory.add(7000);
        assertThat(trims).hasValue(0);
        assertThat(memory.isTrimNeeded()).isFalse();

        memory.add(1);
        memory.add(1);
        assertThat(trims).hasValue(1);
        assertThat(memory.isTrimNeeded()).isTrue();
        memory.onTrimmed();
        memory.add(-1);
        assertThat(trims).as("what frees memory requests nothing").hasValue(1);
        memory.add(1);
        assertThat(trims).hasValue(2);
    }

    @Test
    void boundIsFullWhenItIsReached() {
        memory.add(7999);
        assertThat(memory.isFull()).isFalse();
        memory.add(1);
        assertThat(memory.isFull()).isTrue();
        memory.add(-1);
        assertThat(memory.isFull()).isFalse();
    }

    @Test
    void textsBeyondLatin1AreWide() {
        assertThat(RetainedMemory.isWide("")).isFalse();
        assertThat(RetainedMemory.isWide("za\u00ff")).isFalse();
        assertThat(RetainedMemory.isWide("za\u0100")).isTrue();
        assertThat(RetainedMemory.messageBytes(10, true) - RetainedMemory.messageBytes(10, false)).isEqualTo(10);
        assertThat(RetainedMemory.messageBytes(Integer.MAX_VALUE, true)).isEqualTo(Integer.MAX_VALUE);
    }
}
