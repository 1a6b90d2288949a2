package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HandlerOptionsTest {

    private final HandlerOptions standard = HandlerOptions.standard();

    @Test
    void eachMethodReturnsOtherOptions() {
        HandlerOptions options = standard.within(Duration.ofMinutes(2)).parallel(4);

        assertThat(options.within()).contains(Duration.ofMinutes(2));
        assertThat(options.parallel()).isEqualTo(4);
        assertThat(options.isNonBlocking()).isFalse();
        assertThat(standard.within()).isEmpty();
        assertThat(standard.parallel()).isEqualTo(1);
        assertThat(standard.nonBlocking().within(Duration.ofSeconds(1)).isNonBlocking()).isTrue();
    }

    @Test
    void whatMakesNoSenseIsRefusedWithTheValue() {
        assertThatThrownBy(() -> standard.within(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class).hasMessage("within is PT0S, must be positive and at most 365 days");
        assertThatThrownBy(() -> standard.within(Duration.ofDays(366))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("PT8784H");
        assertThatThrownBy(() -> standard.parallel(0)).isInstanceOf(IllegalArgumentException.class).hasMessage("parallel is 0, must be positive");
        for (Runnable both : new Runnable[] {() -> standard.parallel(2).nonBlocking(), () -> standard.nonBlocking().parallel(2),
            () -> new HandlerRegistry().on("a", Object.class, Handler.nonBlocking(call -> null), standard.parallel(2))}) {
            assertThatThrownBy(both::run).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a handler that never blocks runs on the thread that reads the message, so parallel must be 1 and not 2");
        }
    }
}
