package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.Call;
import dev.partyline.handler.Handles;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.util.List;

/** The orders by the line, by methods that the container finds. */
@ApplicationScoped
public class OrderHandlers {

    @Inject
    private Orders orders;
    @Inject
    private Partyline partyline;

    @Handles("placeOrder")
    public PlacedOrder place(PlaceOrder order) {
        PlacedOrder placed = orders.place(order.item());
        // After the commit: a publish within the transaction would be seen even if it was rolled back.
        partyline.topic("orders").publish("placed", placed);
        return placed;
    }

    /** All of them or none. */
    @Handles(value = "placeAll", withinSeconds = 30)
    @Transactional
    public String placeAll(List<PlaceOrder> all, Call<?> call) {
        for (PlaceOrder order : all) {
            if (order.item().equals("stones")) {
                throw new SoldOutException("stones");
            }
            orders.place(order.item());
        }
        return all.size() + " for " + call.tab();
    }
}
