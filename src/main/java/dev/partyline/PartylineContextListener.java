package dev.partyline;

import dev.partyline.demo.Demo;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Starts and stops Partyline with the web application, and the demo if it is enabled. A container may have two of them: by the annotation and by the jar's {@code web-fragment.xml}, one of which
 * some containers do not read. Then the first one starts.
 */
@WebListener
public class PartylineContextListener implements ServletContextListener {

    /** The attribute in which the launcher tells on which address the server listens. */
    private static final String ADDRESS = "dev.partyline.address";
    private static final String ATTRIBUTE = PartylineContextListener.class.getName();

    private Optional<Demo> demo = Optional.empty();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        if (context.getAttribute(ATTRIBUTE) != null) {
            return;
        }
        context.setAttribute(ATTRIBUTE, true);
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
        event.getServletContext().removeAttribute(ATTRIBUTE);
        Installation.stop(event.getServletContext());
        demo.ifPresent(Demo::stop);
    }
}
