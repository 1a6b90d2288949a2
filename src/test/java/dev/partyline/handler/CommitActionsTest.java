package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.partyline.testing.LogCapture;
import jakarta.transaction.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import javax.naming.NamingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommitActionsTest {

    private final FakeSynchronizations transactions = new FakeSynchronizations();
    private final List<Integer> sent = new ArrayList<>();
    private final AtomicInteger lookups = new AtomicInteger();
    private final CommitActions actions = new CommitActions(() -> {
        lookups.incrementAndGet();
        return transactions;
    });

    @Test
    void actionsOfATransactionRunAfterItsCommitInTheirOrder() {
        transactions.begin();
        for (int i = 0; i < 3; i++) {
            int number = i;
            actions.run(() -> sent.add(number));
        }
        assertThat(sent).isEmpty();
        assertThat(transactions.registered()).isEqualTo(1);

        transactions.end(Status.STATUS_COMMITTED);
        assertThat(sent).containsExactly(0, 1, 2);
    }

    @Test
    void actionsOfATransactionThatIsRolledBackAreDropped() {
        transactions.begin();
        actions.run(() -> sent.add(1));
        transactions.end(Status.STATUS_ROLLEDBACK);
        transactions.begin();
        actions.run(() -> sent.add(2));
        transactions.end(Status.STATUS_COMMITTED);

        assertThat(sent).containsExactly(2);
    }

    @Test
    void actionInATransactionThatCanOnlyBeRolledBackIsDropped() {
        transactions.begin();
        transactions.setRollbackOnly();
        actions.run(() -> sent.add(1));
        transactions.end(Status.STATUS_ROLLEDBACK);

        assertThat(sent).isEmpty();
    }

    @Test
    void actionWithoutATransactionRunsAtOnce() {
        actions.run(() -> sent.add(1));

        assertThat(sent).containsExactly(1);
        assertThat(transactions.registered()).isZero();
    }

    @Test
    void actionThatThrowsIsLoggedAndTheNextOneFollows() {
        transactions.begin();
        actions.run(() -> {
            throw new IllegalStateException("too many topics");
        });
        actions.run(() -> sent.add(2));
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            transactions.end(Status.STATUS_COMMITTED);
            assertThat(log.messages(Level.WARNING)).anyMatch(message -> message.contains("could not be sent after the commit"));
        }
        assertThat(sent).containsExactly(2);
    }

    @Test
    void outcomeThatIsUnknownSendsNothingAndIsLogged() {
        transactions.begin();
        actions.run(() -> sent.add(1));
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            transactions.end(Status.STATUS_UNKNOWN);
            assertThat(log.messages(Level.WARNING)).anyMatch(message -> message.contains("is unknown"));
        }
        assertThat(sent).isEmpty();
    }

    @Test
    void twoPartylinesOfOneTransactionDoNotShareTheirActions() {
        CommitActions other = new CommitActions(() -> transactions);
        transactions.begin();
        actions.run(() -> sent.add(1));
        other.run(() -> sent.add(2));
        assertThat(transactions.registered()).isEqualTo(2);
        transactions.end(Status.STATUS_COMMITTED);

        assertThat(sent).containsExactly(1, 2);
    }

    @Test
    void registryIsLookedUpOnce() {
        actions.find();
        actions.require();
        actions.run(() -> sent.add(1));

        assertThat(lookups).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutARegistryItSaysWhatIsMissing(boolean another) {
        CommitActions none = new CommitActions(() -> {
            if (another) {
                return "something else";
            }
            throw new NamingException("not bound");
        });
        none.find();

        assertThatIllegalStateException().isThrownBy(() -> none.run(() -> sent.add(1)))
            .withMessageStartingWith("afterCommit() needs java:comp/TransactionSynchronizationRegistry, which is not there");
        assertThat(sent).isEmpty();
    }
}
