package dev.partyline.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.StandardRoot;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.tomcat.util.scan.StandardJarScanner;

/** An embedded Tomcat with one WAR: the server of {@code java -jar partyline.war}. */
public final class Server {

    /** Their messages are of no use for an embedded server. Kept in a field, because loggers without a reference are collected with their level. */
    private static final List<Logger> NOISY = Stream.of("org.apache.catalina.loader.WebappLoader", "org.apache.catalina.startup.ContextConfig",
        "org.apache.catalina.core.StandardService", "org.apache.coyote.AbstractProtocol").map(Logger::getLogger).toList();

    private static final Logger PROTOCOL = Logger.getLogger("org.apache.coyote.http11.Http11NioProtocol");
    private static final Logger TRACES = Logger.getLogger("org.apache.catalina.util.LifecycleBase");

    private static final String WEBSOCKET_BUFFER = "org.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE";
    /** Bytes. An idle line has eight buffers of 8 KB each by default. Larger messages bypass them. */
    private static final String SMALL_BUFFER = "512";
    /** Per connection, and filled only if the reader is slow. The kernel's default starts smaller and grows while a connection is busy. */
    private static final int SEND_BUFFER_BYTES = 131_072;
    /** {@code partyline.sync.send.chars} that fit such a buffer. */
    private static final String SYNC_SEND_CHARS = "65536";

    /** More than one address may have sockets, each of which can hold a thread for seconds: Tomcat writes the answer to a ping by the thread that has read it. */
    private static final String MAX_THREADS = "500";

    private static final Duration WATCH_PERIOD = Duration.ofSeconds(5);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(5);
    /** Of an HTTP connection without a request. Browsers keep some for further ones. */
    private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);

    private Server() {
    }

    /**
     * Called by {@link Main} through its class loader; returns when the server has stopped.
     *
     * @throws IllegalStateException if it cannot start; the message says what can be done
     */
    public static void run(Path war, Path home, String host, int port, String context) throws Exception {
        if (System.getProperty(WEBSOCKET_BUFFER) == null) {
            System.setProperty(WEBSOCKET_BUFFER, SMALL_BUFFER);
        }
        NOISY.forEach(logger -> logger.setLevel(Level.WARNING));
        // A failed start is reported below.
        TRACES.setLevel(Level.OFF);
        Tomcat tomcat = new Tomcat();
        AtomicBoolean started = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (started.get()) {
                // Not logged: a shutdown hook of the JDK closes the log.
                System.out.println("Partyline is stopping");
            }
            // The temporary files are deleted even if the start has failed.
            stop(tomcat, home);
        }, "partyline-stop"));
        try {
            start(tomcat, war, home, host, port, context);
        } catch (IllegalStateException e) {
            // The reason of the failed start must be the last output; the log of the stop adds nothing.
            PROTOCOL.setLevel(Level.OFF);
            throw e;
        }
        started.set(true);
        WebSocketThread.keep();
        ConnectorWatch.start(tomcat.getConnector(), WATCH_PERIOD);
        System.out.printf("Partyline is at http://%s:%d%s/ - press Ctrl-C to stop%n",
            Options.inUrl(host), tomcat.getConnector().getLocalPort(), context);
        tomcat.getServer().await();
    }

    private static void start(Tomcat tomcat, Path war, Path home, String host, int port, String context) throws IOException {
        InetAddress address = resolve(host);
        tomcat.setBaseDir(home.toString());
        Files.createDirectories(home.resolve("webapps"));
        tomcat.setConnector(connector(address, port));
        tomcat.getHost().getPipeline().addValve(errorPages());
        tomcat.getHost().getPipeline().addValve(new UnreadBodyValve());
        Context webapp = tomcat.addWebapp(context, war.toAbsolutePath().toString());
        webapp.addServletContainerInitializer((classes, servletContext) -> servletContext.setAttribute("dev.partyline.address", address), null);
        webapp.addParameter("partyline.sync.send.chars", SYNC_SEND_CHARS);
        webapp.setParentClassLoader(Server.class.getClassLoader());
        StandardJarScanner scanner = new StandardJarScanner();
        scanner.setScanClassPath(false);
        webapp.setJarScanner(scanner);
        webapp.addLifecycleListener(event -> {
            // Tomcat's defaults contain a JSP servlet, for which there is no compiler here.
            if (event.getType().equals(Lifecycle.BEFORE_START_EVENT) && webapp.findChild("jsp") != null) {
                webapp.removeChild(webapp.findChild("jsp"));
                List.of("*.jsp", "*.jspx").forEach(webapp::removeServletMapping);
            }
        });
        ((StandardContext) webapp).setUnpackWAR(true);
        webapp.setResources(new OpenJars(webapp));
        RejectedSetting rejected = new RejectedSetting();
        Logger log = Logger.getLogger(((StandardContext) webapp).getLogName());
        log.setFilter(rejected);
        try {
            tomcat.start();
        } catch (LifecycleException e) {
            throw new IllegalStateException("cannot listen on " + host + ":" + port + ": " + root(e).getMessage() + ". Try another --port or --host", e);
        } finally {
            log.setFilter(null);
        }
        if (webapp.getState() != LifecycleState.STARTED) {
            throw new IllegalStateException("the application did not start: " + rejected.reason.orElse("the log above says why"));
        }
    }

    /** Keeps the libraries of the application open. Tomcat closes them when they are idle, and a class that is needed while there is no file descriptor could never be loaded again. */
    private static final class OpenJars extends StandardRoot {

        private OpenJars(Context webapp) {
            super(webapp);
        }

        @Override
        public void gc() {
            // This would close them.
        }
    }

    /** Keeps the message about an invalid setting, to print it last and without a stack trace. */
    private static final class RejectedSetting implements Filter {

        private Optional<String> reason = Optional.empty();

        @Override
        public boolean isLoggable(LogRecord record) {
            if (record.getThrown() instanceof IllegalArgumentException refusal) {
                reason = Optional.of(refusal.getMessage());
                return false;
            }
            return true;
        }
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }

    /** Tomcat's error pages, without its version and without stack traces: for requests outside the application, and malformed ones. */
    private static ErrorReportValve errorPages() {
        ErrorReportValve pages = new ErrorReportValve();
        pages.setShowReport(false);
        pages.setShowServerInfo(false);
        return pages;
    }

    private static Connector connector(InetAddress address, int port) {
        Connector connector = new Connector(new DeadlineProtocol());
        connector.setPort(port);
        connector.setProperty("address", address.getHostAddress());
        connector.setThrowOnFailure(true);
        // After an outage all browsers reconnect at the same time: if the accept queue is full, the kernel drops connections for a second or more.
        connector.setProperty("acceptCount", "4096");
        connector.setProperty("maxConnections", "60000");
        connector.setProperty("maxThreads", MAX_THREADS);
        // Of a client that connects and sends nothing, and between the parts of a body.
        connector.setProperty("connectionTimeout", Long.toString(READ_TIMEOUT.toMillis()));
        connector.setProperty("keepAliveTimeout", Long.toString(KEEP_ALIVE_TIMEOUT.toMillis()));
        connector.setProperty("socket.txBufSize", Integer.toString(SEND_BUFFER_BYTES));
        connector.setProperty("socket.appReadBufSize", SMALL_BUFFER);
        connector.setProperty("socket.appWriteBufSize", SMALL_BUFFER);
        return connector;
    }

    /** Resolved here: given an unknown host, Tomcat would listen on every address of the machine. */
    private static InetAddress resolve(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("cannot listen on " + host + ": there is no such host", e);
        }
    }

    private static void stop(Tomcat tomcat, Path home) {
        try {
            if (tomcat.getServer().getState().isAvailable()) {
                tomcat.stop();
            }
            tomcat.destroy();
        } catch (LifecycleException e) {
            System.err.println("Tomcat did not stop cleanly: " + e);
        }
        deleteTree(home);
    }

    private static void deleteTree(Path root) {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            System.err.println("could not delete " + root + ": " + e.getMessage());
        }
    }
}
