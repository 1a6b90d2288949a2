package orders;

import jakarta.enterprise.context.RequestScoped;

/** What one message puts in. The next message has another basket. */
@RequestScoped
public class Basket {

    private int items;

    public int add() {
        items++;
        return items;
    }
}
