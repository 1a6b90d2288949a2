package dev.partyline.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentMaximumTest {

    private final Clock clock = new Clock();
    private final RecentMaximum maximum = new RecentMaximum();

    private void forward(int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.forward(Duration.ofSeconds(1));
            maximum.tick(clock.getAsLong());
        }
    }

    @Test
    void largestValueCounts() {
        maximum.record(3);
        maximum.record(7);
        maximum.record(5);

        assertThat(maximum.get()).isEqualTo(7);
    }

    @Test
    void valueIsReportedForTenSecondsAtLeastAndTwentyAtMost() {
        maximum.tick(clock.getAsLong());
        forward(9);
        maximum.record(7);

        forward(10);
        maximum.record(5);
        assertThat(maximum.get()).isEqualTo(7);

        forward(1);
        assertThat(maximum.get()).isEqualTo(5);
    }
}
