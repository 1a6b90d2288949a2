package shop;

import dev.partyline.Partyline;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.time.Duration;

/** Asks the user of the requesting tab before it does what cannot be undone. */
@WebListener
public class CleaningLine implements ServletContextListener {

    @Override
    public void contextInitialized(ServletContextEvent event) {
        register(Partyline.of(event.getServletContext()));
    }

    /** Apart, so that a test can call it. */
    void register(Partyline partyline) {
        partyline.on("deleteAll", Void.class, call ->
            partyline.ask(call.tab(), "confirm", new Confirm("Delete all files?"), Boolean.class, Duration.ofMinutes(1))
                .thenApply(yes -> yes ? deleteAll() : "kept"));
    }

    private String deleteAll() {
        return "deleted";
    }
}
