package orders;

import dev.partyline.Partyline;
import jakarta.annotation.PostConstruct;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.inject.Inject;

/** A timer that publishes. It is created when the application starts, on some containers before Partyline has started. */
@Singleton
@Startup
public class Ticker {

    @Inject
    private Partyline partyline;
    @Inject
    private TickLog log;
    private String atStart;

    @PostConstruct
    void start() {
        try {
            partyline.topic("ticks").publish("started", true);
            atStart = "published";
        } catch (IllegalStateException e) {
            atStart = e.getMessage();
        }
    }

    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void tick() {
        try {
            partyline.topic("ticks").publish("tick", atStart);
        } catch (IllegalStateException e) {
            // As in LazyTicker.
            log.onFailure();
        }
    }
}
