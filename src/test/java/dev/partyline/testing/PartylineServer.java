package dev.partyline.testing;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

import jakarta.annotation.PostConstruct;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.Container;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Constants;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;
import org.apache.catalina.valves.ValveBase;
import org.apache.catalina.webresources.DirResourceSet;
import org.apache.catalina.webresources.StandardRoot;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.tomcat.util.IntrospectionUtils;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;
import org.apache.tomcat.util.scan.StandardJarScanner;
import org.apache.tomcat.websocket.server.WsSci;

/**
 * The WAR file as people get it, in a Tomcat inside this JVM, on a free loopback port, at {@code /partyline}.
 *
 * <p>Tomcat and the application see the JDK, Tomcat's jars and the WAR's own {@code WEB-INF}, never the class path of the
 * tests: what the WAR forgot to pack is missing here too. The folder {@code src/test/resources/browser} is served beside
 * it by two applications, at {@code /pages} and at {@code /desk}; {@code ?csp=...} gives a page of any a Content-Security-Policy;
 * {@code ?session=begin} begins an HTTP session of the application, and {@code ?session=end} ends it.
 * One of {@link #withLogin} has users who log in by a form.
 *
 * <p>It counts WebSocket handshakes where Tomcat sees them, below the product. {@link #stop} and {@link #start} make a
 * restart: the same port, a new application. Settings are given as context parameters.
 */
public final class PartylineServer implements AutoCloseable {

    /** Tomcat's diary of its starts would bury what the tests say. Held here, since loggers nobody holds are forgotten. */
    private static final Logger TOMCAT = Logger.getLogger("org.apache");

    static {
        TOMCAT.setLevel(Level.WARNING);
    }

    private static final ClassLoader CONTAINER = new ContainerOnly();

    private final Map<String, String> settings;
    private final Map<String, String> remoteIpValve;
    private final List<String> restricted;
    private final AtomicInteger upgrades = new AtomicInteger();
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final Path home;
    private AutoCloseable inside;
    private int port;

    /** A server without settings: what a bare drop into a container gives. */
    public PartylineServer() {
        this(Map.of());
    }

    public PartylineServer(Map<String, String> settings) {
        this(settings, Map.of());
    }

    /** @param remoteIpValve attributes of Tomcat's {@code RemoteIpValve}, as in {@code server.xml}; without any there is no such valve */
    public PartylineServer(Map<String, String> settings, Map<String, String> remoteIpValve) {
        this(settings, remoteIpValve, List.of());
    }

    private PartylineServer(Map<String, String> settings, Map<String, String> remoteIpValve, List<String> restricted) {
        this.settings = Map.copyOf(settings);
        this.remoteIpValve = Map.copyOf(remoteIpValve);
        this.restricted = List.copyOf(restricted);
        try {
            home = Files.createTempDirectory("partyline-server-");
            Files.createDirectory(home.resolve("webapps"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        port = freePort();
        start();
    }

    /**
     * A server whose container logs {@code ann} in by a form, with the password {@code ann}. Of the pages, all are served once more below
     * {@code /partyline/account/}, where they are for users who are logged in. A {@code POST} to {@code /partyline/account/logout} logs out; with
     * {@code ?only=login} it leaves the session, with {@code ?only=session} it ends the session alone, and with {@code ?idle=SECONDS} it only says
     * after how many seconds without a request the session expires.
     *
     * @param restricted other paths of the application that are for users who are logged in
     */
    public static PartylineServer withLogin(String... restricted) {
        return new PartylineServer(Map.of(), Map.of(), Stream.concat(Stream.of("/account/*"), Stream.of(restricted)).toList());
    }

    /**
     * A loopback port that is free, and from below those that systems lend to outgoing connections: while a server is down,
     * one of the clients that call it might be lent its very port.
     */
    public static int freePort() {
        while (true) {
            int candidate = ThreadLocalRandom.current().nextInt(10_000, 32_000);
            try (ServerSocket socket = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // Another one, then.
            }
        }
    }

    /** Starts again after {@link #stop}, on the same port. */
    public void start() {
        try {
            Constructor<?> constructor = CONTAINER.loadClass(Inside.class.getName())
                .getDeclaredConstructor(Map.class, Map.class, List.class, Path.class, Path.class, Path.class, int.class, BiConsumer.class);
            constructor.setAccessible(true);
            BiConsumer<String, Integer> answered = (path, status) -> {
                asked.add(path);
                if (status == HttpServletResponse.SC_SWITCHING_PROTOCOLS) {
                    upgrades.incrementAndGet();
                }
            };
            inside = (AutoCloseable) constructor.newInstance(settings, remoteIpValve, restricted, home, war(), pages(), port, answered);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the server did not start", e);
        }
        port = ((IntSupplier) inside).getAsInt();
    }

    /**
     * Deploys a newer version of the application beside the one that runs, as {@code partyline##VERSION.war}.
     *
     * @return undeploys it
     */
    @SuppressWarnings("unchecked")
    public Runnable deployVersion(String version) {
        return ((Function<String, Runnable>) inside).apply(version);
    }

    /** Where something is served, such as {@code uri("/partyline/")} or {@code uri("/pages/line.html")}. */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** The line's own address, for a plain WebSocket client. */
    public URI line() {
        return URI.create("ws://127.0.0.1:" + port + "/partyline/line");
    }

    public int port() {
        return port;
    }

    /** How many WebSocket handshakes Tomcat has answered with 101, over all restarts. */
    public int upgrades() {
        return upgrades.get();
    }

    /** The paths that Tomcat was asked for below {@code /partyline}, in their order, over all restarts. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    /** Stops as a container's shutdown does. {@link #start} brings it back. */
    public void stop() {
        if (inside == null) {
            return;
        }
        try {
            inside.close();
        } catch (Exception e) {
            throw new IllegalStateException("the server did not stop", e);
        } finally {
            inside = null;
        }
    }

    @Override
    public void close() {
        stop();
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path war() {
        Path war = Path.of(System.getProperty("war.file", "target/partyline.war")).toAbsolutePath();
        if (!Files.isRegularFile(war)) {
            throw new IllegalStateException("no WAR file at " + war + ": run mvn package, or set -Dwar.file");
        }
        return war;
    }

    private static Path pages() {
        try {
            return Path.of(PartylineServer.class.getResource("/browser").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows the JDK, Tomcat's own jars, and of the tests no more than the one class that starts it. */
    private static final class ContainerOnly extends URLClassLoader {
        ContainerOnly() {
            super(Stream.of(Tomcat.class, WsSci.class, PostConstruct.class)
                .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
                .toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (!name.startsWith(Inside.class.getName())) {
                return super.findClass(name);
            }
            try (InputStream in = PartylineServer.class.getClassLoader().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    /** One run of Tomcat, loaded by {@link ContainerOnly}; speaks with the outside in types of the JDK only. */
    private static final class Inside implements AutoCloseable, IntSupplier, Function<String, Runnable> {
        static {
            // It would be the JVM's one and only, and get in the way of any other Tomcat here.
            TomcatURLStreamHandlerFactory.disable();
        }

        private static final String USER = "ann";
        private static final String ROLE = "clerk";

        private final Tomcat tomcat = new Tomcat();
        private final Path war;
        private final Path pages;
        private final Map<String, String> settings;
        private final List<String> restricted;
        private final BiConsumer<String, Integer> answered;

        Inside(Map<String, String> settings, Map<String, String> remoteIpValve, List<String> restricted, Path home, Path war, Path pages, int port,
            BiConsumer<String, Integer> answered) throws LifecycleException {
            tomcat.setBaseDir(home.toString());
            tomcat.setConnector(connector(port));
            tomcat.getHost().setParentClassLoader(Inside.class.getClassLoader());
            if (!remoteIpValve.isEmpty()) {
                tomcat.getHost().getPipeline().addValve(valve(remoteIpValve));
            }
            this.war = war;
            this.pages = pages;
            this.settings = settings;
            this.restricted = restricted;
            this.answered = answered;
            tomcat.getHost().addChild(application(""));
            addPages("/pages", pages);
            addPages("/desk", pages);
            tomcat.start();
            for (Container context : tomcat.getHost().findChildren()) {
                if (!context.getState().isAvailable()) {
                    close();
                    throw new IllegalStateException(context.getName() + " did not start; the log above says why");
                }
            }
        }

        @Override
        public int getAsInt() {
            return tomcat.getConnector().getLocalPort();
        }

        @Override
        public void close() throws LifecycleException {
            tomcat.stop();
            tomcat.destroy();
        }

        private static RemoteIpValve valve(Map<String, String> attributes) {
            RemoteIpValve valve = new RemoteIpValve();
            attributes.forEach((name, value) -> {
                if (!IntrospectionUtils.setProperty(valve, name, value)) {
                    throw new IllegalArgumentException("the valve has no attribute " + name);
                }
            });
            return valve;
        }

        private static Connector connector(int port) {
            Connector connector = new Connector();
            connector.setPort(port);
            connector.setProperty("address", InetAddress.getLoopbackAddress().getHostAddress());
            connector.setThrowOnFailure(true);
            return connector;
        }

        @Override
        public Runnable apply(String version) {
            StandardContext context = application(version);
            tomcat.getHost().addChild(context);
            return () -> tomcat.getHost().removeChild(context);
        }

        private StandardContext application(String version) {
            StandardContext context = new StandardContext();
            context.setName(version.isEmpty() ? "/partyline" : "/partyline##" + version);
            context.setPath("/partyline");
            context.setWebappVersion(version);
            context.setDocBase(war.toString());
            context.addLifecycleListener(new Tomcat.DefaultWebXmlListener());
            ContextConfig configuration = new ContextConfig();
            configuration.setDefaultWebXml(Constants.NoDefaultWebXml);
            context.addLifecycleListener(configuration);
            settings.forEach(context::addParameter);
            StandardJarScanner scanner = new StandardJarScanner();
            scanner.setScanClassPath(false);
            context.setJarScanner(scanner);
            context.addLifecycleListener(event -> {
                // Tomcat's defaults name a JSP servlet, and no JSP compiler is here.
                if (Lifecycle.BEFORE_START_EVENT.equals(event.getType()) && context.findChild("jsp") != null) {
                    context.removeChild(context.findChild("jsp"));
                    Stream.of("*.jsp", "*.jspx").forEach(context::removeServletMapping);
                }
            });
            withoutRefusedLooks(context);
            context.getPipeline().addValve(new Answers(answered));
            context.getPipeline().addValve(new ContentSecurityPolicy());
            context.getPipeline().addValve(new Sessions());
            if (!restricted.isEmpty()) {
                addLogin(context);
            }
            return context;
        }

        private void addLogin(StandardContext context) {
            tomcat.addUser(USER, USER);
            tomcat.addRole(USER, ROLE);
            SecurityCollection places = new SecurityCollection();
            restricted.forEach(places::addPattern);
            SecurityConstraint constraint = new SecurityConstraint();
            constraint.addCollection(places);
            constraint.addAuthRole(ROLE);
            context.addSecurityRole(ROLE);
            context.addConstraint(constraint);
            context.setLoginConfig(new LoginConfig("FORM", null, "/account/login.html", "/account/login.html"));
            StandardRoot resources = new StandardRoot(context);
            resources.addPreResources(new DirResourceSet(resources, "/account", pages.toString(), "/"));
            context.setResources(resources);
            Tomcat.addServlet(context, "logout", new Logout()).addMapping("/account/logout");
        }

        private void addPages(String path, Path pages) {
            StandardContext context = (StandardContext) tomcat.addContext(path, pages.toString());
            withoutRefusedLooks(context);
            Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
            Map.of("html", "text/html;charset=utf-8", "js", "text/javascript;charset=utf-8").forEach(context::addMimeMapping);
            context.getPipeline().addValve(new ContentSecurityPolicy());
        }

        /** Tomcat's looks for leaks that the JDK refuses without flags; the look for left-over threads stays. */
        private static void withoutRefusedLooks(StandardContext context) {
            context.setClearReferencesRmiTargets(false);
            context.setClearReferencesThreadLocals(false);
        }

        /** Tells outside what was asked for and answered with which status. */
        private static final class Answers extends ValveBase {
            private final BiConsumer<String, Integer> answered;

            Answers(BiConsumer<String, Integer> answered) {
                super(true);
                this.answered = answered;
            }

            @Override
            public void invoke(Request request, Response response) throws IOException, ServletException {
                getNext().invoke(request, response);
                answered.accept(request.getRequestURI(), response.getStatus());
            }
        }

        private static final class Sessions extends ValveBase {
            Sessions() {
                super(true);
            }

            @Override
            public void invoke(Request request, Response response) throws IOException, ServletException {
                String query = String.valueOf(request.getQueryString());
                if (query.equals("session=begin")) {
                    request.getSession(true);
                } else if (query.equals("session=end")) {
                    request.getSession(true).invalidate();
                }
                getNext().invoke(request, response);
            }
        }

        private static final class Logout extends HttpServlet {

            private static final long serialVersionUID = 1;

            Logout() {
                // Another class loader's private constructor would not be found.
            }

            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException {
                String idle = request.getParameter("idle");
                if (idle != null) {
                    request.getSession().setMaxInactiveInterval(Integer.parseInt(idle));
                    return;
                }
                String only = String.valueOf(request.getParameter("only"));
                if (!only.equals("session")) {
                    request.logout();
                }
                if (!only.equals("login")) {
                    request.getSession().invalidate();
                }
            }
        }

        private static final class ContentSecurityPolicy extends ValveBase {
            ContentSecurityPolicy() {
                super(true);
            }

            @Override
            public void invoke(Request request, Response response) throws IOException, ServletException {
                // What is posted is the application's to read.
                String policy = request.getMethod().equals("GET") ? request.getParameter("csp") : null;
                if (policy != null) {
                    response.addHeader("Content-Security-Policy", policy);
                }
                getNext().invoke(request, response);
            }
        }
    }
}
