package orders;

import dev.partyline.Partyline;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;

/** A bean that is created when a handler first calls it. */
@ApplicationScoped
public class LateBean {

    @Inject
    private Partyline partyline;
    @PersistenceContext(unitName = "orders")
    private EntityManager entities;

    public boolean publish() {
        partyline.topic("orders").publish("late", entities.isOpen());
        return entities.isOpen();
    }
}
