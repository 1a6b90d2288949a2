package orders;

import dev.partyline.Partyline;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.inject.Inject;

/** A timer that publishes, created at its first tick. */
@Singleton
public class LazyTicker {

    @Inject
    private Partyline partyline;
    @Inject
    private TickLog log;

    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void tick() {
        try {
            partyline.topic("ticks").publish("lazyTick", log.summary());
            log.onTick();
        } catch (IllegalStateException e) {
            // Partyline has not started. On Open Liberty, the next tick after an exception comes five minutes later.
            log.onFailure();
        }
    }
}
