package orders;

import dev.partyline.Partyline;
import jakarta.annotation.sql.DataSourceDefinition;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.List;

/** The orders in the database. REST resources and handlers of the line call the same methods. */
@ApplicationScoped
@DataSourceDefinition(name = "java:app/jdbc/orders", className = "org.h2.jdbcx.JdbcDataSource", url = "jdbc:h2:mem:orders;DB_CLOSE_DELAY=-1", user = "sa", password = "sa")
public class Orders {

    @PersistenceContext(unitName = "orders")
    private EntityManager entities;
    @Inject
    private Partyline partyline;

    @Transactional
    public PlacedOrder place(String item) {
        PlacedOrder order = new PlacedOrder(item);
        entities.persist(order);
        return order;
    }

    /** Orders, and publishes it once it is there to be seen; not at all if the transaction is rolled back. */
    @Transactional
    public PlacedOrder placeAndTell(String item) {
        PlacedOrder order = new PlacedOrder(item);
        entities.persist(order);
        partyline.topic("orders").afterCommit().publish("placed", order);
        partyline.afterCommit().toAll("ordered", item);
        return order;
    }

    @Transactional
    public List<String> items() {
        return entities.createQuery("select o.item from PlacedOrder o order by o.item", String.class).getResultList();
    }
}
