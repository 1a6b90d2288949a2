package dev.partyline.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LogThrottleTest {

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final LogThrottle throttle = new LogThrottle();

    @Test
    void firstIsLoggedAtOnceWhateverTheClockSays() {
        assertThat(throttle.onEvent(Long.MIN_VALUE + 1)).isEqualTo(1);
    }

    @Test
    void oneAMinuteIsLoggedWithTheNumberOfThoseThatWereNot() {
        throttle.onEvent(0);
        for (int i = 1; i < 1_000; i++) {
            assertThat(throttle.onEvent(i)).isZero();
        }
        assertThat(throttle.onEvent(MINUTE)).isEqualTo(1_000);
        assertThat(throttle.onEvent(MINUTE + 1)).isZero();
        assertThat(throttle.onEvent(3 * MINUTE)).isEqualTo(2);
    }
}
