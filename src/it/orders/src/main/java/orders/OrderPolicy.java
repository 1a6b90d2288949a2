package orders;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;

/** Topics that anyone may join, one for each item that was ordered, one for clerks, and one for those on duty. */
public class OrderPolicy implements AccessPolicy {

    private final Orders orders;
    private final Duty duty;

    public OrderPolicy(Orders orders, Duty duty) {
        this.orders = orders;
        this.duty = duty;
    }

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        if (topic.equals("desk")) {
            return caller.isInRole("clerk");
        }
        if (duty.mayJoin(caller, topic)) {
            return true;
        }
        return topic.equals("orders") || topic.equals("ticks") || topic.startsWith("item.") && orders.items().contains(topic.substring("item.".length()));
    }
}
