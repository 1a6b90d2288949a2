package dev.partyline.cdi;

import dev.partyline.Partyline;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;

/** Makes {@code @Inject Partyline} work. Only a container that has CDI ever loads this class. */
@ApplicationScoped
public class PartylineProducer {

    @Inject
    private ServletContext context;

    @Produces
    public Partyline partyline() {
        return Partyline.of(context);
    }
}
