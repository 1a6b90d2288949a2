package orders;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.UUID;

/** A row of the database, and what tabs receive of it. */
@Entity
@Table(name = "PLACED_ORDERS")
public class PlacedOrder {

    @Id
    private String id;
    private String item;

    protected PlacedOrder() {
        // For JPA.
    }

    public PlacedOrder(String item) {
        this.id = UUID.randomUUID().toString();
        this.item = item;
    }

    public String getId() {
        return id;
    }

    public String getItem() {
        return item;
    }
}
