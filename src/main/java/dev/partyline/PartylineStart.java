package dev.partyline;

import dev.partyline.demo.Demo;
import dev.partyline.http.StatusAnswer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.annotation.WebListener;
import java.util.Optional;

/** Starts and stops Partyline with the web application, and the demo where it is switched on. */
@WebListener
public class PartylineStart implements ServletContextListener {

    private Optional<Demo> demo = Optional.empty();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        Partyline partyline = Partyline.of(context);
        StatusAnswer.answerOn(partyline);
        if (partyline.settings().isOn(Setting.DEMO)) {
            demo = Optional.of(new Demo(partyline));
        }
        ServletRegistration.Dynamic goodbye = context.addServlet(Goodbye.class.getName(), new Goodbye(() -> stop(context)));
        goodbye.setLoadOnStartup(1);
        goodbye.setAsyncSupported(true);
    }

    /** Where a container has not come to {@link Goodbye}, this is still time enough on all that need it. */
    @Override
    public void contextDestroyed(ServletContextEvent event) {
        stop(event.getServletContext());
    }

    private void stop(ServletContext context) {
        Partyline.known(context).ifPresent(Partyline::stop);
        demo.ifPresent(Demo::stop);
    }
}
