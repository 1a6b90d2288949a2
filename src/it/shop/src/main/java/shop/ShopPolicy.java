package shop;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;

/** Everyone may look at the files and at the stock. Nobody but the shop itself publishes. */
public class ShopPolicy implements AccessPolicy {

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        return topic.equals("files") || topic.equals("stock");
    }
}
