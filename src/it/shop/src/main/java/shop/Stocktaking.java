package shop;

import dev.partyline.Partyline;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.inject.Inject;

/** An EJB that publishes. It may lie in the EJB module of an EAR, whose web module has the line. */
@Singleton
public class Stocktaking {

    @Inject
    private Partyline partyline;

    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void count() {
        try {
            partyline.topic("stock").publish("counted", true);
        } catch (IllegalStateException e) {
            // Partyline has not started. On Open Liberty, the next tick after an exception comes five minutes later.
        }
    }
}
