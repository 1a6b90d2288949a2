package dev.partyline.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.connection.TrustedProxies;
import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.testing.LogCapture;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class ApiKeyGuardTest {

    private static final String RIGHT = "Bearer sesame";
    private static final String WRONG = "Bearer open";
    private static final int MAX_GUESSES = 3;

    private final AtomicLong now = new AtomicLong();
    private final Counters counters = new Counters();
    private final ApiKeyGuard guard = new ApiKeyGuard("sesame", MAX_GUESSES, TrustedProxies.of(Set.of()), counters, now::get);

    private void guess(String share, int times) {
        for (int i = 0; i < times; i++) {
            guard.check(WRONG, share);
        }
    }

    @Test
    void guessesOfAnAddressAreLimitedAndItsRightKeyIsRefusedTooUntilTheMinuteIsOver() {
        guess("a", MAX_GUESSES - 1);
        assertThat(guard.check(RIGHT, "a")).isEqualTo(ApiKeyGuard.Result.ALLOWED);
        guess("a", 1);
        assertThat(guard.check(RIGHT, "a")).isEqualTo(ApiKeyGuard.Result.BLOCKED);
        assertThat(guard.check(RIGHT, "b")).as("another address").isEqualTo(ApiKeyGuard.Result.ALLOWED);
        assertThat(counters.hits(Limit.API_KEY_GUESSES)).isEqualTo(1);

        now.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(guard.check(RIGHT, "a")).isEqualTo(ApiKeyGuard.Result.ALLOWED);
        assertThat(guard.check(WRONG, "a")).isEqualTo(ApiKeyGuard.Result.REJECTED);
    }

    @Test
    void requestWithoutAKeyIsNoGuess() {
        for (int i = 0; i < 10; i++) {
            for (String authorization : new String[] {null, "", "Bearer", "Bearer ", "Basic sesame", "sesame"}) {
                assertThat(guard.check(authorization, "a")).isEqualTo(ApiKeyGuard.Result.REJECTED);
            }
        }
        assertThat(guard.check(RIGHT, "a")).isEqualTo(ApiKeyGuard.Result.ALLOWED);
    }

    @Test
    void wrongKeysAreLoggedOnceAMinuteWithoutTheKey() {
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 100; i++) {
                guard.check(WRONG, "address-" + i);
            }
            now.addAndGet(Duration.ofMinutes(1).toNanos());
            guard.check(WRONG, "b");

            assertThat(log.messages(Level.WARNING)).hasSize(2).noneMatch(line -> line.contains("open"))
                .satisfiesExactly(line -> assertThat(line).contains("from address-0").endsWith(": 1"), line -> assertThat(line).contains("from b").endsWith(": 100"));
        }
    }

    @Test
    void manyAddressesTakeBoundedMemoryAndThePresentOneIsStillLimited() {
        for (int i = 0; i < 20_000; i++) {
            guard.check(WRONG, "address-" + i);
        }
        guess("a", MAX_GUESSES);
        assertThat(guard.check(WRONG, "a")).isEqualTo(ApiKeyGuard.Result.BLOCKED);
        assertThat(guard.check(WRONG, "address-0")).as("long forgotten").isEqualTo(ApiKeyGuard.Result.REJECTED);
    }

    @Test
    void nothingIsAllowedWhereNoKeyIsSet() {
        ApiKeyGuard closed = new ApiKeyGuard("", MAX_GUESSES, TrustedProxies.of(Set.of()), counters, now::get);

        for (String authorization : new String[] {null, "Bearer ", RIGHT}) {
            assertThat(closed.check(authorization, "a")).isEqualTo(ApiKeyGuard.Result.CLOSED);
        }
    }
}
