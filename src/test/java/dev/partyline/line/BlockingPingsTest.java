package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockingPingsTest {

    private final BlockingPings pings = new BlockingPings(2);
    private final List<Runnable> pool = new ArrayList<>();

    private boolean tryRun(String owner) {
        return pings.tryRun(owner, pool::add, () -> { });
    }

    @Test
    void ownerHasOneAtATime() {
        assertThat(tryRun("user ann")).isTrue();
        assertThat(tryRun("user ann")).isFalse();
        assertThat(tryRun("user bob")).isTrue();

        pool.get(0).run();
        assertThat(tryRun("user ann")).isTrue();
    }

    @Test
    void theyTakeAShareOfThePool() {
        assertThat(tryRun("a")).isTrue();
        assertThat(tryRun("b")).isTrue();
        assertThat(tryRun("c")).isFalse();

        pool.get(1).run();
        assertThat(tryRun("c")).isTrue();
    }

    @Test
    void pingThatFailsIsOver() {
        pings.tryRun("a", pool::add, () -> {
            throw new IllegalStateException("closed");
        });
        try {
            pool.get(0).run();
        } catch (IllegalStateException e) {
            assertThat(tryRun("a")).isTrue();
            return;
        }
        throw new AssertionError("the failure is hidden");
    }

    @Test
    void pingThatThePoolDoesNotTakeTakesNoShare() {
        assertThatThrownBy(() -> pings.tryRun("a", task -> {
            throw new OutOfMemoryError("no thread");
        }, () -> { })).isInstanceOf(OutOfMemoryError.class);

        assertThat(tryRun("a")).isTrue();
        assertThat(tryRun("b")).isTrue();
    }
}
