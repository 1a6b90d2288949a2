package dev.partyline;

import dev.partyline.demo.Demo;
import dev.partyline.endpoint.LoginListener;
import dev.partyline.http.ApiKeyGuard;
import dev.partyline.http.StatusHandler;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.net.InetAddress;
import java.util.EnumSet;
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
        ApiKeyGuard guard = partyline.apiKeyGuard();
        guard.install(context);
        StatusHandler.register(partyline, guard, partyline::addressShareOf);
        if (partyline.settings().isOn(Setting.DEMO)) {
            demo = Optional.of(new Demo(partyline));
            Demo.warnIfReachable(Optional.ofNullable((InetAddress) context.getAttribute(ADDRESS)));
        }
        watchLogins(context);
        partyline.stopWith(context);
    }

    private static void watchLogins(ServletContext context) {
        LoginListener logins = new LoginListener();
        context.addListener(logins);
        FilterRegistration.Dynamic filter = context.addFilter(LoginListener.class.getName(), logins);
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
    }

    /** For containers that have not destroyed {@link ShutdownServlet} before. */
    @Override
    public void contextDestroyed(ServletContextEvent event) {
        stop(event.getServletContext());
    }

    private void stop(ServletContext context) {
        Partyline.existing(context).ifPresent(Partyline::stop);
        demo.ifPresent(Demo::stop);
    }
}
