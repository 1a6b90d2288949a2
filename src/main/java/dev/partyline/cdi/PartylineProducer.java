package dev.partyline.cdi;

import dev.partyline.Partyline;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;

/** Provides {@code @Inject Partyline}. Loaded by containers with CDI only. */
@ApplicationScoped
public class PartylineProducer {

    @Inject
    private ServletContext context;

    @Produces
    public Partyline partyline() {
        return Partyline.of(context);
    }
}
