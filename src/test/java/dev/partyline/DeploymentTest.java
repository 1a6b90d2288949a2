package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.descriptor.web.WebXml;
import org.apache.tomcat.util.descriptor.web.WebXmlParser;
import org.apache.tomcat.websocket.server.WsSci;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application whose {@code web.xml} keeps the container from looking at Partyline's jar: it starts Partyline by a listener of its own. */
class DeploymentTest {

    private static final String ENDLESS = "it does not end with the application";

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
        if (tomcat.getServer().getState().isAvailable()) {
            tomcat.stop();
        }
        tomcat.destroy();
    }

    private Context context() {
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        Context context = tomcat.addContext("/incomplete", folder.toString());
        context.addServletContainerInitializer(new WsSci(), null);
        return context;
    }

    @Test
    void applicationThatHidesTheWebFragmentHasTheServletsAndLeavesNoThreadBehind() throws LifecycleException, IOException {
        Set<Thread> before = threads();
        Context context = context();
        context.addApplicationListener(Starting.class.getName());
        tomcat.start();
        Set<Thread> started = threads();
        started.removeAll(before);
        assertThat(started).isNotEmpty();
        HttpURLConnection health = get("health");
        assertThat(health.getResponseCode()).isEqualTo(HttpURLConnection.HTTP_OK);
        assertThat(health.getHeaderField("X-Content-Type-Options")).as("the filters").isEqualTo("nosniff");
        tomcat.stop();

        await().untilAsserted(() -> assertThat(started).noneMatch(Thread::isAlive));
    }

    @Test
    void contextsOfHandlersAreNamedInTheLogOnceAtTheStart() throws LifecycleException {
        Context context = context();
        context.addApplicationListener(Starting.class.getName());
        context.addApplicationListener(PartylineContextListener.class.getName());
        try (LogCapture log = new LogCapture()) {
            tomcat.start();
            assertThat(log.messages(Level.INFO)).containsOnlyOnce("a call of a handler has the class loader of the application only");
        }
        tomcat.stop();
    }

    @Test
    void applicationThatHidesTheWebFragmentHasWhatTheFragmentDeclares() throws LifecycleException, IOException {
        WebXml fragment = new WebXml();
        assertThat(new WebXmlParser(false, false, true).parseWebXml(Path.of("src/main/jar/META-INF/web-fragment.xml").toUri().toURL(), fragment, true)).isTrue();
        Context context = context();
        context.addApplicationListener(Starting.class.getName());
        tomcat.start();

        List<String> declared = fragment.getFilterMappings().stream().map(DeploymentTest::describe).toList();
        assertThat(Stream.of(context.findFilterMaps()).filter(map -> map.getFilterName().startsWith("partyline-")).map(DeploymentTest::describe)).containsExactlyInAnyOrderElementsOf(declared)
            .as("before the filter that answers handshakes").first().isEqualTo("partyline-handshake-request [/partyline/line] REQUEST");
        fragment.getFilters().forEach((name, filter) -> {
            assertThat(context.findFilterDef(name).getFilterClass()).isEqualTo(filter.getFilterClass());
            assertThat(context.findFilterDef(name).getAsyncSupported()).isEqualTo(filter.getAsyncSupported());
        });
        fragment.getServlets().forEach((name, servlet) -> {
            Wrapper wrapper = (Wrapper) context.findChild(name);
            assertThat(wrapper.getServletClass()).isEqualTo(servlet.getServletClass());
            assertThat(wrapper.getLoadOnStartup()).isEqualTo(servlet.getLoadOnStartup());
        });
        Map<String, String> mappings = new TreeMap<>(fragment.getServletMappings());
        assertThat(mappings).isNotEmpty().allSatisfy((pattern, name) -> assertThat(context.findServletMapping(pattern)).isEqualTo(name));
        tomcat.stop();
    }

    /** As from the lib folder of an EAR. */
    @Test
    void browserHalfThatTheContainerDoesNotServeIsServedFromTheClassPath() throws LifecycleException, IOException {
        Path library = folder.resolve("library");
        Path files = library.resolve("META-INF/resources/partyline");
        Path webapp = Path.of("src/main/webapp");
        Set<String> modules;
        try (Stream<Path> all = Files.walk(webapp)) {
            modules = all.filter(Files::isRegularFile).map(file -> webapp.relativize(file).toString())
                .filter(file -> file.matches("(main|worker)\\.js|main\\.d\\.ts|partyline/.*")).collect(Collectors.toSet());
        }
        for (String file : modules) {
            Files.createDirectories(files.resolve(file).getParent());
            Files.copy(webapp.resolve(file), files.resolve(file));
        }
        Context context = context();
        context.addApplicationListener(Starting.class.getName());
        Tomcat.addServlet(context, "default", "org.apache.catalina.servlets.DefaultServlet").addMapping("/");
        try (URLClassLoader libraries = new URLClassLoader(new URL[] {library.toUri().toURL()}, getClass().getClassLoader())) {
            context.setParentClassLoader(libraries);
            tomcat.start();
            for (String file : modules) {
                assertThat(get(file).getResponseCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
            }
            assertThat(get("main.js").getContentType()).contains("text/javascript");
            String worker = new String(get("worker.js").getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String start = worker.replaceAll("(?s).*import\\('\\./(partyline-[0-9a-f]{16}/worker/start\\.js)'\\).*", "$1");
            assertThat(get(start).getHeaderField("Cache-Control")).contains("immutable");
            String main = new String(get("main.js").getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            HttpURLConnection versioned = get(main.replaceAll("(?s).*'\\./(partyline-[0-9a-f]{16}/worker\\.js)\\?.*", "$1"));
            assertThat(versioned.getHeaderField("Cache-Control")).contains("immutable");
            assertThat(new String(versioned.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).as("from its own folder").contains("import('./worker/start.js')");
            assertThat(get("nothing.js").getResponseCode()).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
            assertThat(get("partyline").getResponseCode()).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
            assertThat(get("partyline/..%2f..%2fdev/partyline/Partyline.class").getResponseCode()).isNotEqualTo(HttpURLConnection.HTTP_OK);
            tomcat.stop();
        }
    }

    private HttpURLConnection get(String file) throws IOException {
        return (HttpURLConnection) new URL("http://localhost:" + tomcat.getConnector().getLocalPort() + "/incomplete/partyline/" + file).openConnection();
    }

    @Test
    void applicationWithoutWebSocketsDoesNotStartAndLeavesNoThreadBehind() throws LifecycleException {
        Set<Thread> before = threads();
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        Context context = tomcat.addContext("/incomplete", folder.toString());
        context.addApplicationListener(Starting.class.getName());
        tomcat.start();
        assertThat(context.getState().isAvailable()).isFalse();
        await().untilAsserted(() -> assertThat(before).containsAll(threads()));
    }

    private static String describe(FilterMap map) {
        String dispatchers = String.join(", ", map.getDispatcherNames());
        return map.getFilterName() + " " + List.of(map.getURLPatterns()) + " " + (dispatchers.isEmpty() ? "REQUEST" : dispatchers);
    }

    @Test
    void servletThatTheApplicationDeclaresItselfStaysAsItIs() throws LifecycleException {
        Context context = context();
        context.addApplicationListener(Starting.class.getName());
        Tomcat.addServlet(context, "partyline-health", "dev.partyline.http.HealthServlet").addMapping("/mine");
        tomcat.start();
        assertThat(((Wrapper) context.findChild("partyline-health")).findMappings()).containsExactly("/mine");
        assertThat(context.findChild("partyline-api")).as("the container has found Partyline").isNull();
        tomcat.stop();
    }

    /** As a container calls it that ignores annotations and fragments. The listener that it adds comes after that of the application, which may register nothing. */
    @Test
    void listenerThatWasAddedByCodeIsNotWarnedWherePartylineEndsWithTheApplication() throws LifecycleException {
        Set<Thread> before = threads();
        try (LogCapture log = new LogCapture()) {
            Context context = context();
            context.addServletContainerInitializer((types, application) -> application.addListener(new Starting()), null);
            context.addServletContainerInitializer(new PartylineInitializer(), null);
            tomcat.start();
            assertThat(context.findChild("partyline-health")).isNotNull();
            assertThat(log.messages(Level.WARNING)).noneMatch(line -> line.contains(ENDLESS));
        }
        Set<Thread> started = threads();
        started.removeAll(before);
        assertThat(started).isNotEmpty();
        tomcat.stop();

        await().untilAsserted(() -> assertThat(started).noneMatch(Thread::isAlive));
        assertThat(PartylineInitializer.partyline()).as("what still runs in the application starts no other").isEmpty();
    }

    /** Unless the listener of Partyline comes later. */
    @Test
    void listenerThatWasAddedByCodeIsWarnedAfterAMinuteThatPartylineDoesNotEnd() {
        AtomicLong now = new AtomicLong();
        AtomicReference<Object> complete = new AtomicReference<>();
        ServletContext context = (ServletContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, method, arguments) -> {
            if (method.getName().equals("setInitParameter")) {
                throw new UnsupportedOperationException("the listener is neither declared nor annotated");
            }
            return method.getName().equals("getAttribute") ? complete.get() : null;
        });
        Partyline partyline = new Partyline(new Settings(setting -> Optional.empty(), Set.of()), Deployed.at("/later"), getClass().getClassLoader(), now::get);
        try (LogCapture log = new LogCapture()) {
            partyline.warnUnlessItEnds(context);
            now.addAndGet(Duration.ofSeconds(59).toNanos());
            partyline.parts().sweeps().runDue();
            assertThat(log.messages(Level.WARNING)).isEmpty();
            complete.set("complete");
            now.addAndGet(Duration.ofSeconds(2).toNanos());
            partyline.parts().sweeps().runDue();
            assertThat(log.messages(Level.WARNING)).isEmpty();
            complete.set(null);
            for (int i = 0; i < 3; i++) {
                now.addAndGet(Duration.ofSeconds(2).toNanos());
                partyline.parts().sweeps().runDue();
            }
            assertThat(log.messages(Level.WARNING)).filteredOn(line -> line.contains(ENDLESS)).hasSize(1);
        }
        partyline.stop();
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-")).collect(Collectors.toSet());
    }
}
