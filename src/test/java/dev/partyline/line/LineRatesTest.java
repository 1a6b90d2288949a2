package dev.partyline.line;

import static dev.partyline.line.RateLimiter.Decision.ALLOWED;
import static dev.partyline.line.RateLimiter.Decision.FLOOD;
import static dev.partyline.line.RateLimiter.Decision.REJECTED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineRatesTest {

    private final LineRates rates = new LineRates(new RateLimits(10, 4, 1000, 5000), 0);

    @Test
    void charactersAreLimitedBesideMessages() {
        assertThat(rates.onMessage(5000, 0)).isEqualTo(ALLOWED);
        assertThat(rates.onMessage(1, 0)).isEqualTo(REJECTED);
        assertThat(rates.messagesLeft(0)).isEqualTo(2);
        assertThat(rates.charsLeft(0)).isEqualTo(-1);
        assertThat(rates.onMessage(6000, 0)).isEqualTo(FLOOD);
    }

    @Test
    void controlFramesHaveALargerBurstAndShareTheCharacters() {
        assertThat(IntStream.range(0, 16).mapToObj(i -> rates.onControlFrame(100, 0))).containsOnly(ALLOWED);
        assertThat(rates.onControlFrame(100, 0)).isEqualTo(REJECTED);
        assertThat(rates.charsLeft(0)).isEqualTo(5000 - 1700);
        assertThat(rates.messagesLeft(0)).isEqualTo(4);
    }

    @Test
    void acknowledgementsCostNothingUnlessTheyCarryMore() {
        assertThat(IntStream.range(0, 1000).mapToObj(i -> rates.onAnswer(60, 0))).containsOnly(ALLOWED);
        assertThat(rates.charsLeft(0)).isEqualTo(5000);
        assertThat(rates.onAnswer(20_000, 0)).isEqualTo(FLOOD);
    }
}
