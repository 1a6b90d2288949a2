package dev.partyline;

import dev.partyline.demo.Demo;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.util.Optional;

/** Starts and stops Partyline with the web application, and the demo where it is switched on. */
@WebListener
public class PartylineStart implements ServletContextListener {

    private Optional<Demo> demo = Optional.empty();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        if (partyline.settings().isOn(Setting.DEMO)) {
            demo = Optional.of(new Demo(partyline));
        }
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        demo.ifPresent(Demo::stop);
        Partyline.running(context).ifPresent(partyline -> partyline.stop(context));
    }
}
