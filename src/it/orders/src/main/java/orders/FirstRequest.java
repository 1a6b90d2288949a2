package orders;

import jakarta.inject.Inject;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import jakarta.servlet.annotation.WebListener;

/** For the tests: lets no request in before a timer has used Partyline. */
@WebListener
public class FirstRequest implements ServletRequestListener {

    @Inject
    private TickLog ticks;

    @Override
    public void requestInitialized(ServletRequestEvent event) {
        if (ticks != null) {
            ticks.onRequest();
        }
    }
}
