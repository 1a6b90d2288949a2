package orders;

import dev.partyline.Partyline;
import dev.partyline.topic.Retention;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;

/** The topic of the timers. The first listener of the application, and so the first that uses Partyline. */
public class Ticks implements ServletContextListener {

    @Inject
    private Partyline partyline;
    @Inject
    private TickLog log;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        if (partyline != null) {
            partyline.retain("ticks", Retention.latest());
            log.start();
        }
    }
}
