package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineStateTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource(textBlock = """
        # state    reserve    attach    detach    close     expire     remove
        RESERVED,  RESERVED,  ATTACHED, RESERVED, REMOVED,  RESERVED,  REMOVED
        ATTACHED,  REPLACING, ATTACHED, HELD,     REMOVED,  ATTACHED,  REMOVED
        REPLACING, REPLACING, ATTACHED, RESERVED, RESERVED, REPLACING, REMOVED
        HELD,      RESERVED,  ATTACHED, HELD,     REMOVED,  REMOVED,   REMOVED
        REMOVED,   REMOVED,   REMOVED,  REMOVED,  REMOVED,  REMOVED,   REMOVED
        """)
    void eventLeadsToTheStateOfTheTable(LineState state, LineState reserved, LineState attached, LineState detached, LineState closed, LineState expired, LineState removed) {
        assertThat(state.reserve()).isEqualTo(reserved);
        assertThat(state.attach()).isEqualTo(attached);
        assertThat(state.detach()).isEqualTo(detached);
        assertThat(state.close()).isEqualTo(closed);
        assertThat(state.expire()).isEqualTo(expired);
        assertThat(state.remove()).isEqualTo(removed);
    }

    @ParameterizedTest
    @CsvSource({"RESERVED, HELD, REMOVED", "ATTACHED, ATTACHED, ATTACHED", "REPLACING, REPLACING, REPLACING", "HELD, HELD, HELD", "REMOVED, REMOVED, REMOVED"})
    void reservationEndsInOneStateOnly(LineState state, LineState released, LineState expired) {
        assertThat(state.releaseReservation()).isEqualTo(released);
        assertThat(state.expireReservation()).isEqualTo(expired);
    }
}
