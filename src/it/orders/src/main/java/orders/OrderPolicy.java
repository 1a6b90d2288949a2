package orders;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;

/** Topics that anyone may join, one for each item that was ordered, and one for clerks. */
public class OrderPolicy implements AccessPolicy {

    private final Orders orders;

    public OrderPolicy(Orders orders) {
        this.orders = orders;
    }

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        if (topic.equals("desk")) {
            return caller.isInRole("clerk");
        }
        return topic.equals("orders") || topic.equals("ticks") || topic.startsWith("item.") && orders.items().contains(topic.substring("item.".length()));
    }
}
