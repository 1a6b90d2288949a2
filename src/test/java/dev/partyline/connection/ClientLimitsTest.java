package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.Quotas;
import dev.partyline.line.Timeouts;
import dev.partyline.wire.JsonLimits;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientLimitsTest {

    private static final JsonLimits JSON = new JsonLimits(32, 40, 1000);
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void welcomeHasTheLimitsThatAClientMustKnow() {
        LineLimits line = new LineLimits(new FlowLimits(262_144, 16_384, 65_536), new Timeouts(SECOND, SECOND, SECOND), new Quotas(50_000, 20, 200, 64, 128), new InboxLimits(512, 1 << 20),
            new HoldLimits(SECOND, 1, 1));
        ClientLimits limits = new ClientLimits(line, new MessageLimits(65_536, 127, JSON, 50, 100), new AdmissionRules(Set.of(), Set.of(), false, true, SECOND, SECOND));

        assertThat(limits.toJson()).isEqualTo("{\"message\":65536,\"window\":262144,\"ack\":8192,\"ackMessages\":12,\"rate\":50,\"burst\":100,\"tabs\":64,\"topics\":128,"
            + "\"depth\":32,\"number\":40,\"members\":1000,\"name\":127}");
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, 1", "1, 0, 1, 1", "1, 129, 1, 1", "1, 1, 0, 1", "1, 1, 1, 0"})
    void limitsOfMessagesMustBePositiveAndNamesAsShortAsTheProtocolHasThem(int chars, int nameChars, int perSecond, int burst) {
        assertThatIllegalArgumentException().isThrownBy(() -> new MessageLimits(chars, nameChars, JSON, perSecond, burst)).withMessageContaining(", ").withMessageContaining("must be");
    }

    @Test
    void timesOfAdmissionMustBePositive() {
        assertThatIllegalArgumentException().isThrownBy(() -> new AdmissionRules(Set.of(), Set.of(), false, true, Duration.ZERO, SECOND))
            .withMessage("plainAfter is PT0S and helloWithin is PT1S, both must be positive");
        assertThatIllegalArgumentException().isThrownBy(() -> new AdmissionRules(Set.of(), Set.of(), false, true, SECOND, SECOND.negated()));
    }
}
