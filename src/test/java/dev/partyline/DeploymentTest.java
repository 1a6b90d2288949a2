package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.nio.file.Path;
import java.util.Set;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application whose {@code web.xml} keeps the container from looking at Partyline's jar: it starts Partyline by a listener of its own. */
class DeploymentTest {

    private static final String MISSING = "The web-fragment.xml of Partyline is not in force";

    @TempDir
    private Path folder;
    private final Tomcat tomcat = new Tomcat();

    /** The listener of the application. */
    public static class Starting implements ServletContextListener {

        @Override
        public void contextInitialized(ServletContextEvent event) {
            Partyline.of(event.getServletContext());
        }
    }

    @AfterEach
    void destroy() throws LifecycleException {
        tomcat.destroy();
    }

    private Context context() {
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        return tomcat.addContext("/incomplete", folder.toString());
    }

    @Test
    void applicationThatHidesTheWebFragmentIsToldAndLeavesNoThreadBehind() throws LifecycleException {
        Set<Thread> before = threads();
        try (LogCapture log = new LogCapture()) {
            context().addApplicationListener(Starting.class.getName());
            tomcat.start();
            assertThat(log.messages(Level.WARNING)).filteredOn(line -> line.contains(MISSING)).hasSize(1);
        }
        Set<Thread> started = threads();
        started.removeAll(before);
        assertThat(started).isNotEmpty();
        tomcat.stop();

        await().untilAsserted(() -> assertThat(started).noneMatch(Thread::isAlive));
    }

    @Test
    void applicationWithTheServletsOfPartylineIsNotWarned() throws LifecycleException {
        try (LogCapture log = new LogCapture()) {
            Context context = context();
            context.addApplicationListener(Starting.class.getName());
            Tomcat.addServlet(context, "partyline-health", "dev.partyline.http.HealthServlet");
            tomcat.start();
            assertThat(log.messages(Level.WARNING)).noneMatch(line -> line.contains(MISSING));
        }
        tomcat.stop();
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-")).collect(Collectors.toSet());
    }
}
