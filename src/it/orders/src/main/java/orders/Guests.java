package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.Handles;
import dev.partyline.handler.LineClosed;
import dev.partyline.handler.LineHeld;
import dev.partyline.handler.LineOpened;
import dev.partyline.handler.LineResumed;
import dev.partyline.handler.TabClosed;
import dev.partyline.handler.TabHidden;
import dev.partyline.handler.TabOpened;
import dev.partyline.handler.TabVisible;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Who comes and goes. */
@ApplicationScoped
public class Guests {

    @Inject
    private Partyline partyline;
    private final Queue<String> book = new ConcurrentLinkedQueue<>();

    void onLine(@Observes LineOpened event) {
        book.add(event.line().line() + " opened");
    }

    void onTab(@Observes TabOpened event) {
        book.add(event.tab().line() + " opened " + event.tab().tab().orElseThrow());
    }

    void onTab(@Observes TabHidden event) {
        book.add(event.tab().line() + " hid " + event.tab().tab().orElseThrow());
    }

    void onTab(@Observes TabVisible event) {
        book.add(event.tab().line() + " showed " + event.tab().tab().orElseThrow());
    }

    void onLine(@Observes LineHeld event) {
        book.add(event.line().line() + " held");
    }

    void onLine(@Observes LineResumed event) {
        book.add(event.line().line() + " resumed");
    }

    void onTab(@Observes TabClosed event) {
        book.add(event.tab().line() + " closed " + event.tab().tab().orElseThrow());
    }

    void onLine(@Observes LineClosed event) {
        book.add(event.line().line() + " closed");
    }

    @Handles("showOut")
    public boolean showOut(String line) {
        return partyline.closeLine(line, 4600, "the shop closes");
    }

    @Handles("guests")
    public List<String> of(String line) {
        return book.stream().filter(entry -> entry.startsWith(line + " ")).map(entry -> entry.substring(line.length() + 1)).toList();
    }
}
