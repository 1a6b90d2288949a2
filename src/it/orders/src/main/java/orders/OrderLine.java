package orders;

import dev.partyline.Partyline;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;

/** The orders by the line. */
@WebListener
public class OrderLine implements ServletContextListener {

    @Inject
    private Partyline partyline;
    @Inject
    private Orders orders;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        if (partyline == null) {
            // Tomcat, which has neither CDI nor the database.
            return;
        }
        partyline.on("placeOrder", PlaceOrder.class, call -> {
            PlacedOrder order = orders.place(call.value().item());
            // After the commit: a publish within the transaction would be seen even if it was rolled back.
            partyline.topic("orders").publish("placed", order);
            return order;
        });
        partyline.policy(new OrderPolicy(orders));
    }
}
