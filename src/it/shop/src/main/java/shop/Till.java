package shop;

import dev.partyline.Partyline;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** A bean that is given its Partyline by CDI. A container without CDI never makes one, and nothing is missed there. */
@ApplicationScoped
public class Till {

    @Inject
    private Partyline partyline;

    public void paid(String amount) {
        partyline.toAll("paid", amount);
    }
}
