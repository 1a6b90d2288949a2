package dev.partyline.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class CountersTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Counters counters = new Counters(now::get);

    @Test
    void limitIsLoggedOnceAMinuteWithTheNumberOfHits() {
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 1000; i++) {
                counters.hit(Limit.LINES, "192.0.2.1");
            }
            counters.hit(Limit.TABS, "line 7");
            assertThat(log.messages(Level.INFO)).containsExactly("limit reached: partyline.lines, by 192.0.2.1; 1 times since the last message about it",
                "limit reached: partyline.tabs, by line 7; 1 times since the last message about it");

            now.addAndGet(Duration.ofMinutes(1).toNanos());
            counters.hit(Limit.LINES, "192.0.2.2");
            assertThat(log.messages(Level.INFO)).last().isEqualTo("limit reached: partyline.lines, by 192.0.2.2; 1,000 times since the last message about it");
        }
        assertThat(counters.hits(Limit.LINES)).isEqualTo(1001);
        assertThat(counters.hits(Limit.TOPICS)).isZero();
    }

    @Test
    void nameOfAClientForgesNoLineOfTheLog() {
        try (LogCapture log = new LogCapture()) {
            counters.hit(Limit.LINES_PER_USER, "ann\nWARNING: forged\r\u2028\u0085\u202e" + "x".repeat(1000));

            assertThat(log.messages(Level.INFO)).hasSize(1).allSatisfy(line -> assertThat(line).contains("ann?WARNING: forged????x").doesNotContain("\n", "\r").hasSizeLessThan(300));
        }
    }
}
