package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineLimitsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 0, 1", "1, 1, -1"})
    void flowLimitsMustBePositive(int window, int syncSend, int batch) {
        assertThatIllegalArgumentException().isThrownBy(() -> new FlowLimits(window, syncSend, batch))
            .withMessage("windowChars is " + window + ", syncSendChars is " + syncSend + " and batchChars is " + batch + ", each must be positive");
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT1S, PT1S", "PT1S, -PT1S, PT1S", "PT1S, PT1S, PT0S"})
    void timeoutsMustBePositive(Duration send, Duration silence, Duration keepAlive) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Timeouts(send, silence, keepAlive))
            .withMessage("send is " + send + ", silence is " + silence + " and keepAlive is " + keepAlive + ", each must be positive");
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, 1, 1, 1, 1", "1, 0, 1, 1, 1, 1, 1", "1, 1, 0, 1, 1, 1, 1", "1, 1, 1, 0, 1, 1, 1", "1, 1, 1, 1, 0, 1, 1", "1, 1, 1, 1, 1, 0, 1", "1, 1, 1, 1, 1, 1, 0"})
    void quotasMustBePositive(int lines, int perUser, int perAddress, int newPerAddress, int sockets, int tabs, int topics) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Quotas(lines, perUser, perAddress, newPerAddress, sockets, tabs, topics)).withMessageEndingWith("each must be positive");
    }

    /** Otherwise replies that are not acknowledged leave the inbox, and are lost if the connection drops. */
    @ParameterizedTest
    @CsvSource({"512, 96", "192, 96", "64, 32", "2, 1", "1, 1"})
    void clientAcknowledgesBeforeTheInboxIsFull(int messages, int every) {
        assertThat(new InboxLimits(messages, 1).ackMessages()).isEqualTo(every);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, 1", "1, 0, 1, 1", "1, 1, 0, 1", "1, 1, 1, 0"})
    void ratesMustBePositive(int perSecond, int burst, int charsPerSecond, int charsBurst) {
        assertThatIllegalArgumentException().isThrownBy(() -> new RateLimits(perSecond, burst, charsPerSecond, charsBurst)).withMessageEndingWith("each must be positive");
    }

    @Test
    void allLinesOfAnAddressMayComeBackAtOnce() {
        assertThat(new Quotas(1, 1, 200, 50, 1, 1, 1).newLinesBurst()).isEqualTo(500);
        assertThat(new Quotas(1, 1, 5000, 50, 1, 1, 1).newLinesBurst()).isEqualTo(5000);
    }

    @Test
    void limitsOfInboxesAndOfHeldLinesMustBePositive() {
        assertThatIllegalArgumentException().isThrownBy(() -> new InboxLimits(0, 1)).withMessage("messages is 0 and chars is 1, both must be positive");
        assertThatIllegalArgumentException().isThrownBy(() -> new InboxLimits(1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new HoldLimits(Duration.ZERO, 1, 1)).withMessage("time is PT0S, lines is 1 and chars is 1, each must be positive");
        assertThatIllegalArgumentException().isThrownBy(() -> new HoldLimits(SECOND, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new HoldLimits(SECOND, 1, 0));
    }

    @Test
    void clientAcknowledgesAfterAQuarterOfTheWindow() {
        assertThat(new FlowLimits(262_144, 16_384, 65_536).ackChars()).isEqualTo(65_536);
        assertThat(new FlowLimits(80_000, 65_536, 65_536).ackChars()).isEqualTo(20_000);
        assertThat(new FlowLimits(1, 1, 1).ackChars()).isEqualTo(1);
    }

    @Test
    void clientHasTimeForTwoPingsBeforeItCountsAsDead() {
        assertThat(new Timeouts(SECOND, Duration.ofSeconds(35), SECOND).clientPing()).isEqualTo(Duration.ofSeconds(20));
    }
}
