package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.line.CallerFacts;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRates;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Timeouts;
import dev.partyline.stats.Counters;
import dev.partyline.testing.Clock;
import dev.partyline.testing.NoopLineListener;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.JsonLimits;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientLimitsTest {

    private static final JsonLimits JSON = new JsonLimits(32, 40, 1000);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Clock clock = new Clock();

    @Test
    void welcomeHasTheLimitsThatAClientMustKnow() {
        LineLimits line = new LineLimits(new FlowLimits(262_144, 16_384, 65_536), new Timeouts(SECOND, SECOND, SECOND), new Quotas(50_000, 20, 200, 50, 400, 64, 128), new InboxLimits(512, 1 << 20),
            new HoldLimits(SECOND, 1, 1), new RateLimits(50, 100, 1000, 70_000));
        ClientLimits limits = new ClientLimits(line, new MessageLimits(65_536, 127, JSON), new AdmissionRules(Set.of(), Set.of(), TrustedProxies.of(Set.of()), false, true, SECOND, SECOND),
            new CallerRules(Set.of(), Set.of(), Set.of(), 100, false));

        TopicRegistry topics = new TopicRegistry(Retention.latest(), new TopicQuotas(1, 1, 1, 1), SECOND, clock, new Counters(), new RetainedMemory(1 << 20));
        LineRegistry lines = new LineRegistry(line, topics, 1, clock, new Counters(), new NoopLineListener());
        LineRates rates = lines.open(false, CallerFacts.NONE, Optional.empty()).line().orElseThrow().rates();
        rates.onMessage(999, clock.getAsLong());

        assertThat(limits.toJson(rates, clock.getAsLong())).isEqualTo("{\"message\":65536,\"window\":262144,\"ack\":65536,\"ackMessages\":96,\"rate\":50,\"burst\":100,\"rateChars\":1000,"
            + "\"burstChars\":70000,\"left\":99,\"leftChars\":69001,\"tabs\":64,\"topics\":128,"
            + "\"depth\":32,\"number\":40,\"members\":1000,\"name\":127}");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "1, 129"})
    void limitsOfMessagesMustBePositiveAndNamesAsShortAsTheProtocolHasThem(int chars, int nameChars) {
        assertThatIllegalArgumentException().isThrownBy(() -> new MessageLimits(chars, nameChars, JSON)).withMessageContaining(", must be");
    }

    @Test
    void timesOfAdmissionMustBePositive() {
        assertThatIllegalArgumentException().isThrownBy(() -> new AdmissionRules(Set.of(), Set.of(), TrustedProxies.of(Set.of()), false, true, Duration.ZERO, SECOND))
            .withMessage("plainAfter is PT0S and helloWithin is PT1S, both must be positive");
        assertThatIllegalArgumentException().isThrownBy(() -> new AdmissionRules(Set.of(), Set.of(), TrustedProxies.of(Set.of()), false, true, SECOND, SECOND.negated()));
    }
}
