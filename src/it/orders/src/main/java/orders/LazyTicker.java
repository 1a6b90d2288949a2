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

    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void tick() {
        partyline.topic("ticks").publish("lazyTick", true);
    }
}
