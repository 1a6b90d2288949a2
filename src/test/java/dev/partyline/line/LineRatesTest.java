package dev.partyline.line;

import static dev.partyline.line.RateLimiter.Decision.ALLOWED;
import static dev.partyline.line.RateLimiter.Decision.FLOOD;
import static dev.partyline.line.RateLimiter.Decision.REJECTED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineRatesTest {

    private static final int WINDOW = 16_000;

    private final LineRates rates = new LineRates(new RateLimits(10, 4, 1000, 5000), WINDOW, 0);

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
        assertThat(IntStream.range(0, 1000).mapToObj(i -> rates.onAnswer(60, i, 0))).containsOnly(ALLOWED);
        assertThat(rates.charsLeft(0)).isEqualTo(5000);
        assertThat(rates.onAnswer(20_000, 1000, 0)).isEqualTo(FLOOD);
    }

    @Test
    void answersThatNoMessageGaveCauseForAreLimited() {
        assertThat(IntStream.range(0, 16).mapToObj(i -> rates.onAnswer(16, 0, 0))).containsOnly(ALLOWED);
        assertThat(IntStream.range(0, 16).mapToObj(i -> rates.onAnswer(16, 0, 0))).last().isEqualTo(FLOOD);
        assertThat(rates.charsLeft(0)).isEqualTo(5000);
        assertThat(rates.messagesLeft(0)).isEqualTo(4);
    }

    @Test
    void everyMessageOfAFullWindowMayBeAnsweredAtOnceAndAfterAReconnectToo() {
        int messages = WINDOW / 16;
        assertThat(IntStream.range(0, messages).mapToObj(i -> rates.onAnswer(60, messages, 0))).containsOnly(ALLOWED);
        assertThat(IntStream.range(0, messages / 2).mapToObj(i -> rates.onAnswer(60, messages / 2, 0))).as("on another connection").containsOnly(ALLOWED);
        assertThat(IntStream.range(0, 32).mapToObj(i -> rates.onAnswer(60, messages / 2, 0))).last().isEqualTo(FLOOD);
    }

    @Test
    void whatMayBeAnsweredDoesNotGrowWithTheAgeOfAConnection() {
        int messages = WINDOW / 16;
        assertThat(IntStream.range(0, messages + 32).mapToObj(i -> rates.onAnswer(16, 1_000_000, 0))).last().isEqualTo(FLOOD);
    }
}
