package dev.partyline;

import dev.partyline.demo.Demo;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.net.InetAddress;
import java.util.Optional;

/** Starts and stops Partyline with the web application, and the demo if it is enabled. */
@WebListener
public class PartylineContextListener implements ServletContextListener {

    /** The attribute in which the launcher tells on which address the server listens. */
    private static final String ADDRESS = "dev.partyline.address";

    private Optional<Demo> demo = Optional.empty();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        Partyline partyline = Partyline.of(context);
        // A bean may have started it, on a thread that has other contexts.
        partyline.captureContexts(context);
        partyline.orStop(() -> {
            Installation.complete(context);
            Installation.deployEndpointAtLast(context);
        });
        if (partyline.settings().isOn(Setting.DEMO)) {
            demo = Optional.of(new Demo(partyline));
            Demo.warnIfReachable(Optional.ofNullable((InetAddress) context.getAttribute(ADDRESS)));
        }
    }

    /** For containers that have not destroyed {@link ShutdownServlet} before. */
    @Override
    public void contextDestroyed(ServletContextEvent event) {
        Installation.stop(event.getServletContext());
        demo.ifPresent(Demo::stop);
    }
}
