package shop;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;

/** Anyone may see what becomes of the files. */
class ShopPolicy implements AccessPolicy {

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        return topic.equals("files");
    }
}
