package dev.partyline.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.Statistics;
import dev.partyline.Statistics.EventLoops;
import dev.partyline.Statistics.HandlerLatency;
import dev.partyline.Statistics.Memory;
import dev.partyline.Statistics.Received;
import dev.partyline.Statistics.Sent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsServletTest {

    private static final Statistics STATISTICS = new Statistics(4, 1, 10, 3, 2, 6, new Received(11, 12, 13, 14, 15), new Sent(21, 22, 23, 24, 25),
        new EventLoops(31, Duration.ofMillis(3200), Duration.ofMillis(33)), new Memory(51, 52, 53),
        Map.of("partyline.lines", 41L, "partyline.rate", 42L),
        Map.of("echo", new HandlerLatency(List.of(Duration.ofNanos(100_000), Duration.ofMillis(1), Duration.ofSeconds(10)), List.of(1L, 2L, 3L, 4L), Duration.ofMillis(1500)),
            "*", new HandlerLatency(List.of(Duration.ofSeconds(1)), List.of(0L, 0L), Duration.ZERO)));

    private static String text(Statistics statistics) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            MetricsServlet.write(statistics, out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Dashboards and alerts use these names: a change of one belongs in CHANGELOG.md. */
    @Test
    void everyValueOfTheSnapshotIsExposedUnderItsName() {
        assertThat(text(STATISTICS).lines().filter(line -> !line.startsWith("# HELP"))).containsExactly("""
            # TYPE partyline_batches_out_total counter
            partyline_batches_out_total 21.0
            # TYPE partyline_chars_in_total counter
            partyline_chars_in_total 12.0
            # TYPE partyline_chars_out_total counter
            partyline_chars_out_total 23.0
            # TYPE partyline_event_loop_busy_seconds_total counter
            partyline_event_loop_busy_seconds_total 3.2
            # TYPE partyline_event_loop_iterations_total counter
            partyline_event_loop_iterations_total 31.0
            # TYPE partyline_event_loop_lag_max_seconds gauge
            partyline_event_loop_lag_max_seconds 0.033
            # TYPE partyline_faults_total counter
            partyline_faults_total 13.0
            # TYPE partyline_frames_out_total counter
            partyline_frames_out_total 22.0
            # TYPE partyline_gaps_total counter
            partyline_gaps_total 24.0
            # TYPE partyline_handler_seconds histogram
            partyline_handler_seconds_bucket{type="*",le="1.0"} 0
            partyline_handler_seconds_bucket{type="*",le="+Inf"} 0
            partyline_handler_seconds_count{type="*"} 0
            partyline_handler_seconds_sum{type="*"} 0.0
            partyline_handler_seconds_bucket{type="echo",le="1.0E-4"} 1
            partyline_handler_seconds_bucket{type="echo",le="0.001"} 3
            partyline_handler_seconds_bucket{type="echo",le="10.0"} 6
            partyline_handler_seconds_bucket{type="echo",le="+Inf"} 10
            partyline_handler_seconds_count{type="echo"} 10
            partyline_handler_seconds_sum{type="echo"} 1.5
            # TYPE partyline_handler_threads_hung gauge
            partyline_handler_threads_hung 6.0
            # TYPE partyline_handlers_running gauge
            partyline_handlers_running 2.0
            # TYPE partyline_inbound_bytes gauge
            partyline_inbound_bytes 53.0
            # TYPE partyline_limit_hits_total counter
            partyline_limit_hits_total{limit="partyline.lines"} 41.0
            partyline_limit_hits_total{limit="partyline.rate"} 42.0
            # TYPE partyline_lines gauge
            partyline_lines 4.0
            # TYPE partyline_lines_held gauge
            partyline_lines_held 1.0
            # TYPE partyline_messages_in_total counter
            partyline_messages_in_total 11.0
            # TYPE partyline_over_rate_total counter
            partyline_over_rate_total 14.0
            # TYPE partyline_refusals_total counter
            partyline_refusals_total 15.0
            # TYPE partyline_retained_bytes gauge
            partyline_retained_bytes 51.0
            # TYPE partyline_retained_max_bytes gauge
            partyline_retained_max_bytes 52.0
            # TYPE partyline_slow_closes_total counter
            partyline_slow_closes_total 25.0
            # TYPE partyline_tabs gauge
            partyline_tabs 10.0
            # TYPE partyline_tabs_per_line gauge
            partyline_tabs_per_line 2.5
            # TYPE partyline_topics gauge
            partyline_topics 3.0""".split("\n"));
    }

    @Test
    void serverWithoutLinesHasNoTabsPerLine() {
        Statistics none = new Statistics(0, 0, 0, 0, 0, 0, new Received(0, 0, 0, 0, 0), new Sent(0, 0, 0, 0, 0), new EventLoops(0, Duration.ZERO, Duration.ZERO), new Memory(0, 1, 0),
            Map.of(), Map.of());

        assertThat(text(none)).contains("\npartyline_tabs_per_line 0.0\n");
    }
}
