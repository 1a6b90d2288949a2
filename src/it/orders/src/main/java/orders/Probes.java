package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.TokenVerifier;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** For the tests: handlers that tell what they find in their contexts. */
@WebListener
public class Probes implements ServletContextListener {

    private static final int KEPT = 100;

    @Inject
    private Orders orders;
    @Inject
    private Basket basket;
    @Inject
    private Desk desk;
    @Inject
    private Vault vault;
    @Inject
    private LateBean late;
    private final Queue<Map<String, String>> arrivals = new ConcurrentLinkedQueue<>();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.on("contexts", Object.class, call -> contexts());
        partyline.on("contexts.nonBlocking", Object.class, Handler.nonBlocking(call -> contexts()));
        partyline.on("caller", Object.class, call -> caller(call.caller()));
        partyline.on("arrivals", Object.class, call -> List.copyOf(arrivals));
        partyline.on("late", Object.class, call -> late.publish());
        partyline.listen(new LineListener() {
            @Override
            public void lineOpened(Caller line) {
                arrivals.add(contexts());
                if (arrivals.size() > KEPT) {
                    arrivals.remove();
                }
            }
        });
        partyline.tokens(token -> Optional.of(new TokenVerifier.Identity(token + " of " + shopName(), Optional.empty())));
    }

    private Map<String, String> contexts() {
        Map<String, String> found = new LinkedHashMap<>();
        found.put("loader", probe(() -> Thread.currentThread().getContextClassLoader().loadClass("orders.Probes") == Probes.class));
        found.put("env", probe(() -> InitialContext.doLookup("java:comp/env/shopName")));
        found.put("orders", probe(() -> orders.items().size() >= 0));
        found.put("basket", probe(() -> basket.add() + " " + basket.add()));
        found.put("caller", probe(() -> desk.caller()));
        found.put("clerk", probe(() -> desk.isCallerInRole("clerk")));
        found.put("captain", probe(() -> desk.isCallerInRole("captain")));
        found.put("till", probe(() -> desk.openTill()));
        found.put("security.caller", probe(() -> vault.caller()));
        found.put("security.clerk", probe(() -> vault.isCallerInRole("clerk")));
        found.put("security.captain", probe(() -> vault.isCallerInRole("captain")));
        found.put("vault", probe(() -> vault.open()));
        return found;
    }

    private static Map<String, String> caller(Caller caller) {
        return Map.of("principal", caller.principal().map(Principal::getName).orElse("none"), "clerk", probe(() -> caller.isInRole("clerk")),
            "captain", probe(() -> caller.isInRole("captain")), "language", caller.header("Accept-Language").orElse("none"));
    }

    private static String shopName() {
        try {
            return InitialContext.doLookup("java:comp/env/shopName");
        } catch (NamingException e) {
            return "no shop";
        }
    }

    private static String probe(Callable<?> code) {
        try {
            return String.valueOf(code.call());
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }
}
