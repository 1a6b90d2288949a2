package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InboundMemoryTest {

    private final InboundMemory memory = new InboundMemory(800);

    @Test
    void oneOwnerHasAShare() {
        assertThat(memory.tryAdd("address a", 60)).isTrue();
        assertThat(memory.tryAdd("address a", 60)).isFalse();
        assertThat(memory.tryAdd("address a", 40)).isTrue();
        assertThat(memory.tryAdd("address b", 100)).isTrue();
        assertThat(memory.bytes()).isEqualTo(200);

        memory.remove("address a", 60);
        assertThat(memory.tryAdd("address a", 60)).isTrue();
    }

    @Test
    void allTogetherAreBounded() {
        for (int i = 0; i < 8; i++) {
            assertThat(memory.tryAdd("address " + i, 100)).isTrue();
        }
        assertThat(memory.tryAdd("address 8", 1)).isFalse();

        memory.remove("address 0", 100);
        assertThat(memory.tryAdd("address 8", 1)).isTrue();
        assertThat(memory.bytes()).isEqualTo(701);
    }
}
