package dev.partyline.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

    private final LatencyHistogram histogram = new LatencyHistogram();

    @Test
    void durationBelongsToTheFirstBucketWhoseBoundItDoesNotExceed() {
        histogram.record(0);
        histogram.record(100_000);
        histogram.record(100_001);
        histogram.record(Duration.ofSeconds(1).toNanos());
        histogram.record(Duration.ofSeconds(10).toNanos());
        histogram.record(Duration.ofSeconds(10).toNanos() + 1);

        assertThat(histogram.counts()).containsExactly(2L, 1L, 0L, 0L, 1L, 1L, 1L);
    }

    @Test
    void totalIsTheSumOfAllDurations() {
        histogram.record(Duration.ofMillis(3).toNanos());
        histogram.record(Duration.ofSeconds(20).toNanos());

        assertThat(histogram.total()).isEqualTo(Duration.ofMillis(20_003));
    }
}
