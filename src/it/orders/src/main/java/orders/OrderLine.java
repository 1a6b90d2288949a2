package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.CallException;
import dev.partyline.handler.HandlerOptions;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.time.Duration;

/** What of the line is no handler of a bean. */
@WebListener
public class OrderLine implements ServletContextListener {

    @Inject
    private Partyline partyline;
    @Inject
    private Orders orders;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Duty duty = new Duty();
        duty.register(Partyline.of(event.getServletContext()));
        if (partyline == null) {
            // Tomcat, which has neither CDI nor the database.
            Partyline.of(event.getServletContext()).policy(duty);
            return;
        }
        // Exports take long, and a tab may have three of them at the same time.
        partyline.on("export", Integer.class, call -> orders.items().stream().limit(call.value()).toList(),
            HandlerOptions.standard().within(Duration.ofMinutes(2)).parallel(3));
        partyline.onException(SoldOutException.class, soldOut -> new CallException("sold_out", soldOut.getMessage()));
        partyline.policy(new OrderPolicy(orders, duty));
    }
}
