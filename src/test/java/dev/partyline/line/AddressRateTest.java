package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Clock;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ten a second in the long run, and 30 at once. */
class AddressRateTest {

    private final Clock clock = new Clock();
    private final AddressRate rate = new AddressRate(10, 30, clock);

    private long allowed(String address, int times) {
        return IntStream.range(0, times).filter(i -> rate.tryAcquire(address)).count();
    }

    @Test
    void burstIsAllowedAndThenTheRate() {
        assertThat(allowed("192.0.2.1", 100)).isEqualTo(30);
        clock.forward(Duration.ofMillis(99));
        assertThat(allowed("192.0.2.1", 100)).isZero();
        clock.forward(Duration.ofMillis(1));
        assertThat(allowed("192.0.2.1", 100)).isEqualTo(1);
        clock.forward(Duration.ofSeconds(2));
        assertThat(allowed("192.0.2.1", 100)).isEqualTo(20);
        clock.forward(Duration.ofDays(1));
        assertThat(allowed("192.0.2.1", 100)).isEqualTo(30);
    }

    @Test
    void anotherAddressHasItsOwn() {
        allowed("192.0.2.1", 100);
        long others = IntStream.range(2, 200).filter(i -> rate.tryAcquire("192.0.2." + i)).count();

        assertThat(others).as("of 198, of which one may share the bucket").isGreaterThanOrEqualTo(195);
    }
}
