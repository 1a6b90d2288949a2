package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.CallContext;
import dev.partyline.handler.Caller;
import dev.partyline.handler.HandlerAccess;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.CallerFacts;
import dev.partyline.stats.Counters;
import dev.partyline.testing.LogCapture;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class AuthorizerTest {

    private static final Caller CALLER = HandlerAccess.caller("line", "t", CallerFacts.NONE);

    private static final CallContext CONTEXT = new CallContext(AuthorizerTest.class.getClassLoader(), System::nanoTime);

    private AccessPolicy policy = AccessPolicy.CLOSED;
    private Optional<TokenVerifier> verifier = Optional.empty();
    private final ApplicationPool pool = new ApplicationPool("authorizer", new ApplicationPool.Limits(1, 1, 1, 1, 1, Duration.ofSeconds(10)), owner -> owner, CONTEXT,
        System::nanoTime, new Counters());
    private final Authorizer authorizer = new Authorizer(() -> policy, () -> verifier, pool, System::nanoTime);

    @Test
    void policyAndVerifierThatAreSetLaterAreAsked() {
        assertThat(authorizer.mayJoin(CALLER, "a")).isFalse();
        assertThat(authorizer.mayPublish(CALLER, "a")).isFalse();
        assertThat(authorizer.verifiesTokens()).isFalse();
        assertThat(authorizer.verify("token")).isEmpty();

        policy = new OnlyA();
        verifier = Optional.of(token -> Optional.of(new Identity(token, Optional.empty())));

        assertThat(authorizer.maySend(CALLER, "a")).isTrue();
        assertThat(authorizer.maySend(CALLER, "b")).isFalse();
        assertThat(authorizer.mayJoin(CALLER, "a")).isTrue();
        assertThat(authorizer.mayPublish(CALLER, "a")).isTrue();
        assertThat(authorizer.verifiesTokens()).isTrue();
        assertThat(authorizer.verify("token")).map(Identity::user).hasValue("token");
    }

    @Test
    void policyThatFailsDenies() {
        policy = new Failing();

        assertThat(authorizer.maySend(CALLER, "a")).isFalse();
        assertThat(authorizer.mayJoin(CALLER, "a")).isFalse();
        assertThat(authorizer.mayPublish(CALLER, "a")).isFalse();
    }

    @Test
    void tokenCountsAsInvalidIfTheVerifierFails() {
        verifier = Optional.of(token -> {
            throw new NoClassDefFoundError("thrown by a test");
        });

        assertThat(authorizer.verify("token")).isEmpty();
    }

    @Test
    void failuresThatClientsCauseAreLoggedOnceAMinute() {
        verifier = Optional.of(token -> {
            throw new IllegalArgumentException("thrown by a test");
        });
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 10; i++) {
                assertThat(authorizer.verify("token")).isEmpty();
            }
            assertThat(log.messages(Level.WARNING)).hasSize(1).allMatch(message -> message.startsWith("the token verifier failed; "));
        }
    }

    private static final class OnlyA implements AccessPolicy {

        @Override
        public boolean maySend(Caller caller, String type) {
            return type.equals("a");
        }

        @Override
        public boolean mayJoin(Caller caller, String topic) {
            return topic.equals("a");
        }

        @Override
        public boolean mayPublish(Caller caller, String topic) {
            return topic.equals("a");
        }
    }

    private static final class Failing implements AccessPolicy {

        @Override
        public boolean maySend(Caller caller, String type) {
            throw new IllegalStateException("thrown by a test");
        }

        @Override
        public boolean mayJoin(Caller caller, String topic) {
            throw new NoClassDefFoundError("thrown by a test");
        }

        @Override
        public boolean mayPublish(Caller caller, String topic) {
            throw new StackOverflowError("thrown by a test");
        }
    }
}
