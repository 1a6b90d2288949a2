package dev.partyline.bench;

import dev.partyline.Partyline;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Call;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;

/** What is measured of ours: an echo that goes through JSON-B both ways, by a handler that may block and by one that does not, and a topic that is open to all. */
@WebListener
public class BenchApplication implements ServletContextListener {

    /** As {@link NaiveEndpoint.Chat}: each is in a WAR of its own. */
    public record Chat(String sent, String from, String body) {
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.on("echo", Chat.class, Call::value);
        partyline.on("nonBlockingEcho", Chat.class, Handler.nonBlocking(Call::value));
        partyline.policy(new AccessPolicy() {
            @Override
            public boolean mayJoin(Caller caller, String topic) {
                return true;
            }

            @Override
            public boolean mayPublish(Caller caller, String topic) {
                return true;
            }

            @Override
            public boolean isNonBlocking() {
                return true;
            }
        });
    }
}
