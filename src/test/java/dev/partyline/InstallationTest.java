package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PlainClient;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** An application in a server that reads neither {@code web-fragment.xml} nor annotations, such as that of Spring Boot's executable jar. */
class InstallationTest {

    @TempDir
    private Path folder;
    private final Tomcat tomcat = new Tomcat();
    private ServletContext installed;

    @AfterEach
    void destroy() throws LifecycleException {
        tomcat.stop();
        tomcat.destroy();
    }

    private Context context() {
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        tomcat.getConnector();
        Context context = tomcat.addContext("/shop", folder.toString());
        // Without one for all addresses, Tomcat calls no filter.
        Tomcat.addServlet(context, "default", "org.apache.catalina.servlets.DefaultServlet").addMapping("/");
        context.addServletContainerInitializer((classes, servletContext) -> {
            Partyline.install(servletContext);
            installed = servletContext;
        }, null);
        return context;
    }

    private void start() throws LifecycleException {
        // As Spring Boot does, after the initializers of the application.
        context().addServletContainerInitializer(new WsSci(), null);
        tomcat.start();
    }

    private int port() {
        return tomcat.getConnector().getLocalPort();
    }

    /** No more than the handshake: among the libraries of the tests is a WebSocket API that is older than this Tomcat. The example for Spring Boot has the rest. */
    @Test
    void handshakeIsAcceptedAndHealthIsServed() throws Exception {
        start();
        try (PlainClient client = new PlainClient(URI.create("ws://localhost:" + port() + "/shop/partyline/line"))) {
            client.drop();
        }
        HttpResponse<String> health = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://localhost:" + port() + "/shop/partyline/health/ready")).build(),
            HttpResponse.BodyHandlers.ofString());
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    }

    @Test
    void partylineEndsWithTheApplicationAndIsNotWarnedOf() throws LifecycleException {
        Set<Thread> before = threads();
        try (LogCapture log = new LogCapture()) {
            start();
            assertThat(log.messages(Level.WARNING)).noneMatch(line -> line.contains("Partyline"));
        }
        Set<Thread> started = threads();
        started.removeAll(before);
        assertThat(started).isNotEmpty();
        tomcat.stop();

        await().untilAsserted(() -> assertThat(started).noneMatch(Thread::isAlive));
    }

    @Test
    void secondCallFindsTheSame() throws LifecycleException {
        Context context = context();
        context.addServletContainerInitializer((classes, servletContext) -> assertThat(Partyline.install(servletContext)).isSameAs(Partyline.of(servletContext)), null);
        context.addServletContainerInitializer(new WsSci(), null);
        tomcat.start();

        assertThat(context.getState().isAvailable()).isTrue();
    }

    @Test
    void applicationWithoutWebSocketsDoesNotStart() throws LifecycleException {
        Context context = context();
        tomcat.start();

        assertThat(context.getState().isAvailable()).isFalse();
    }

    @Test
    void applicationThatRunsCannotBeAddedTo() throws LifecycleException {
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        Context context = tomcat.addContext("/late", folder.toString());
        tomcat.start();

        assertThatThrownBy(() -> Partyline.install(context.getServletContext())).isInstanceOf(IllegalStateException.class);
    }

    /** The web fragment is for containers that read it. */
    @Test
    void filtersAndServletsAreThoseOfTheWebFragment() throws Exception {
        start();
        Document fragment = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(Path.of("src/main/jar/META-INF/web-fragment.xml").toFile());

        Set<String> wanted = new TreeSet<>();
        for (String kind : Set.of("filter", "servlet")) {
            elements(fragment, kind).forEach(one -> wanted.add(kind + " " + text(one, kind + "-name") + " " + text(one, kind + "-class") + " " + patterns(fragment, kind, text(one, kind + "-name"))));
        }
        Set<String> found = new TreeSet<>();
        installed.getFilterRegistrations().values().stream().filter(one -> one.getName().startsWith("partyline-")).forEach((FilterRegistration one) ->
            found.add("filter " + one.getName() + " " + one.getClassName() + " " + new TreeSet<>(one.getUrlPatternMappings())));
        installed.getServletRegistrations().values().stream().filter(one -> one.getName().startsWith("partyline-")).forEach((ServletRegistration one) ->
            found.add("servlet " + one.getName() + " " + one.getClassName() + " " + new TreeSet<>(one.getMappings())));
        assertThat(wanted).hasSize(7);
        assertThat(found).isEqualTo(wanted);
    }

    private static Set<String> patterns(Document fragment, String kind, String name) {
        return elements(fragment, kind + "-mapping").stream().filter(mapping -> text(mapping, kind + "-name").equals(name))
            .flatMap(mapping -> all(mapping.getElementsByTagName("url-pattern")).stream()).map(Element::getTextContent).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<Element> elements(Document document, String name) {
        return all(document.getElementsByTagName(name));
    }

    private static Set<Element> all(NodeList nodes) {
        return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).collect(Collectors.toSet());
    }

    private static String text(Element element, String name) {
        return element.getElementsByTagName(name).item(0).getTextContent();
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-")).collect(Collectors.toSet());
    }
}
