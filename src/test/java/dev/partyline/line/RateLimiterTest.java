package dev.partyline.line;

import static dev.partyline.line.RateLimiter.Decision.ALLOWED;
import static dev.partyline.line.RateLimiter.Decision.FLOOD;
import static dev.partyline.line.RateLimiter.Decision.REJECTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Ten messages a second in the long run, and four at once. */
class RateLimiterTest {

    private final Clock clock = new Clock();
    private final RateLimiter limit = new RateLimiter(10, 4, clock.getAsLong());

    private List<RateLimiter.Decision> take(int times) {
        return Stream.generate(() -> limit.tryAcquire(1, clock.getAsLong())).limit(times).toList();
    }

    @Test
    void burstIsAllowedAndNotOneMore() {
        assertThat(take(5)).containsExactly(ALLOWED, ALLOWED, ALLOWED, ALLOWED, REJECTED);
    }

    @Test
    void clientThatKeepsToTheRateIsNeverRejected() {
        take(4);
        for (int second = 0; second < 100; second++) {
            clock.forward(Duration.ofMillis(100));
            assertThat(take(1)).as("message %d", second).containsExactly(ALLOWED);
        }
    }

    @Test
    void unusedTokensAreKeptUpToABurst() {
        clock.forward(Duration.ofDays(300));

        assertThat(take(5)).containsExactly(ALLOWED, ALLOWED, ALLOWED, ALLOWED, REJECTED);
    }

    @Test
    void clientThatWaitsAfterARejectionIsAllowedAgain() {
        assertThat(take(6)).endsWith(REJECTED, REJECTED);
        clock.forward(Duration.ofMillis(299));
        assertThat(take(1)).as("what was refused counts too").containsExactly(REJECTED);
        clock.forward(Duration.ofMillis(201));

        assertThat(take(1)).containsExactly(ALLOWED);
    }

    @Test
    void clientThatGoesOnRegardlessIsAFloodUntilItPauses() {
        assertThat(take(8)).containsExactly(ALLOWED, ALLOWED, ALLOWED, ALLOWED, REJECTED, REJECTED, REJECTED, FLOOD);
        assertThat(take(1000)).containsOnly(FLOOD);

        clock.forward(Duration.ofMillis(500));
        assertThat(take(1)).as("its debt has a bottom").containsExactly(ALLOWED);
    }

    @Test
    void amountsAreTakenAtOnce() {
        assertThat(limit.tryAcquire(3, clock.getAsLong())).isEqualTo(ALLOWED);
        assertThat(limit.left(clock.getAsLong())).isEqualTo(1);
        assertThat(limit.tryAcquire(2, clock.getAsLong())).isEqualTo(REJECTED);
        assertThat(limit.left(clock.getAsLong())).isEqualTo(-1);
        assertThat(limit.tryAcquire(1000, clock.getAsLong())).isEqualTo(FLOOD);
        clock.forward(Duration.ofMillis(500));
        assertThat(limit.left(clock.getAsLong())).isEqualTo(1);
    }

    @Test
    void oneMessageASecondIsARateToo() {
        RateLimiter slow = new RateLimiter(1, 1, clock.getAsLong());
        assertThat(slow.tryAcquire(1, clock.getAsLong())).isEqualTo(ALLOWED);
        clock.forward(Duration.ofMillis(500));
        assertThat(slow.tryAcquire(1, clock.getAsLong())).isEqualTo(REJECTED);
        clock.forward(Duration.ofMillis(1500));
        assertThat(slow.tryAcquire(1, clock.getAsLong())).isEqualTo(ALLOWED);
    }
}
